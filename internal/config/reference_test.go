package config

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the reference of keys into docs/operations.md")

func TestTheReferenceInTheDocsIsTheTableOfKeys(t *testing.T) {
	const path = "../../docs/operations.md"
	const begin, end = "<!-- keys: written by `go test ./internal/config -update` -->\n", "<!-- end of keys -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lost its marks around the keys", path)
	}
	want := before + begin + "\n" + Markdown() + "\n" + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("the keys in %s are not those of the program; run: go test ./internal/config -update", path)
	}
}
