package server

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every action that the program writes into the audit log has a name people
// understand: the overview shows names alone.
func TestEveryActionOfTheAuditLogHasAName(t *testing.T) {
	t.Parallel()
	constant := regexp.MustCompile(`\b[Aa]ct[A-Z][A-Za-z]* *= *"([a-z_]+\.[a-z_]+)"`)
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "tests" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, m := range constant.FindAllStringSubmatch(string(text), -1) {
			if found++; actNames[m[1]] == "" {
				t.Errorf("%s: the action %s has no name", path, m[1])
			}
		}
		return err
	})
	if err != nil || found < 25 {
		t.Errorf("%d actions were found, %v", found, err)
	}
	if got := actName("plugin.thing_done"); got != "plugin thing done" {
		t.Errorf("an action without a name is called %q", got)
	}
}
