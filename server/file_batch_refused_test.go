package server_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
)

// Files that come together and are not taken, all of them or some.

// Whatever is wrong with one file, its neighbours come, and nothing stays of it.
func TestAWrongFileHarmsNoNeighbour(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{Keys: map[string]string{"storage.max_file_size_bytes": "300000"}}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Editor)
		file.PolicyFilter.On(app.Bus, hook.Options{Name: "no"}, func(_ context.Context, p file.Policy) (file.Policy, error) {
			p.Allowed = p.Name != "payroll.txt"
			return p, nil
		})
		with := func(a attachment, name string, value any) map[string]any {
			one := line(a)
			one[name] = value
			return one
		}
		good, twice := words(1, 1000), words(2, 1000)
		script := attachment{[]byte("<html>"), "text/html", "x.html"}
		noImage := attachment{[]byte("<html><script>alert(1)</script>"), "image/png", "x.png"}
		for _, c := range []struct {
			what string
			line map[string]any
			text []byte
			want string
		}{
			{"other bytes", line(words(10, 1000)), words(11, 1000).text, "validation_error"},
			{"a type that is not taken", line(script), script.text, "unsupported"},
			{"no image", line(noImage), noImage.text, "unsupported"},
			{"too large to come together", line(words(12, 256<<10+1)), words(12, 256<<10+1).text, "oversized"},
			{"too large at all", line(words(13, 300_001)), words(13, 300_001).text, "oversized"},
			{"a rule says no", with(words(14, 10), "name", "payroll.txt"), words(14, 10).text, "forbidden"},
			{"no hash", with(words(15, 10), "hash", "sha256:12"), words(15, 10).text, "validation_error"},
			{"no media type", with(words(16, 10), "mime_type", "text/"), words(16, 10).text, "validation_error"},
			{"no name", with(words(17, 10), "name", ""), words(17, 10).text, "validation_error"},
			{"a member that is none", with(words(18, 10), "size", 10), words(18, 10).text, "validation_error"},
			{"the same again", line(twice), twice.text, "stored"},
			{"the same in capitals", with(twice, "hash", strings.ToUpper(twice.hash())), twice.text, "stored"},
		} {
			lines := []map[string]any{line(twice), c.line, line(good)}
			got := outcomes(t, f.sendBody(parcel(t, app.Harbour, lines, twice.text, c.text, good.text)).Is(200), 3)
			if got[1].String() != c.want || c.want != "stored" && got[1].Error.Message == "" {
				t.Errorf("%s: %+v, want %s", c.what, got[1], c.want)
			}
			if first := c.what == "other bytes"; got[0].OK != first || got[2].OK != first || got[0].AlreadyStored == first || got[2].AlreadyStored == first {
				t.Errorf("%s: its neighbours are %v and %v", c.what, got[0], got[2])
			}
		}
		if o := f.together(t, twice, words(20, 5))[1]; !o.OK {
			t.Errorf("after all of these: %+v", o)
		}
		idle(t, app, 2005)
	})
}

// Where one file ends has to be known: what does not add up is refused as a whole.
func TestARequestWithSeveralFilesHasToAddUp(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 100)
	many := make([]map[string]any, 101)
	for i := range many {
		many[i] = line(attachment{nil, "text/plain", "empty.txt"})
	}
	nowhere := line(a)
	delete(nowhere, "size_bytes")
	for what, c := range map[string]struct {
		body   []byte
		status int
	}{
		"no line":         {[]byte(`{"workspace_id":"x"}`), 400},
		"no JSON":         {append([]byte("hello\n"), a.text...), 400},
		"too few bytes":   {parcel(t, app.Harbour, []map[string]any{line(a)}, a.text[:99]), 400},
		"too many bytes":  {parcel(t, app.Harbour, []map[string]any{line(a)}, a.text, []byte("x")), 400},
		"no files":        {parcel(t, app.Harbour, []map[string]any{}), 422},
		"too many files":  {parcel(t, app.Harbour, many), 422},
		"no size":         {parcel(t, app.Harbour, []map[string]any{nowhere}, a.text), 422},
		"a larger body":   {parcel(t, app.Harbour, []map[string]any{line(words(2, 9<<20))}, words(2, 9<<20).text), 413},
		"no workspace":    {parcel(t, "", []map[string]any{line(a)}, a.text), 422},
		"unknown members": {append([]byte(`{"workspace_id":"`+app.Harbour+`","files":[],"more":1}`), '\n'), 422},
	} {
		if r := f.sendBody(c.body); r.Status != c.status {
			t.Errorf("%s: %d %s, want %d", what, r.Status, r.Body, c.status)
		}
	}
	f.Do("POST", "/api/storage/upload-batch", "application/json", parcel(t, app.Harbour, []map[string]any{line(a)}, a.text)).Is(415)
	idle(t, app, 0)
	f.sendBody(parcel(t, app.Harbour, many)).Is(422).Says(`"files":"may have at most 100 entries"`)
}

