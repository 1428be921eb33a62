package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// forbidden is what has no place in an app without accounts: addresses of the
// server, and words that only accounts, administration or sync have a use for.
var forbidden = regexp.MustCompile(`(?i)/api\b|/admin|admin_|\badmin|sign[-_ ]?(in|out|up)\b|/setup\b|/register\b|/invite\b|/preferences\b|/settings\b|` +
	`password|or3_pat|or3_session|bearer\b|authoriz|authenticat|\bauth\b|\binvit|audit|\bcloud\.js|or3 cloud|` +
	`eventsource|x-or3-client|history_id|/sync/|startsync|pushbatch|client_too_old`)

func TestAnExportHasNothingOfAccountsAdministrationOrSync(t *testing.T) {
	b := newBox(t)
	dir := filepath.Join(t.TempDir(), "site")
	if said := b.must("", "export", "static", dir); !strings.Contains(said, "files") {
		t.Errorf("export says %q", said)
	}
	b.missing() // it needs no data
	var pages int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if found := forbidden.FindString(path[len(dir):]); found != "" {
			t.Errorf("a file is called %s", path[len(dir):])
		}
		switch filepath.Ext(path) {
		case ".html", ".js", ".css", ".json", ".webmanifest", ".svg":
			pages++
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if at := forbidden.FindIndex(text); at != nil {
				t.Errorf("%s says %q: …%s…", path[len(dir):], text[at[0]:at[1]], text[max(0, at[0]-60):min(len(text), at[1]+60)])
			}
			if at := regexp.MustCompile(`(?:src|href|action)="/(?:[^w_]|w[^/])|url\(/|"/assets/`).FindIndex(text); at != nil {
				t.Errorf("%s has an absolute address: …%s…", path[len(dir):], text[max(0, at[0]-20):min(len(text), at[1]+60)])
			}
		}
		return nil
	})
	if err != nil || pages < 6 {
		t.Errorf("%d files were read: %v", pages, err)
	}
}

func TestTheForbiddenWordsAreFoundWhereTheyBelong(t *testing.T) {
	for _, name := range []string{"cloud.js", "app.js"} {
		text, err := os.ReadFile("../../ui/static/" + name)
		if err != nil || !forbidden.Match(text) {
			t.Errorf("%s has none of them, so the test above would miss them: %v", name, err)
		}
	}
}

func TestAnExportReplacesOnlyAnExport(t *testing.T) {
	b := newBox(t)
	dir := t.TempDir() // empty
	b.must("", "export", "static", dir)
	stale := filepath.Join(dir, "assets", "stale.js")
	mark, err := os.ReadFile(filepath.Join(dir, exportMark))
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		stale:                               "old",
		filepath.Join(dir, "robots.txt"):    "mine",
		filepath.Join(dir, exportMark):      strings.Replace(string(mark), `"files": [`, `"files": ["assets/stale.js", "../outside",`, 1),
		filepath.Join(dir, "index.html"):    "torn",
		filepath.Join(dir, "..", "outside"): "not ours",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.must("", "export", "static", dir)
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("a file of the earlier export is there still: %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "robots.txt"), filepath.Join(dir, "..", "outside")} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("a file that is not of an export is gone: %v", err)
		}
	}
	if page, err := os.ReadFile(filepath.Join(dir, "index.html")); err != nil || !strings.Contains(string(page), "<!doctype html>") {
		t.Errorf("the page is %.40q: %v", page, err)
	}

	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "thesis.txt"), []byte("years"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.refused(ExitFailed, "neither empty nor an earlier export", "", "export", "static", other)
	b.refused(ExitFailed, "cannot be used", "", "export", "static", filepath.Join(other, "thesis.txt"))
	b.refused(ExitUsage, "DIR is missing", "", "export", "static")
	b.refused(ExitUsage, "a command is missing", "", "export")
}

func TestAnExportIsCalledAsTheDeploymentIs(t *testing.T) {
	b := newBox(t, "OR3_SITE_NAME=Kestrel")
	dir := filepath.Join(t.TempDir(), "site")
	b.must("", "export", "static", dir)
	for _, name := range []string{"index.html", "manifest.webmanifest"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), "Kestrel") {
			t.Errorf("%s does not say Kestrel: %v", name, err)
		}
	}
}
