package server_test

import (
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

// contract is what every answer carries, whatever it is.
func contract(t *testing.T, what string, h http.Header) {
	t.Helper()
	exact := map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	}
	for name, want := range exact {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q", what, name, got)
		}
	}
	policy := h.Get("Content-Security-Policy")
	for _, need := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, need) {
			t.Errorf("%s: the policy %q lacks %s", what, policy, need)
		}
	}
	for _, never := range []string{"unsafe", "http:", "https:", "*"} {
		if strings.Contains(policy, never) {
			t.Errorf("%s: the policy %q allows %s", what, policy, never)
		}
	}
	for _, need := range []string{"Cache-Control", "Permissions-Policy", "X-Request-Id", "Vary"} {
		if h.Get(need) == "" {
			t.Errorf("%s: no %s", what, need)
		}
	}
	for _, never := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if h.Get(never) != "" {
			t.Errorf("%s: has %s: %s", what, never, h.Get(never))
		}
	}
}

func TestEveryAnswerKeepsTheHeaderContract(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, who := range []*testkit.Client{app.Nobody(), app.As(app.Viewer), app.As(app.Owner)} {
		for _, row := range app.Table() {
			path := strings.NewReplacer(":id", app.Harbour, ":user_id", app.Viewer.ID, ":", "x").Replace(row.Path)
			if row.Method != "GET" {
				continue
			}
			for _, method := range []string{"GET", "HEAD"} {
				r := who.Do(method, path, "", nil)
				contract(t, method+" "+path, r.Header)
				if strings.HasPrefix(path, "/api/") && r.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s may be kept: %s", path, r.Header.Get("Cache-Control"))
				}
				if row.IsPage && !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
					t.Errorf("%s may be kept: %s", path, r.Header.Get("Cache-Control"))
				}
				if method == "HEAD" && r.Body != "" {
					t.Errorf("HEAD %s has a body", path)
				}
			}
		}
	}
}

func TestEveryErrorKeepsTheHeaderContract(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Adjust: server.MisbehavingRoutes(&server.Kept{})})
	nobody, owner := app.Nobody(), app.As(app.Owner)
	cases := []struct {
		name   string
		answer *testkit.Response
		status int
	}{
		{"an unknown page", nobody.Get("/nowhere"), 404},
		{"an unknown API path", nobody.Get("/api/nowhere"), 404},
		{"an unclean path", nobody.Get("/api/..%2fadmin"), 400},
		{"a method that does not fit", nobody.Do("DELETE", "/api/workspaces", "", nil), 405},
		{"a method nobody knows", nobody.Do("BREW", "/api/workspaces", "", nil), 405},
		{"nobody", nobody.Get("/api/workspaces"), 401},
		{"forbidden", app.As(app.Viewer).Get("/api/admin/status"), 403},
		{"a foreign workspace", owner.Get("/api/workspaces/" + app.Elsewhere + "/members"), 404},
		{"another site", owner.With("Sec-Fetch-Site", "cross-site").JSON("POST", "/api/workspaces", map[string]string{"name": "x"}), 403},
		{"broken JSON", owner.JSON("POST", "/api/workspaces", "{"), 400},
		{"a member nobody knows", owner.JSON("POST", "/api/workspaces", `{"name":"a","x":1}`), 422},
		{"another kind of body", owner.Do("POST", "/api/workspaces", "text/plain", []byte("{}")), 415},
		{"a compressed body", owner.With("Content-Encoding", "gzip").JSON("POST", "/api/workspaces", "{}"), 415},
		{"too large", owner.JSON("POST", "/api/workspaces", `{"name":"`+strings.Repeat("a", 100<<10)+`"}`), 413},
		{"headers too large", nobody.With("X-Long", strings.Repeat("a", 20<<10)).Get("/api/workspaces"), 431},
		{"a panic in the API", nobody.Get("/api/test/panic"), 500},
		{"a panic in a page", nobody.Get("/test/panic"), 500},
		{"a failure nobody classified", nobody.Get("/api/test/broken"), 500},
		{"a time limit", nobody.Get("/api/test/slow"), 503},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.answer.Status != c.status {
				t.Errorf("status %d, want %d: %s", c.answer.Status, c.status, c.answer.Body)
			}
			contract(t, c.name, c.answer.Header)
			if !strings.Contains(c.answer.Body, c.answer.Header.Get("X-Request-Id")) {
				t.Errorf("the body does not name the request %s:\n%s", c.answer.Header.Get("X-Request-Id"), c.answer.Body)
			}
			for _, secret := range []string{"secret", "no luck", "goroutine", ".go:"} {
				if strings.Contains(c.answer.Body, secret) {
					t.Errorf("the body tells %q:\n%s", secret, c.answer.Body)
				}
			}
		})
	}
	if len(app.Log.Lines("secret of the panic", "stack")) != 2 {
		t.Error("the log does not tell of the two panics")
	}
}

func TestErrorsBelowTheAPIAreJSONWhateverIsAsked(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for _, accept := range []string{"text/html", "*/*", "application/xml"} {
		r := app.Nobody().With("Accept", accept).Get("/api/nowhere<script>")
		if r.Header.Get("Content-Type") != "application/json; charset=utf-8" || strings.Contains(r.Body, "<script>") {
			t.Errorf("%s: %s %s", accept, r.Header.Get("Content-Type"), r.Body)
		}
	}
}

func TestTLSBringsHSTSAndAHostCookie(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"server.public_url": "https://or3.example"}})
	r := app.Nobody().JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Owner.Email, "password": testkit.Password}).Is(200)
	if r.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	cookie := r.Header.Get("Set-Cookie")
	for _, need := range []string{"__Host-or3_session=", "HttpOnly", "secure", "SameSite=Lax", "path=/"} {
		if !strings.Contains(strings.ToLower(cookie), strings.ToLower(need)) {
			t.Errorf("the cookie lacks %s: %s", need, cookie)
		}
	}
	if strings.Contains(strings.ToLower(cookie), "domain=") {
		t.Errorf("a __Host- cookie has no domain: %s", cookie)
	}
}