// The disk is full: each file is told so, and nothing stays or is reserved.
func TestFilesThatComeTogetherOntoAFullDiskLeaveNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	app.Server.FillStore()
	for _, o := range f.together(t, words(1, 1000), words(2, 1000)) {
		if o.String() != "disk_full" {
			t.Errorf("a file: %+v", o)
		}
	}
	idle(t, app, 0)
}

// Where the browser speaks with a bucket itself, there is nothing to send here.
func TestNoFilesComeTogetherForABucket(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: inBucket(t)})
	r := files(app, app.Editor).sendBody(parcel(t, app.Harbour, []map[string]any{line(words(1, 10))}, words(1, 10).text)).Is(404)
	if r.Code() != "not_found" || !strings.Contains(r.Body, "ticket") {
		t.Errorf("it says %s", r.Body)
	}
}

// Whoever loses the right to write sends nothing more.
func TestFilesOfSomebodyWhoMayNotWriteDoNotCome(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	f.together(t, words(1, 10), words(2, 10))
	_, err := app.Workspaces.SetRole(t.Context(), app.Owner.Session, app.Harbour, app.Editor.ID, policies.Viewer)
	must(t, err)
	f.sendBody(parcel(t, app.Harbour, []map[string]any{line(words(3, 10))}, words(3, 10).text)).Is(403)
	app.Nobody().Do("POST", "/api/storage/upload-batch", "application/vnd.or3.files", parcel(t, app.Harbour, []map[string]any{line(words(3, 10))}, words(3, 10).text)).Is(401)
	idle(t, app, 20)
}

// They lose it while what they have sent is on its way into the books: it does not
// become files, and they are told what anybody in their place is told.
func TestFilesOfSomebodyWhoLosesTheRightMeanwhileDoNotCome(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		for i, c := range []struct {
			what, code string
			role       policies.Role
		}{{"removed", "not_found", ""}, {"demoted", "forbidden", policies.Viewer}} {
			person := app.Join(app.Owner, app.Harbour, c.what+"@harbour.example", c.what, policies.Editor)
			f, old := files(app, person), words(uint64(50+i), 10)
			f.keep(t, old)
			var once sync.Once
			forget := file.UploadReceived.On(app.Bus, hook.Options{Name: c.what}, func(context.Context, file.Event) {
				once.Do(func() {
					if c.role == "" {
						must(t, app.Workspaces.RemoveMember(context.Background(), app.Owner.Session, app.Harbour, person.ID))
						return
					}
					_, err := app.Workspaces.SetRole(context.Background(), app.Owner.Session, app.Harbour, person.ID, c.role)
					must(t, err)
				})
			})
			list := []attachment{words(uint64(70+i), 100), old, pngOf(t, 900, 600+i)}
			told := f.together(t, list...)
			forget()
			for j, want := range []string{c.code, "stored", c.code} {
				if got := told[j].String(); got != want {
					t.Errorf("%s: file %d is %s, want %s", c.what, j, got, want)
				}
			}
			for _, a := range []attachment{list[0], list[2]} {
				files(app, app.Owner).askToFetch(a, "").Is(404)
				if _, err := app.Engine.File(t.Context(), engine.Ref{WorkspaceID: app.Harbour, ID: a.hash()}); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: a row about %s: %v", c.what, a.name, err)
				}
			}
			if listed := listed(t, app); listed != int64(10*(i+1)) {
				t.Errorf("%s: %d bytes are listed", c.what, listed)
			}
		}
	})
}
