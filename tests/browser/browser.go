// Package browser drives the real binary with a real browser. The specs are
// JavaScript (playwright-core under node:test); this package builds the server,
// finds Node and Chromium, and runs each spec as a Go test.
package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run runs the specs in a folder, in the order of their names, each as a test of
// its own. It builds the server, and skips or fails where Node, Chromium or the
// packages of tests/e2e are missing. env is what the specs find in their
// environment besides.
func Run(t *testing.T, folder string, env ...string) {
	t.Helper()
	node := tool(t, "node", "node")
	chromium := tool(t, "chromium", "chromium", "chromium-browser", "google-chrome")
	if _, err := os.Stat("../e2e/node_modules/playwright-core"); err != nil {
		missing(t, "node", "playwright-core is not installed: run `npm ci` in tests/e2e")
	}
	bin := filepath.Join(t.TempDir(), "or3")
	build := exec.Command("go", "build", "-o", bin, "or3.cloud/or3")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	specs, err := filepath.Glob(filepath.Join(folder, "*.test.mjs"))
	if err != nil || len(specs) == 0 {
		t.Fatalf("no specs found: %v", err)
	}
	slices.Sort(specs)
	for _, spec := range specs {
		name := strings.TrimSuffix(filepath.Base(spec), ".test.mjs")
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, node, "--test", "--test-concurrency=1", "--test-reporter=spec", spec)
			run.Env = append(append(os.Environ(), "OR3_E2E_BIN="+bin, "OR3_E2E_CHROMIUM="+chromium), env...)
			out, err := run.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Fatalf("%s: %v", spec, err)
			}
		})
	}
}

// tool finds a program or skips (fails when it is required).
func tool(t *testing.T, requirement string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, requirement, names[0]+" is not installed")
	return ""
}

func missing(t *testing.T, requirement, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("OR3_TEST_REQUIRE"), ","), requirement) {
		t.Fatal(why)
	}
	t.Skipf("SKIP: %s", why)
}
