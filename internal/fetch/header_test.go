package fetch_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
)

func TestAHeaderThatIsNotThePluginsIsRefused(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{Calls: 100})
	ctx := fetch.Counted(t.Context())
	for _, name := range []string{
		"Host", "host", "Connection", "Keep-Alive", "Transfer-Encoding", "transfer-encoding", "TE", "Trailer", "Upgrade", "HTTP2-Settings", "Expect", "Content-Length", "Accept-Encoding",
		"Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Connection", "Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "Sec-Fetch-Site", "X-HTTP-Method-Override", "X-Method-Override",
		"", " ", "X Y", "X:", "X\r\nY", "X\n", "Ü", "X\x00",
	} {
		_, err := c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Headers: map[string]string{name: "x"}})
		wantCode(t, err, fetch.BadRequest)
		_, err = c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Secrets: map[string]string{name: "{{token}}"}})
		wantCode(t, err, fetch.BadRequest)
	}
	for _, value := range []string{"a\r\nHost: evil.example", "a\n", "\r", "a\x00b", "\x7f"} {
		_, err := c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Headers: map[string]string{"X-A": value}})
		wantCode(t, err, fetch.BadRequest)
	}
	_, err := c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Headers: map[string]string{"X-A": "1", "x-a": "2"}})
	wantCode(t, err, fetch.BadRequest)
	_, err = c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Headers: map[string]string{"X-A": "1"}, Secrets: map[string]string{"x-a": "{{token}}"}})
	wantCode(t, err, fetch.BadRequest)
	_, err = c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Headers: map[string]string{"X-A": strings.Repeat("a", 17<<10)}})
	wantCode(t, err, fetch.TooLarge)
	w.wantDialed(t)
}

func TestOnlyGrantedSecretsThatAreSetAreSent(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	for template, code := range map[string]string{
		"{{nobodys}}":            fetch.NotAllowed,
		"{{token}} {{nobodys}}":  fetch.NotAllowed,
		"{{unset}}":              fetch.SecretMissing,
		"{{broken}}":             fetch.BadRequest,
		"{{token}}\r\nX-Two: 2":  fetch.BadRequest,
		"plain":                  fetch.BadRequest,
		"{{}}":                   fetch.BadRequest,
		"{token}":                fetch.BadRequest,
		"{{ .Secrets.token.x }}": fetch.BadRequest,
	} {
		_, err := w.client(fetch.Limits{}).Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{URL: "https://api.example.com/", Secrets: map[string]string{"X-Key": template}})
		if err == nil {
			t.Fatalf("%q was sent", template)
		}
		wantCode(t, err, code)
	}
	w.wantDialed(t)
}

func TestAPluginGetsNoCookiesAndKeepsNone(t *testing.T) {
	var cookies []string
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		cookies = append(cookies, r.Header.Get("Cookie"))
		http.SetCookie(rw, &http.Cookie{Name: "session", Value: "abc"})
		rw.Header()["X-Twice"] = []string{"first", "second"}
		rw.Header().Set("Content-Type", "text/plain")
		rw.Header().Set("Proxy-Authenticate", "x")
		_, _ = rw.Write([]byte("hi"))
	})
	c := w.client(fetch.Limits{})
	for range 2 {
		out, err := get(t, c, "https://api.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		delete(out.Headers, "Date")
		if want := map[string]string{"X-Twice": "first", "Content-Type": "text/plain", "Content-Length": "2"}; !maps.Equal(out.Headers, want) {
			t.Errorf("got the headers %q, want %q", out.Headers, want)
		}
	}
	if strings.Join(cookies, "") != "" {
		t.Errorf("cookies were sent: %q", cookies)
	}
}

func TestWhatWasNotGrantedOrCountedIsNotSent(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{Calls: 2})
	ctx := fetch.Counted(t.Context())
	for _, method := range []string{"DELETE", "get", "CONNECT", "TRACE", "GET /x", "GET\r\n"} {
		_, err := w.client(fetch.Limits{}).Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{Method: method, URL: "https://api.example.com/"})
		wantCode(t, err, fetch.NotAllowed)
	}
	_, err := c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/", Body: []byte("x")})
	wantCode(t, err, fetch.BadRequest)
	w.wantDialed(t)
	if _, err = c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/"}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/"})
	wantCode(t, err, fetch.TooMany)
	if _, err = c.Fetch(t.Context(), granted(), host.Fetch{URL: "https://api.example.com/"}); err == nil {
		t.Error("a call that nobody counts fetched")
	}
	if _, err = c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{URL: "https://api.example.com/"}); err != nil {
		t.Errorf("the next call: %v", err)
	}
	w.wantDialed(t, somewhere+":443", somewhere+":443")
}
