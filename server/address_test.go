package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func TestAddressesInAnUncleanFormReachNothing(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	unclean := []string{
		"/api/workspaces/..%2fadmin", "/api/workspaces/%2e%2e/admin", "/api//workspaces", "//api/workspaces", "/api/./workspaces",
		"/api/x/../workspaces", "/api/workspaces%00", "/api/workspaces%2f", "/api\\workspaces", "/api/workspaces/%5c", "/%252e%252e/etc/passwd",
		"/assets/../../etc/passwd", "/assets/..%2f..%2fetc%2fpasswd", "/api/workspaces/..", "/.", "/..", "/assets/%c0%ae%c0%ae/x",
		"/api/workspaces\x7f", "/api/workspaces\xff",
	}
	for _, path := range unclean {
		answer := raw(t, app, "GET "+path+" HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "+app.Owner.Token+"\r\n\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 400 ") && !strings.HasPrefix(answer, "HTTP/1.1 404 ") {
			t.Errorf("%q: %.60q", path, answer)
		}
	}
	for _, path := range []string{"/API/workspaces", "/api/Workspaces", "/api/workspaces/", "/%61pi/workspaces", "/api/workspaces;x", "/adminx", "/Admin", "/admin/"} {
		if r := app.As(app.Owner).Get(path); r.Status != 404 {
			t.Errorf("%s: %d", path, r.Status)
		}
	}
}

func TestIDsInAddressesLookLikeIDs(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, id := range []string{":id", "*", "a.b", "a~b", "a'b", "a%20b", "%2a", strings.Repeat("a", 65), "a,b", "a=b", "(a)"} {
		r := app.As(app.Owner).Get("/api/workspaces/" + id + "/members")
		if r.Status != 404 && r.Status != 400 || r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %d %s", id, r.Status, r.Body)
		}
	}
	for _, id := range []string{"null", "0", "undefined", "owner", "r:owner", strings.Repeat("a", 64), "-", "_"} {
		if r := app.As(app.Owner).Get("/api/workspaces/" + id + "/members"); r.Status != 404 {
			t.Errorf("%s: %d", id, r.Status)
		}
	}
}

func TestCleanPathsPass(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/api/workspaces", "/assets/fonts/a-1.b2.woff2", "/w/a_b-c/t/1"} {
		if err := server.CleanPath(path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzCleanPathsHaveOneMeaning(f *testing.F) {
	for _, seed := range []string{"/", "/a/b", "/a/../b", "//", "/%2F", "/a\\b", "/%2e%2e/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if server.CleanPath(path) != nil {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.Contains(path, "\\") {
			t.Fatalf("%q passed", path)
		}
		for segment := range strings.SplitSeq(path, "/") {
			if segment == "." || segment == ".." {
				t.Fatalf("%q passed", path)
			}
		}
		if lower := strings.ToLower(path); strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") || strings.Contains(lower, "%00") || strings.Contains(lower, "%2e") {
			t.Fatalf("%q passed", path)
		}
	})
}

func TestTheAdminAreaLivesWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"admin.base_path": "/back/office"}})
	app.As(app.Owner).Get("/back/office").Is(200)
	app.As(app.Owner).Get("/admin").Is(404)
	app.As(app.Owner).Get("/admin/members").Is(404)
	app.As(app.Owner).Get("/back/office/members").Is(200)
	if body := app.As(app.Owner).Get("/back/office").Body; strings.Contains(body, `"/admin`) {
		t.Error("the page links to /admin")
	}
}

func TestTheAdminAreaShowsOnlyUnderItsHosts(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"admin.allowed_hosts": "admin.example"}})
	for _, path := range []string{"/admin", "/admin/members", "/api/admin/status"} {
		app.As(app.Owner).Get(path).Is(404)
		app.As(app.Owner).With("Host", "admin.example.evil").Get(path).Is(404)
		app.As(app.Owner).With("X-Forwarded-Host", "admin.example").Get(path).Is(404)
		app.As(app.Owner).With("Host", "admin.example:8443").Get(path).Is(200)
		app.As(app.Owner).With("Host", "ADMIN.example").Get(path).Is(200)
	}
	app.As(app.Owner).Get("/api/workspaces").Is(200)
}

func TestWithoutAccountsTheServerIsLocalOnly(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true, Keys: map[string]string{"auth.enabled": "false"}})
	app.Nobody().Get("/").Is(200)
	app.Nobody().Get("/healthz").Is(200)
	app.Nobody().Get("/readyz").Is(200)
	if r := app.Nobody().Get("/api/auth/session").Is(200); r.Body != `{"session":null}` {
		t.Error(r.Body)
	}
	for _, path := range []string{"/admin", "/admin/members", "/api/admin/status", "/api/workspaces", "/api/openapi.json", "/setup", "/sign-in", "/settings", "/w/x", "/metrics"} {
		r := app.Nobody().Get(path).Is(404)
		if strings.HasPrefix(path, "/api/") && r.Code() != "not_found" {
			t.Errorf("%s: %s", path, r.Body)
		}
	}
	app.Nobody().JSON("POST", "/api/sync/push", "{}").Is(404)
	app.Nobody().JSON("POST", "/api/auth/sign-in", "{}").Is(404)
	if token, err := app.SetupToken(t.Context()); err != nil || token != "" {
		t.Errorf("a set-up link without accounts: %q %v", token, err)
	}
}

func TestSwitchedOffPartsDoNotExist(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"sync.enabled": "false", "storage.enabled": "false"}})
	for _, path := range []string{"/api/sync/push", "/api/sync/pull"} {
		if r := app.As(app.Owner).JSON("POST", path, "{}").Is(404); r.Code() != "not_found" {
			t.Error(r.Body)
		}
	}
	for _, path := range []string{"/api/storage/presign-upload", "/api/storage/commit", "/api/storage/presign-download", "/api/storage/gc/run"} {
		if r := app.As(app.Owner).JSON("POST", path, "{}").Is(404); r.Code() != "not_found" {
			t.Error(r.Body)
		}
	}
}
