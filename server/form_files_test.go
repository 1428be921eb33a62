package server_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
)

// filled is a form as a browser without scripts sends it.
func filled(t testing.TB, values map[string]string, picked ...attachment) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range values {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range picked {
		head := textproto.MIMEHeader{}
		head.Set("Content-Disposition", `form-data; name="files"; filename="`+a.name+`"`)
		head.Set("Content-Type", a.kind)
		part, err := form.CreatePart(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(a.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), b.Bytes()
}

func post(t testing.TB, who *testkit.Client, path string, values map[string]string, picked ...attachment) *testkit.Response {
	t.Helper()
	kind, body := filled(t, values, picked...)
	return who.Do("POST", path, kind, body)
}

// nothingSpooled fails where something of a form's files was left behind.
func nothingSpooled(t testing.TB, app *testkit.App) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(app.Config.DataDir, "spool"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFilesAreUploadedWithoutScripts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		list := "/w/" + app.Harbour + "/files"
		plan, scan := words(1, 70_000), words(2, 10)
		plan.name = `C:\drawings\hull 14.txt`
		picture := attachment{[]byte("\x89PNG\r\n\x1a\nnot much"), "application/octet-stream", "bow.png"}
		var fired atomic.Int64
		for _, one := range []hook.Action[file.Event]{file.UploadBefore, file.UploadReceived, file.UploadAfter} {
			one.On(app.Bus, hook.Options{Name: "count"}, func(_ context.Context, e file.Event) {
				if e.UserID == app.Editor.ID && e.WorkspaceID == app.Harbour {
					fired.Add(1)
				}
			})
		}
		post(t, app.As(app.Editor), list, nil, plan, scan, picture).Is(303)
		if n := fired.Load(); n != 9 {
			t.Errorf("%d hooks were told instead of 9", n)
		}
		b := app.Browser(app.Viewer).Open(list, 200).Says("3 files").Says("hull 14.txt").Says(scan.name)
		if strings.Contains(b.Body, "drawings") {
			t.Error("the name is the browser's path")
		}
		f := files(app, app.Viewer)
		if got := f.fetch(t, plan).Body; got != string(plan.text) {
			t.Errorf("%d bytes came back", len(got))
		}
		post(t, app.As(app.Editor), list, nil, plan).Is(303)
		app.As(app.Editor).Get(list).Is(200).Says("3 files")
		post(t, app.As(app.Editor), list, nil).Is(422).Says("Choose at least one file.")
		post(t, app.As(app.Viewer), list, nil, words(3, 10)).Is(403)
		post(t, app.As(app.Stranger), list, nil, words(3, 10)).Is(404)
		post(t, app.Nobody(), list, nil, words(3, 10)).Is(401)
		post(t, app.As(app.Editor).With("Sec-Fetch-Site", "cross-site"), list, nil, words(3, 10)).Is(403)
		app.As(app.Editor).Get(list).Is(200).Says("3 files")
		nothingSpooled(t, app)
	})
}

func TestAMessageIsSentWithFilesWithoutScripts(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.max_file_size_bytes": "100KB"}})
	thread := startThread(t, app, app.Editor, "Keel survey", "First.")
	plan, large := words(1, 2000), words(2, 100_001)
	page := post(t, app.As(app.Editor), thread+"/messages", map[string]string{"text": "Marked <them>.", "message_id": "m-files"}, plan, large, words(3, 10)).Is(413)
	page.Says("words 2.txt was not kept: it is larger than the 100 KB a file may have.").Says("Marked &lt;them&gt;.").Says(`name="attached" value="` + plan.hash() + `" checked`)
	if strings.Contains(page.Body, `id="m-m-files"`) {
		t.Error("the message went without its file")
	}
	app.As(app.Editor).Form(thread+"/messages", url.Values{"text": {"Marked them."}, "message_id": {"m-files"}, "attached": {plan.hash(), words(9, 9).hash()}}).Is(303)
	b := app.Browser(app.Viewer).Open(thread, 200).Says("Marked them.").Says(plan.name).Says("2 KB")
	if strings.Contains(b.Body, "A file that was deleted") {
		t.Error("the message names a file that nobody has")
	}
	post(t, app.As(app.Editor), thread+"/messages", map[string]string{"text": ""}, words(4, 10)).Is(303)
	app.As(app.Viewer).Get(thread).Is(200).Says("words 4.txt")
	start := post(t, app.As(app.Editor), "/w/"+app.Harbour+"/threads", map[string]string{"title": "", "text": "", "thread_id": "t-with"}, words(5, 10)).Is(303)
	app.As(app.Viewer).Get(start.Header.Get("Location")).Is(200).Says("words 5.txt")
	many := make([]attachment, 11)
	for i := range many {
		many[i] = words(uint64(20+i), 10)
	}
	post(t, app.As(app.Editor), "/w/"+app.Harbour+"/files", nil, many...).Is(422).Says("At most 10 files go at once").Says("10 files before it were added")
	nothingSpooled(t, app)
}

func TestWhatWillNotBeKeptSaysWhyAndReservesNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.workspace_quota_bytes": "5KB", "storage.allowed_mime_types": "text/plain,image/*"}})
	list := "/w/" + app.Harbour + "/files"
	post(t, app.As(app.Editor), list, nil, words(1, 6000)).Is(413).Says("words 1.txt was not kept.").Says("The file has 6 KB, and the workspace has room for 5 KB. Delete files for ever")
	post(t, app.As(app.Editor), list, nil, attachment{[]byte("%PDF-1.4"), "text/plain", "lines.pdf"}).Is(415).Says("Files of the type application/pdf are not taken here. Send it in another format.")
	post(t, app.As(app.Editor), list, nil, words(2, 4900)).Is(303)
	nothingSpooled(t, app)

	file.PolicyFilter.On(app.Bus, hook.Options{Name: "no"}, func(_ context.Context, p file.Policy) (file.Policy, error) {
		p.Allowed, p.Reason = p.Name != "never.txt", "Not on a Sunday."
		return p, nil
	})
	never := words(7, 10)
	never.name = "never.txt"
	post(t, app.As(app.Editor), list, nil, never).Is(403).Says("never.txt was not kept. Not on a Sunday.")

	// A form that breaks off leaves nothing.
	kind, body := filled(t, nil, words(3, 50))
	conn, err := net.Dial("tcp", strings.TrimPrefix(app.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	head := "POST " + list + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(app.URL, "http://") + "\r\nCookie: or3_session=" + app.Editor.Cookie + "\r\nContent-Type: " + kind + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	if _, err := conn.Write(append([]byte(head), body[:len(body)-60]...)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := conn.Read(answer); err != nil || string(answer) != "HTTP/1.1 422" {
		t.Errorf("%q, %v", answer, err)
	}
	app.As(app.Editor).Get(list).Is(200).Says("1 file")
	nothingSpooled(t, app)
}

func TestAFormsFilesGoIntoABucket(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: inBucket(t)})
	list, plan := "/w/"+app.Harbour+"/files", words(1, 70_000)
	post(t, app.As(app.Editor), list, nil, plan).Is(303)
	app.As(app.Viewer).Get(list).Is(200).Says(plan.name)
	if _, text := fromBucket(t, files(app, app.Viewer).url(t, plan, "")); string(text) != string(plan.text) {
		t.Errorf("%d bytes came back", len(text))
	}
	nothingSpooled(t, app)
}
