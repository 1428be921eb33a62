package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func TestARouteWithoutAccessStopsTheProgram(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		declare func(add func(method, path string, public, handler bool))
		says    string
	}{
		"no access":  {func(add func(string, string, bool, bool)) { add("GET", "/x", false, true) }, "declares no access"},
		"no handler": {func(add func(string, string, bool, bool)) { add("GET", "/x", true, false) }, "has no handler"},
		"declared twice": {func(add func(string, string, bool, bool)) {
			add("GET", "/x", true, true)
			add("GET", "/x", true, true)
		}, "declared twice"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, c.says) {
					t.Errorf("said %q, want %q", said, c.says)
				}
			}()
			server.CheckTable(c.declare)
		})
	}
}

func TestEveryRouteDeclaresWhatItAsks(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for _, row := range app.Table() {
		if row.Kind == "guarded" && row.Permission == "" || row.Kind == "" {
			t.Errorf("%s %s: %s", row.Method, row.Path, row.Access)
		}
		if row.Method != "GET" && row.Method != "POST" && row.Method != "PUT" && row.Method != "PATCH" && row.Method != "DELETE" {
			t.Errorf("%s %s: what method is that?", row.Method, row.Path)
		}
	}
}

func TestPatternsMatchWholeSegments(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, path string
		want          bool
	}{
		{"/api/workspaces/:id", "/api/workspaces/w1", true},
		{"/api/workspaces/:id", "/api/workspaces/", false},
		{"/api/workspaces/:id", "/api/workspaces/w1/members", false},
		{"/api/workspaces", "/api/workspaces/w1", false},
		{"/admin", "/adminx", false},
		{"/assets/*", "/assets/fonts/a.woff2", true},
		{"/", "/", true},
	}
	for _, c := range cases {
		if got := server.Matches(c.pattern, c.path); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.path, got)
		}
	}
}

func TestNextLeadsOnlyToThisServer(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", "/a\\b", "evil", "/\tx", "/%0a" + strings.Repeat("x", 2000)} {
		if got := server.LocalPath(evil); got != "/" {
			t.Errorf("%q leads to %q", evil, got)
		}
	}
	if got := server.LocalPath("/w/1/t/2?page=3"); got != "/w/1/t/2?page=3" {
		t.Errorf("got %q", got)
	}
}
