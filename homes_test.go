package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// homes names the only rooms that may import a third party, so that it can be
// replaced, or its next vulnerability judged, by reading one folder.
var homes = map[string][]string{
	"github.com/gofiber/fiber":           {"server"},
	"github.com/valyala/fasthttp":        {"server"},
	"github.com/gofiber/template":        {"ui"},
	"github.com/casbin":                  {"policies"},
	"github.com/uptrace/bun/":            {"internal/db"},
	"github.com/ncruces":                 {"internal/db"},
	"github.com/jackc":                   {"internal/db", "tests/load"},
	"github.com/prometheus":              {"internal/telemetry"},
	"github.com/spf13":                   {"internal/cli"},
	"github.com/fsnotify":                {"internal/cli"},
	"github.com/knadh/koanf":             {"internal/config"},
	"golang.org/x/crypto/argon2":         {"internal/account"},
	"github.com/extism":                  {"plugins/runtime", "plugins/sdk"},
	"github.com/tetratelabs/wazero":      {"plugins/runtime"},
	"github.com/go-playground":           {"server"},
	"github.com/santhosh-tekuri":         {"plugins/manifest"},
	"github.com/Masterminds/semver":      {"plugins"},
	"github.com/microcosm-cc/bluemonday": {"ui"},
	"github.com/minio":                   {"storage/s3"},
	"github.com/evanw/esbuild":           {"ui"},
	"github.com/yuin/goldmark":           {"ui"},
	"github.com/anishathalye/porcupine":  {"tests/sim"},
	"github.com/hanwen/go-fuse":          {"tests/fault"},
	"github.com/Shopify/toxiproxy":       {"tests/fault"},
	"github.com/rs/zerolog":              {"tests/fault"},
}

// pins are versions below which something we measured or read about breaks.
var pins = map[string]string{
	"github.com/valyala/fasthttp":   "v1.77.0", // Fiber asks for 1.51, which can be desynchronised
	"github.com/gofiber/utils":      "v1.2.0",  // the engine of the pages asks for 1.1: GO-2025-4208
	"github.com/klauspost/compress": "v1.20.3", // earlier: GO-2026-5841
	"github.com/ncruces/go-sqlite3": "v0.36.0", // SQLite 3.54.1; below 3.51.3 WAL can corrupt
	"github.com/tetratelabs/wazero": "v1.12.0", // plugins/wasm knows the instructions of this one, and no others
}

func TestEveryThirdPartyStaysAtHome(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for party, rooms := range homes {
				if !within(path, party) {
					continue
				}
				if !slices.ContainsFunc(rooms, func(home string) bool { return within(p.folder(), home) }) {
					t.Errorf("%s imports %s, whose home is %s", p.folder(), path, strings.Join(rooms, " and "))
				}
			}
		}
	}
}

// within reports whether path is root or lies below it. A root ending in a
// slash means only what lies below.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, strings.TrimSuffix(root, "/")+"/")
}

func TestVersionsThatMatterArePinned(t *testing.T) {
	built := map[string]string{}
	out := goTool(t, "list", "-e", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "./...")
	for line := range strings.Lines(string(out)) {
		if path, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			built[path] = version
		}
	}
	for path, want := range pins {
		if got, ok := built[path]; ok && got != want {
			t.Errorf("%s is built at %s, want %s", path, got, want)
		} else if !ok {
			t.Logf("%s is not built in", path)
		}
	}
}

// Words that must not appear in the program, wherever they would compile.
var forbidden = []struct {
	words  *regexp.Regexp
	except string // the room that may
	advice string
}{
	{regexp.MustCompile(`casbin\.New\w*Cached\w*`), "", "Casbin's cached enforcers keep saying yes after a role is gone; use policies.Gate"},
	{regexp.MustCompile(`\bbun\.(?:[A-HJ-SU-Z]\w*|I[^D]\w*|T[^x]\w*)`), "internal/db", "outside internal/db only bun.IDB and bun.Tx are passed along; statements live there"},
	{regexp.MustCompile(`\.(New(Select|Insert|Update|Delete|Raw|Values|Merge)|QueryContext|ExecContext|QueryRowContext)\(`), "internal/db", "statements live in internal/db: one function, one statement"},
	{regexp.MustCompile(`\.WhereOr\(`), "", "outside a group it drops the tenant filter; write the OR inside one Where"},
	{regexp.MustCompile(`\bfunc init\(\)`), "", "nothing registers itself; server/open.go wires everything in plain sight"},
}

func TestNoFileUsesWhatIsForbidden(t *testing.T) {
	for _, p := range packages(t) {
		if within(p.folder(), "tests") {
			continue
		}
		for _, name := range p.GoFiles {
			source, err := os.ReadFile(p.Dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range forbidden {
				if f.except != "" && within(p.folder(), f.except) {
					continue
				}
				if found := f.words.Find(source); found != nil {
					t.Errorf("%s/%s: %s: %s", p.folder(), name, found, f.advice)
				}
			}
		}
	}
}
