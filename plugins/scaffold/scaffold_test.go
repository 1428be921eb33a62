package scaffold_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/scaffold"
)

func files(t *testing.T, id string) map[string][]byte {
	t.Helper()
	files, err := scaffold.Files(id, "go")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestANewPluginIsCalledAsItsAuthorSaid(t *testing.T) {
	for id, name := range map[string]string{"kestrel.tide-table": "Tide table", "a1": "A1", "x_y": "X y", "kestrel.x": "X"} {
		m, err := manifest.Parse(files(t, id)[manifest.Name])
		if err != nil {
			t.Fatal(err)
		}
		if m.ID != id || m.Name != name {
			t.Errorf("%s is called %s, %q", id, m.ID, m.Name)
		}
	}
	for _, id := range []string{"", "a", "Tides", "a b", "..", "a..b", "a.", ".a", "a/b", `a"b`, strings.Repeat("a", 65)} {
		if _, err := scaffold.Files(id, "go"); err == nil {
			t.Errorf("%q became a plugin", id)
		}
	}
	if _, err := scaffold.Files("tides", "cobol"); err == nil {
		t.Error("there is a template for cobol")
	}
}

func TestANewPluginInAssemblyScriptHasAPinnedCompiler(t *testing.T) {
	files, err := scaffold.Files("kestrel.tides", "assemblyscript")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(files[manifest.Name])
	if err != nil || m.ID != "kestrel.tides" || m.Runtime == nil || !m.Runtime.WASI {
		t.Errorf("%+v, %v: without wasi nobody calls _initialize", m, err)
	}
	for name, words := range map[string]string{
		"package.json":           `"assemblyscript": "0.28.20"`,
		"package-lock.json":      "sha512-5PM7GZpvcLypHcLmi30aP8mqm5HjU",
		"assembly/index.ts":      "export function or3_page(): i32",
		"assembly/or3/host.ts":   `@external("extism:host/user", "or3_kv_get")`,
		"assembly/or3/blocks.ts": "export class Heading extends Block",
		".gitignore":             "node_modules/",
	} {
		if !strings.Contains(string(files[name]), words) {
			t.Errorf("%s has no %q", name, words)
		}
	}
	for name, text := range files {
		if strings.HasSuffix(name, ".tmpl") || bytes.Contains(text, []byte("<%")) {
			t.Errorf("%s is not filled in", name)
		}
	}
}

func TestTheSDKLiesBesideThePluginWithoutTestsAndNeedsNothingElse(t *testing.T) {
	folders := map[string]bool{}
	for name, text := range files(t, "tides") {
		below, of := strings.CutPrefix(name, scaffold.SDK+"/plugins/")
		if !of {
			continue
		}
		folders[below[:strings.IndexByte(below, '/')]] = true
		if strings.HasSuffix(name, "_test.go") || bytes.Contains(text, []byte("go:embed")) {
			t.Errorf("%s is not for guests", name)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range file.Imports {
			path, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && path != "or3.cloud/or3/plugins/host" && path != "github.com/extism/go-pdk" {
				t.Errorf("%s imports %s, which a plugin does not have", name, path)
			}
		}
	}
	if !folders["host"] || !folders["sdk"] || len(folders) != 2 {
		t.Errorf("beside a plugin lie %v", folders)
	}
}

func TestANewPluginIsBuiltWithOurVersions(t *testing.T) {
	ours := map[string]bool{}
	for _, name := range []string{"../../go.mod", "../../go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			ours[strings.TrimPrefix(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "// indirect")), "require ")] = true
		}
	}
	made := files(t, "tides")
	for _, name := range []string{"go.mod", "go.sum", scaffold.SDK + "/go.mod", scaffold.SDK + "/go.sum"} {
		for line := range strings.Lines(string(made[name])) {
			line = strings.TrimPrefix(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(line), "// indirect")), "require ")
			if (strings.HasPrefix(line, "go ") || strings.HasPrefix(line, "github.com/")) && !ours[line] {
				t.Errorf("%s has %q, and we do not", name, line)
			}
		}
		if len(made[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
}
