package server_test

import (
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestOnlyThisSiteCanMakeABrowserChangeThings(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	cases := []struct {
		name            string
		origin, site    string
		allowed, bearer bool
	}{
		{name: "a program without either header", allowed: true},
		{name: "this site", origin: "self", site: "same-origin", allowed: true},
		{name: "this site, an old browser", origin: "self", allowed: true},
		{name: "typed into the address bar", site: "none", allowed: true},
		{name: "another site", origin: "https://evil.example", site: "cross-site"},
		{name: "another site, an old browser", origin: "https://evil.example"},
		{name: "another site that lies about its origin", origin: "self", site: "cross-site"},
		{name: "a sister on the same domain", origin: "http://other.127.0.0.1", site: "same-site"},
		{name: "the same host on another port", origin: "http://127.0.0.1:1", site: "same-site"},
		{name: "a sandboxed frame", origin: "null", site: "cross-site"},
		{name: "a sandboxed frame, an old browser", origin: "null"},
		{name: "an origin that only begins alike", origin: "selfevil"},
		{name: "another site with a token of its own", origin: "https://evil.example", site: "cross-site", bearer: true, allowed: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			who := app.As(app.Editor)
			if c.bearer {
				who = app.Bearer(app.Editor)
			}
			if c.origin != "" {
				who = who.With("Origin", strings.Replace(c.origin, "self", app.URL, 1))
			}
			if c.site != "" {
				who = who.With("Sec-Fetch-Site", c.site)
			}
			r := who.For(t).JSON("PATCH", "/api/auth/profile", map[string]string{"locale": "pt-BR"})
			if c.allowed && r.Status != 200 || !c.allowed && (r.Status != 403 || r.Code() != "forbidden") {
				t.Errorf("status %d: %s", r.Status, r.Body)
			}
			if r := who.For(t).Get("/api/workspaces"); r.Status != 200 {
				t.Errorf("reading is no matter of origin: %d", r.Status)
			}
		})
	}
}

func TestEveryMutationIsRefusedFromAnotherSite(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	evil := app.As(app.Owner).With("Origin", "https://evil.example").With("Sec-Fetch-Site", "cross-site")
	tried := 0
	for _, row := range app.Table() {
		if row.Method == "GET" {
			continue
		}
		path := strings.NewReplacer(":id", app.Harbour, ":user_id", app.Viewer.ID, ":invite_id", "x", ":", "x").Replace(row.Path)
		contentType, body := "application/json", "{}"
		if row.IsForm {
			contentType, body = "application/x-www-form-urlencoded", ""
		}
		want := 403
		if row.ByURL { // no cookie gives it a right, and without a right there is nothing
			want = 404
		}
		if r := evil.Do(row.Method, path, contentType, []byte(body)); r.Status != want {
			t.Errorf("%s %s: status %d", row.Method, path, r.Status)
		}
		tried++
	}
	if tried < 30 {
		t.Errorf("only %d mutations were tried", tried)
	}
}

func TestOnlyNamedOriginsMayCallFromABrowserAndNeverWithCookies(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"server.allowed_origins": "https://tool.example"}})
	preflight := func(origin, path string) http.Header {
		return app.Nobody().With("Origin", origin).With("Access-Control-Request-Method", "POST").
			With("Access-Control-Request-Headers", "authorization,content-type").Do("OPTIONS", path, "", nil).Is(204).Header
	}
	h := preflight("https://tool.example", "/api/workspaces")
	if h.Get("Access-Control-Allow-Origin") != "https://tool.example" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("the named origin is not let in: %v", h)
	}
	for _, bad := range []struct{ origin, path string }{
		{"https://evil.example", "/api/workspaces"}, {"https://tool.example.evil", "/api/workspaces"}, {"null", "/api/workspaces"},
		{"https://TOOL.example", "/api/workspaces"}, {"https://tool.example", "/sign-in"},
	} {
		if got := preflight(bad.origin, bad.path).Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s may call %s: %s", bad.origin, bad.path, got)
		}
	}
	r := app.Bearer(app.Editor).With("Origin", "https://tool.example").With("Sec-Fetch-Site", "cross-site").Get("/api/workspaces").Is(200)
	if r.Header.Get("Access-Control-Allow-Origin") != "https://tool.example" || r.Header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(r.Header.Get("Vary"), "Origin") {
		t.Errorf("headers %v", r.Header)
	}
	cookie := app.As(app.Editor).With("Origin", "https://tool.example").With("Sec-Fetch-Site", "cross-site")
	cookie.JSON("PATCH", "/api/auth/profile", map[string]string{"locale": "en"}).Is(403)
	app.Nobody().With("Origin", "https://tool.example").Do("OPTIONS", "/api/nowhere", "", nil).Is(404)
	if allow := app.Nobody().Do("OPTIONS", "/api/workspaces", "", nil).Is(204).Header.Get("Allow"); allow != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("Allow: %q", allow)
	}
}

func TestTheDeploymentsOwnPublicOriginIsItself(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"server.public_url": "http://or3.example"}})
	behind := app.As(app.Editor).With("Origin", "http://or3.example") // an old browser behind a proxy that rewrites Host
	behind.JSON("PATCH", "/api/auth/profile", map[string]string{"locale": "en"}).Is(200)
}
