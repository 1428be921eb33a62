package examples_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/plugintest"
	"or3.cloud/or3/plugins/scaffold"
)

// folders of the examples: each has a manifest.
func folders(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("*", manifest.Name))
	if err != nil || len(found) < 6 {
		t.Fatalf("%v, %v", found, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func TestEveryExampleHasAPackageThatAServerTakes(t *testing.T) {
	have := folders(t)
	if ids := examples.IDs(); len(ids) != len(have) {
		t.Errorf("packages %v for the folders %v: run go generate ./plugins/examples", ids, have)
	}
	for _, id := range have {
		zip, err := examples.Package(id)
		if err != nil {
			t.Fatal(err)
		}
		r, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), inspect.Rules{Archive: archive.DefaultLimits(), Version: "dev"})
		if err != nil || !r.OK() {
			t.Errorf("%s: %v, %+v", id, err, r.Findings)
			continue
		}
		if r.Manifest.ID != id {
			t.Errorf("the folder %s holds the plugin %s", id, r.Manifest.ID)
		}
		if len(zip) > 1200<<10 {
			t.Errorf("%s has %d KiB", id, len(zip)>>10)
		}
	}
	if _, err := examples.Package("nothing"); err == nil {
		t.Error("there is a package of nothing")
	}
}

func TestEveryPackageIsBuiltOfItsSource(t *testing.T) {
	for _, dir := range folders(t) {
		if _, err := os.Stat(filepath.Join(dir, "package.json")); err == nil {
			continue // TestAnExampleInAssemblyScriptIsBuiltOfItsSource
		}
		t.Run(dir, func(t *testing.T) { same(t, dir, dir) })
	}
}

func TestAnExampleInAssemblyScriptIsBuiltOfItsSource(t *testing.T) {
	tools, err := filepath.Abs(filepath.Join("counter", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	_, missing := os.Stat(tools)
	if _, err := exec.LookPath("npm"); err != nil || missing != nil {
		why := "the compiler of AssemblyScript is not here: npm ci --prefix plugins/examples/counter"
		if slices.Contains(strings.Split(os.Getenv("OR3_TEST_REQUIRE"), ","), "node") {
			t.Fatal(why)
		}
		t.Skip("SKIP: " + why)
	}
	dir := t.TempDir()
	entries, err := os.ReadDir("counter")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch from := filepath.Join("counter", e.Name()); {
		case e.Name() == "node_modules":
			err = os.Symlink(tools, filepath.Join(dir, e.Name()))
		case e.IsDir():
			err = os.CopyFS(filepath.Join(dir, e.Name()), os.DirFS(from))
		default:
			var data []byte
			if data, err = os.ReadFile(from); err == nil {
				err = os.WriteFile(filepath.Join(dir, e.Name()), data, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	same(t, dir, "counter")
}

func TestTheExampleInAssemblyScriptIsWrittenWithWhatANewPluginHas(t *testing.T) {
	files, err := scaffold.Files("counter", "assemblyscript")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("counter", filepath.FromSlash(name)))
		if strings.HasPrefix(name, "assembly/or3/") && (err != nil || !bytes.Equal(got, want)) {
			t.Errorf("counter/%s is not what or3 plugin new writes (%v): run go generate ./plugins/examples", name, err)
		}
	}
}

// same builds a folder and holds the package against the one of an example.
func same(t *testing.T, dir, id string) {
	t.Helper()
	var said bytes.Buffer
	if err := build.Module(t.Context(), dir, os.Environ(), &said); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	built, err := build.Package(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := examples.Package(id)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built, kept) {
		t.Error("the package is another one than its source makes: run go generate ./plugins/examples")
	}
}

// The calls in testdata, with the module of the package.
func TestEveryExampleAnswersAsWrittenDown(t *testing.T) {
	for _, id := range folders(t) {
		t.Run(id, func(t *testing.T) {
			p := open(t, id)
			cases, err := filepath.Glob(filepath.Join(id, "testdata", "*.json"))
			if err != nil || len(cases) == 0 {
				t.Fatalf("%v, %v", cases, err)
			}
			for _, path := range cases {
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				c, err := plugintest.Read(text)
				if err != nil {
					t.Fatalf("%s: %v", path, err)
				}
				o, err := p.Run(t.Context(), path, c)
				if err != nil || !o.OK() {
					t.Errorf("%s: %v %s %s\n%s", path, err, o.Refused, o.Wrong, o.Diff)
				}
			}
		})
	}
}

func open(t *testing.T, id string) *plugintest.Plugin {
	t.Helper()
	zip, err := examples.Package(id)
	if err != nil {
		t.Fatal(err)
	}
	r, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), inspect.Rules{Archive: archive.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plugintest.Open(t.Context(), r.Manifest, r.Wasm(), r.Files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, p) })
	return p
}

func closed(t *testing.T, c io.Closer) {
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
