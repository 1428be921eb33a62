package server_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/sync/engine"

	"or3.cloud/or3/storage/s3/s3test"
)

// gateway is one real S3 server for all tests of the package.
var gateway s3test.Gateway

func TestMain(m *testing.M) {
	code := m.Run()
	gateway.Close()
	os.Exit(code)
}

// inBucket are the keys of a deployment whose files are in a bucket of its own.
func inBucket(t *testing.T) map[string]string {
	t.Helper()
	_, bucket := gateway.Bucket(t)
	return map[string]string{"storage.provider": "s3", "storage.s3_endpoint": gateway.URL(t), "storage.s3_bucket": bucket, "storage.s3_prefix": "or3/",
		"storage.s3_access_key": s3test.AccessKey, "storage.s3_secret_key": s3test.SecretKey}
}

// toBucket sends bytes to the bucket as a browser does.
func toBucket(t *testing.T, url string, header map[string]string, body []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, bytes.NewReader(body))
	must(t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	_, _ = io.Copy(io.Discard, res.Body)
	must(t, res.Body.Close())
	return res.StatusCode
}

func fromBucket(t *testing.T, url string) (*http.Response, []byte) {
	t.Helper()
	res, err := http.Get(url)
	must(t, err)
	text, err := io.ReadAll(res.Body)
	must(t, err)
	must(t, res.Body.Close())
	return res, text
}

func TestAnAttachmentGoesThroughABucket(t *testing.T) {
	t.Parallel()
	keys := inBucket(t)
	app := testkit.Open(t, testkit.Options{Keys: keys})
	laptop, phone := files(app, app.Editor), files(app, app.Viewer)
	a := pngOf(t, 700, 400)
	tk := laptop.ticket(t, a)
	if !strings.HasPrefix(tk.URL, gateway.URL(t)) || tk.Method != "PUT" || tk.Headers["Content-Type"] != "image/png" || tk.StorageID == "" {
		t.Fatalf("the ticket is %+v", tk)
	}
	laptop.commit(a, tk.StorageID).Is(422).Says(`"offset":"0"`)
	if status := toBucket(t, tk.URL, tk.Headers, append([]byte("x"), a.text[1:]...)); status < 400 {
		t.Errorf("the bucket takes other bytes: %d", status)
	}
	if status := toBucket(t, tk.URL, tk.Headers, a.text); status != 200 {
		t.Fatalf("the bucket says %d", status)
	}
	phone.askToFetch(a, "").Is(404)
	laptop.commit(a, tk.StorageID).Is(200)
	laptop.commit(a, tk.StorageID).Is(409)
	res, text := fromBucket(t, phone.askToFetch(a, "inline").Is(200).Text("url"))
	if !bytes.Equal(text, a.text) || res.Header.Get("Content-Type") != "image/png" || res.Header.Get("Content-Disposition") != `inline; filename="plan of the house.png"` {
		t.Errorf("fetched are %d bytes, %v", len(text), res.Header)
	}
	if !laptop.ticket(t, a).AlreadyStored {
		t.Error("it is asked for again")
	}
	known, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()})
	must(t, err)
	if known.Width != 700 || known.Provider != "s3" || known.PreviewHash == "" {
		t.Errorf("known is %+v", known)
	}
	page := app.As(app.Editor).Get("/w/" + app.Harbour)
	only := gateway.URL(t) + "/" + keys["storage.s3_bucket"] + "/" // and no other bucket there
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' "+only+";") || !strings.Contains(policy, "blob: "+only+";") {
		t.Errorf("pages may not speak with the bucket: %s", policy)
	}

	script := attachment{[]byte("<script>"), "image/png", "x.png"}
	tk = laptop.ticket(t, script)
	toBucket(t, tk.URL, tk.Headers, script.text)
	laptop.commit(script, tk.StorageID).Is(415)
	laptop.askToFetch(script, "").Is(404)
}

