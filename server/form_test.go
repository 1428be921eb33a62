package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func TestNoFormTakesWhatNoBrowserOfOursSends(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	app := stage.app(t, false)
	const kind = "application/x-www-form-urlencoded"
	many := strings.Repeat("a=b&", 500)
	before := entries(t, app)
	app.Hooks.Take()
	tried := 0
	for _, row := range app.Table() {
		if !row.IsForm {
			continue
		}
		if strings.Contains(row.Path, ":note") {
			notify(t, app, stage.things[app.Harbour]["{note}"])
		}
		path := stage.fill(t, app, pattern(row), "owner", "Harbour")
		right := stage.fill(t, app, samples[row.Method+" "+row.Path], "owner", "Harbour")
		field, _, _ := strings.Cut(right, "=")
		bodies := map[string][2]string{
			"an unknown field":       {kind, right + "&zz_unknown=1"},
			"an index nobody asked":  {kind, right + "&a[999999999]=x"},
			"too many fields":        {kind, many},
			"broken UTF-8":           {kind, right + "&x=%ff%fe"},
			"broken UTF-8 in a name": {kind, right + "&%ff=1"},
			"NUL":                    {kind, right + "&x=a%00b"},
			"a broken escape":        {kind, right + "&x=%zz"},
			"a semicolon":            {kind, right + ";x=1"},
			"JSON":                   {"application/json", `{"a":1}`},
			"a multipart form":       {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--"},
			"plain text":             {"text/plain", right + "&a=b"},
		}
		if field != "" && field != "take" {
			bodies["a field twice"] = [2]string{kind, right + "&" + field + "=twice"}
			bodies["a case variant"] = [2]string{kind, right + "&" + strings.ToUpper(field) + "=x"}
		}
		for name, b := range bodies {
			r := app.As(app.Owner).Do("POST", path, b[0], []byte(b[1]))
			// What a form of a plugin takes is the plugin's to say, and there is none here.
			unknown := r.Status == 404 && strings.Contains(row.Path, "/:plugin")
			if r.Status != 400 && r.Status != 415 && r.Status != 422 && !unknown {
				t.Errorf("POST %s with %s: %d", path, name, r.Status)
			}
			if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
				t.Errorf("POST %s with %s: %s", path, name, r.Header.Get("Content-Type"))
			}
			tried++
		}
	}
	if tried < 200 {
		t.Errorf("only %d forms were tried", tried)
	}
	if after := entries(t, app); after != before {
		t.Errorf("something was done: %d entries instead of %d", after, before)
	}
	if fired := app.Hooks.Names(); len(fired) > 0 {
		t.Errorf("something was done: %v", fired)
	}
}

// notify writes a notification for the owner, once.
func notify(t *testing.T, app *testkit.App, id string) {
	t.Helper()
	app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, map[string]any{"table": "notifications", "op": "put", "pk": id, "stamp": stamp(1),
		"payload": map[string]any{"id": id, "user_id": app.Owner.ID, "type": "system.warning", "title": "T", "created_at": 1, "updated_at": 1}})).Is(200)
}

func TestASessionThatIsOverSendsPeopleToSignIn(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	nobody := app.Nobody()
	r := nobody.Get("/settings?tab=devices").Is(303)
	if got := r.Header.Get("Location"); got != "/sign-in?next=%2Fsettings%3Ftab%3Ddevices" {
		t.Error(got)
	}
	htmx := nobody.With("HX-Request", "true").With("HX-Request-Type", "partial").With("HX-Current-URL", app.URL+"/w/1?page=2")
	r = htmx.Get("/settings").Is(401)
	if got := r.Header.Get("HX-Redirect"); got != "/sign-in?next=%2Fw%2F1%3Fpage%3D2" || r.Header.Get("Location") != "" {
		t.Errorf("htmx: %v", r.Header)
	}
	r = nobody.With("HX-Request", "true").With("HX-Current-URL", "https://evil.example//evil.example").Get("/settings").Is(401)
	if got := r.Header.Get("HX-Redirect"); got != "/sign-in?next=%2F" {
		t.Errorf("htmx from elsewhere: %s", got)
	}
	r = nobody.Form("/settings/profile", nil).Is(401)
	if !strings.Contains(r.Header.Get("Content-Type"), "text/html") {
		t.Error("a form that came too late gets no page")
	}
}

func TestAServerErrorGoesToTheToastsOfThePage(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Adjust: server.MisbehavingRoutes(nil)})
	htmx := app.Nobody().With("HX-Request", "true").With("HX-Request-Type", "partial")
	r := htmx.Get("/test/panic").Is(500)
	if r.Header.Get("HX-Retarget") != "#toasts" || r.Header.Get("HX-Reswap") != "beforeend" || strings.Contains(r.Body, "<html") {
		t.Errorf("%v\n%s", r.Header, r.Body)
	}
	if r := app.Nobody().Get("/test/panic").Is(500); r.Header.Get("HX-Retarget") != "" || !strings.Contains(r.Body, "<html") {
		t.Errorf("without htmx: %v", r.Header)
	}
}

func TestNothingOfAPageIsInline(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	app := stage.app(t, false)
	for _, row := range app.Table() {
		if !row.IsPage || row.Method != "GET" {
			continue
		}
		path := stage.fill(t, app, pattern(row), "owner", "Harbour")
		body := app.As(app.Owner).Get(path).Body
		for _, never := range []string{" style=\"", " onclick=", " onsubmit=", "javascript:", "<script>", "<style"} {
			if strings.Contains(body, never) {
				t.Errorf("%s holds %s", path, never)
			}
		}
	}
}

func TestAssetsAreKeptForEverAndCompressed(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	page := app.Nobody().Get("/sign-in").Is(200).Body
	_, rest, _ := strings.Cut(page, `href="/assets/app.`)
	name, _, _ := strings.Cut(rest, `"`)
	path := "/assets/app." + name
	plain := app.Nobody().Get(path).Is(200)
	for encoding, want := range map[string]string{"br": "br", "gzip": "gzip", "gzip, br": "br", "identity": "", "br;q=0, gzip": "gzip"} {
		r := app.Nobody().With("Accept-Encoding", encoding).Get(path).Is(200)
		if r.Header.Get("Content-Encoding") != want || r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", encoding, r.Header)
		}
		if want != "" && len(r.Body) >= len(plain.Body) {
			t.Errorf("%s makes it larger", encoding)
		}
		again := app.Nobody().With("Accept-Encoding", encoding).With("If-None-Match", r.Header.Get("ETag")).Get(path)
		if again.Status != http.StatusNotModified || again.Body != "" {
			t.Errorf("%s: asked again: %d", encoding, again.Status)
		}
	}
	if a, b := app.Nobody().With("Accept-Encoding", "br").Get(path), plain; a.Header.Get("ETag") == b.Header.Get("ETag") {
		t.Error("two representations share a strong ETag")
	}
	for _, missing := range []string{"/assets/app.css", "/assets/app.000000000000.css", "/assets/", "/assets/x/../app.css", fmt.Sprintf("/assets/%s.br", name)} {
		if r := app.Nobody().Get(missing); r.Status != 404 && r.Status != 400 {
			t.Errorf("%s: %d", missing, r.Status)
		}
	}
}
