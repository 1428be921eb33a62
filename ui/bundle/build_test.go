package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// needDexie skips a test where Dexie is not installed, and fails it where it has to be.
func needDexie(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("../../sync/client/node_modules/dexie"); err != nil {
		const why = "Dexie is not installed: run `npm ci` in sync/client"
		if slices.Contains(strings.Split(os.Getenv("OR3_TEST_REQUIRE"), ","), "node") {
			t.Fatal(why)
		}
		t.Skip("SKIP: " + why)
	}
}

// built makes every file, where Dexie is installed.
func built(t *testing.T) map[string][]byte {
	t.Helper()
	needDexie(t)
	files, err := Build("..")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The bundler takes a .js file before the .ts it was made from: one that a type
// checker left there would be built in, old as it is.
func TestNoCompiledFileStandsBesideItsSource(t *testing.T) {
	for _, folder := range []string{"../client/src", "../../sync/client/src"} {
		err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".js" {
				t.Errorf("%s stands beside its source: delete it", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The committed files must be what their sources say, byte for byte.
func TestCommittedAssetsAreFresh(t *testing.T) {
	for name, want := range built(t) {
		got, err := os.ReadFile(filepath.Join("..", "static", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("ui/static/%s does not match its sources: run go generate ./ui and commit the result", name)
		}
	}
}

func TestBuildingTwiceGivesTheSameBytes(t *testing.T) {
	first, second := built(t), built(t)
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s differs between two builds", name)
		}
	}
}

// What a browser loads before the app runs has a budget: it is paid on every
// device and every line. What comes later is bounded too.
func TestTheAppStartsWithinItsBudget(t *testing.T) {
	for _, c := range []struct {
		what   string
		files  []string
		budget int
	}{
		{"before the app of those with accounts runs", []string{"app.js", "early.js", "early_look.js", "cloud.js"}, 80_000},
		{"after it runs", []string{"more.js"}, 60_000},
		{"for files", []string{"files.js", "hash.js"}, 26_500},
		{"the app without accounts, whole", []string{"early.js", "local.js"}, 120_000},
	} {
		total := 0
		for _, name := range c.files {
			data, err := os.ReadFile(filepath.Join("..", "static", name))
			if err != nil {
				t.Fatal(err)
			}
			size := zipped(t, data)
			t.Logf("%s: %d bytes, %d compressed", name, len(data), size)
			total += size
		}
		t.Logf("%s: %d of %d bytes of scripts", c.what, total, c.budget)
		if total > c.budget {
			t.Errorf("%s: %d bytes of scripts compressed, the budget is %d", c.what, total, c.budget)
		}
	}
}

// What runs already is not loaded again with the pages that come later.
func TestNothingIsLoadedTwice(t *testing.T) {
	built(t)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	first := inputs(t, root, "cloud.js")
	for _, later := range []string{"more.js", "files.js"} {
		for input := range inputs(t, root, later) {
			if first[input] {
				t.Errorf("%s is in cloud.js and in %s: share what is needed of it in kit.ts", input, later)
			}
		}
	}
}

// inputs are the files whose text is in a bundle.
func inputs(t *testing.T, root, name string) map[string]bool {
	t.Helper()
	options, err := optionsOf(root, entries[name], name)
	if err != nil {
		t.Fatal(err)
	}
	options.Metafile = true
	var meta struct {
		Outputs map[string]struct {
			Inputs map[string]struct {
				BytesInOutput int `json:"bytesInOutput"`
			} `json:"inputs"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(api.Build(options).Metafile), &meta); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, o := range meta.Outputs {
		for input, of := range o.Inputs {
			if of.BytesInOutput > 0 {
				found[input] = true
			}
		}
	}
	if len(found) < 2 {
		t.Fatalf("%s is made of %d files", name, len(found))
	}
	return found
}

func zipped(t *testing.T, data []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