// The deployment's files have moved from the disk to a bucket. A device still
// has a URL from before.
func TestAURLFromBeforeTheBucketIsNotFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app := testkit.Open(t, testkit.Options{Dir: dir})
	a := words(1, 1000)
	tk := files(app, app.Editor).ticket(t, a)
	app.Stop()
	next := testkit.Open(t, testkit.Options{Dir: dir, World: &app.World, Clock: app.Clock, Keys: inBucket(t)})
	at := strings.TrimPrefix(tk.URL, app.URL)
	next.Nobody().Get(at).Is(404)
	next.Nobody().Do("PUT", at, "text/plain", a.text).Is(404)
}

// A large file goes in parts. The line broke after two of three: only the third
// is sent again.
func TestALargeFileGoesThroughABucketInParts(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: inBucket(t)})
	f := files(app, app.Editor)
	a := words(1, 40<<20)
	tk := f.ticket(t, a)
	if len(tk.Parts) != 3 || tk.URL != "" || tk.Parts[2].Offset != 32<<20 || tk.Parts[2].Size != 8<<20 {
		t.Fatalf("the ticket is %+v", tk)
	}
	for _, i := range []int{2, 0} {
		part := tk.Parts[i]
		if status := toBucket(t, part.URL, nil, a.text[part.Offset:part.Offset+part.Size]); status != 200 {
			t.Fatalf("part %d: %d", part.Number, status)
		}
	}
	f.commit(a, tk.StorageID).Is(422)
	again := f.ticket(t, a)
	if len(again.Parts) != 1 || again.Parts[0].Number != 2 || again.StorageID != tk.StorageID || again.Offset != 24<<20 {
		t.Fatalf("the ticket after an interruption is %+v", again)
	}
	part := again.Parts[0]
	if status := toBucket(t, part.URL, nil, a.text[part.Offset:part.Offset+part.Size]); status != 200 {
		t.Fatalf("the missing part: %d", status)
	}
	f.commit(a, again.StorageID).Is(200)
	if _, text := fromBucket(t, f.askToFetch(a, "").Is(200).Text("url")); !bytes.Equal(text, a.text) {
		t.Errorf("fetched are %d other bytes", len(text))
	}

	wrong := words(2, 20<<20)
	tk = f.ticket(t, wrong)
	for _, part := range tk.Parts {
		toBucket(t, part.URL, nil, make([]byte, part.Size))
	}
	f.commit(wrong, tk.StorageID).Is(422).Says("hash")
	f.askToFetch(wrong, "").Is(404)
}

// The bucket does not answer: files have to wait, and nothing else does.
func TestABucketThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"storage.provider": "s3", "storage.s3_endpoint": "http://127.0.0.1:1", "storage.s3_bucket": "files",
		"storage.s3_access_key": "k", "storage.s3_secret_key": "s"}})
	f := files(app, app.Editor)
	if r := f.askToSend(words(1, 20<<20)); r.Status != 503 || r.Code() != "unavailable" || r.Header.Get("Retry-After") == "" {
		t.Errorf("sending: %d %s", r.Status, r.Body)
	}
	app.Nobody().Get("/readyz").Is(503).Says("storage")
	app.Nobody().Get("/healthz").Is(200)
	f.Get("/api/workspaces").Is(200)
	a := words(2, 10)
	tk := f.ticket(t, a) // signing asks nobody
	if r := f.commit(a, tk.StorageID); r.Status != 503 {
		t.Errorf("committing: %d %s", r.Status, r.Body)
	}
}

func TestABucketThatIsNotThereKeepsTheProgramFromStarting(t *testing.T) {
	t.Parallel()
	keys := inBucket(t)
	keys["storage.s3_bucket"] = "another"
	if _, err := testkit.Start(t, testkit.Options{Keys: keys}); err == nil || !strings.Contains(err.Error(), "There is no bucket another") {
		t.Errorf("it says %v", err)
	}
	keys = inBucket(t)
	keys["storage.s3_secret_key"] = "wrong"
	if _, err := testkit.Start(t, testkit.Options{Keys: keys}); err == nil || !strings.Contains(err.Error(), "may not use the bucket") {
		t.Errorf("it says %v", err)
	}
}
