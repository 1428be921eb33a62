package server_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

// bad is a body that no JSON route may take.
type bad struct {
	name, contentType, body string
	code                    string
}

// badBodies is the corpus for a route whose body has the member known.
func badBodies(known string) []bad {
	const js = "application/json"
	invalid := "validation_error"
	list := []bad{
		{"not JSON", js, "{", invalid},
		{"nothing but space", js, " ", invalid},
		{"two values", js, "{} {}", invalid},
		{"a list", js, "[]", invalid},
		{"a text", js, `"x"`, invalid},
		{"null", js, "null", invalid},
		{"a number", js, "1", invalid},
		{"single quotes", js, "{'a':1}", invalid},
		{"a comment", js, "{/*a*/}", invalid},
		{"a comma too much", js, `{"zz":1,}`, invalid},
		{"a byte order mark", js, "\xef\xbb\xbf{}", invalid},
		{"an unknown member", js, `{"zz_unknown":1}`, invalid},
		{"an unknown member twice", js, `{"zz":1,"zz":2}`, invalid},
		{"a member with an empty name", js, `{"":1}`, invalid},
		{"broken UTF-8 in a name", js, "{\"z\xff\":1}", invalid},
		{"deep nesting", js, `{"zz":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", invalid},
		{"a form", "application/x-www-form-urlencoded", "a=b", "unsupported"},
		{"a multipart form", "multipart/form-data; boundary=x", "--x--", "unsupported"},
		{"plain text", "text/plain", "{}", "unsupported"},
		{"no type", "", "{}", "unsupported"},
		{"another character set", "application/json; charset=iso-8859-1", "{}", "unsupported"},
		{"a type that only begins like it", "application/jsonp", "{}", "unsupported"},
	}
	if known == "" {
		return list
	}
	return append(list,
		bad{"a member twice", js, fmt.Sprintf(`{"%[1]s":"a","%[1]s":"b"}`, known), invalid},
		bad{"a member twice, once escaped", js, fmt.Sprintf(`{"%s":"a","\u%04x%s":"b"}`, known, known[0], known[1:]), invalid},
		bad{"a case variant", js, fmt.Sprintf(`{"%s":"a"}`, strings.ToUpper(known)), invalid},
		bad{"a member and its case variant", js, fmt.Sprintf(`{"%s":"a","%s":"b"}`, known, strings.ToUpper(known)), invalid},
		bad{"broken UTF-8", js, fmt.Sprintf("{\"%s\":\"a\xffb\"}", known), invalid},
		bad{"half a surrogate", js, fmt.Sprintf(`{"%s":"\ud800"}`, known), invalid},
		bad{"NUL", js, fmt.Sprintf(`{"%s":"a\u0000b"}`, known), invalid},
		bad{"a raw NUL", js, fmt.Sprintf("{\"%s\":\"a\x00b\"}", known), invalid},
		bad{"a number out of range", js, fmt.Sprintf(`{"%s":1e999}`, known), invalid},
		bad{"the wrong type", js, fmt.Sprintf(`{"%s":{"a":{"b":1}}}`, known), invalid},
	)
}

func TestNoJSONRouteTakesABadBody(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(app.Nobody().Get("/api/openapi.json").Body))
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{plugin}/settings", "none/settings?workspace_id="+app.Harbour, "{plugin}", "none", "{id}", app.Harbour, "{user_id}", app.Viewer.ID, "{invite_id}", "none")
	before := entries(t, app)
	app.Hooks.Take()
	checked := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if method == "GET" || op.RequestBody != nil && op.RequestBody.Value.Content["application/json"] == nil { // bytes
				continue
			}
			known := ""
			if op.RequestBody != nil {
				for name := range op.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
					known = max(known, name)
				}
			}
			for _, b := range badBodies(known) {
				if known == "settings" && b.name == "the wrong type" {
					continue // an object of anything is right there
				}
				r := app.As(app.Owner).Do(method, fill.Replace(path), b.contentType, []byte(b.body))
				if r.Status != 400 && r.Status != 422 && r.Status != 415 || r.Code() != b.code {
					t.Errorf("%s %s, %s: status %d %s", method, path, b.name, r.Status, r.Body)
				}
				checked++
			}
		}
	}
	if checked < 400 {
		t.Errorf("only %d bodies were tried", checked)
	}
	if after := entries(t, app); after != before {
		t.Errorf("something was done: %d entries in the audit log instead of %d", after, before)
	}
	if fired := app.Hooks.Names(); len(fired) > 0 {
		t.Errorf("something was done: %v", fired)
	}
}

// entries counts the audit log.
func entries(t *testing.T, app *testkit.App) int {
	t.Helper()
	result, err := app.Audit.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(result.Entries)
}

func TestAnEmptyBodyIsEnoughWhereNothingIsAsked(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, body := range []any{nil, "{}"} {
		app.As(app.SignIn(app.Viewer)).JSON("POST", "/api/auth/sign-out", body).Is(200)
	}
	if r := app.As(app.Viewer).JSON("POST", "/api/workspaces", nil); r.Status != 415 && r.Status != 400 {
		t.Errorf("a missing body: %d", r.Status)
	}
}

func TestACompressedBodyIsNotInflated(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	if _, err := w.Write(bytes.Repeat([]byte(" "), 16<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{"gzip", "br", "deflate", "identity", "gzip, gzip"} {
		r := app.As(app.Owner).With("Content-Encoding", encoding).Do("POST", "/api/sync/push", "application/json", bomb.Bytes())
		if r.Status != 415 {
			t.Errorf("%s: status %d", encoding, r.Status)
		}
	}
}

func TestBodiesHaveTheLimitOfTheirRoute(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	body := func(n int) string {
		return `{"workspace_id":"` + app.Harbour + `","ops":[],"zz":"` + strings.Repeat("a", n) + `"}`
	}
	owner := app.As(app.Owner)
	if r := owner.JSON("POST", "/api/sync/push", body(7<<20)); r.Status != 422 {
		t.Errorf("7 MiB to push: %d, but it has to be read", r.Status)
	}
	if r := owner.JSON("POST", "/api/sync/push", body(9<<20)); r.Status != 413 || r.Code() != "oversized" {
		t.Errorf("9 MiB to push: %d %s", r.Status, r.Body)
	}
	if r := owner.JSON("POST", "/api/sync/pull", body(1<<20)); r.Status != 413 || r.Code() != "oversized" {
		t.Errorf("1 MiB to pull: %d %s", r.Status, r.Body)
	}
	if r := owner.JSON("POST", "/api/sync/pushx", body(1<<20)); r.Status != 413 {
		t.Errorf("1 MiB to nowhere: %d", r.Status)
	}
	chunked := "POST /api/workspaces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
		strings.Repeat("10000\r\n"+strings.Repeat("a", 0x10000)+"\r\n", 4) + "0\r\n\r\n"
	if answer := raw(t, app, chunked); !strings.HasPrefix(answer, "HTTP/1.1 413 ") {
		t.Errorf("256 KiB in chunks: %.100q", answer)
	}
}

func TestStringsOutliveTheirRequest(t *testing.T) {
	t.Parallel()
	kept := &server.Kept{Values: map[string][]string{}}
	app := testkit.Open(t, testkit.Options{Empty: true, Adjust: server.MisbehavingRoutes(kept)})
	var one strings.Builder
	const n = 400
	for i := range n {
		fmt.Fprintf(&one, "GET /api/test/kept/id%04d?q=query%04d HTTP/1.1\r\nHost: host%04d\r\nX-Test: test%04d\r\nCookie: or3_session=cookie%04d\r\n\r\n", i, i, i, i, i)
	}
	raw(t, app, one.String()) // one connection: every request reuses the buffers of the one before
	if len(kept.Values) != n {
		t.Fatalf("%d of %d requests ran", len(kept.Values), n)
	}
	for i := range n {
		id := fmt.Sprintf("id%04d", i)
		want := fmt.Sprintf("[query%04d test%04d /api/test/kept/id%04d id%04d 127.0.0.1 cookie%04d host%04d]", i, i, i, i, i, i)
		if got := fmt.Sprint(kept.Values[id]); got != want {
			t.Fatalf("kept %s, was %s", got, want)
		}
	}
}
