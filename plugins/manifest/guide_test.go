package manifest_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/wire"
)

// What is said of manifests elsewhere: by the schema of the house, and by the guide.

func TestTheSchemaKnowsTheHouse(t *testing.T) {
	document := tree(t, manifest.Schema())
	defs := document["$defs"].(map[string]any)
	enum := func(v any) (words []string) {
		for _, word := range v.(map[string]any)["enum"].([]any) {
			words = append(words, word.(string))
		}
		return words
	}
	var permissions, tables []string
	for _, p := range policies.Permissions() {
		permissions = append(permissions, string(p))
	}
	for _, name := range wire.Tables() {
		tables = append(tables, string(name))
	}
	if have := sorted(enum(defs["permission"])); !slices.Equal(have, sorted(permissions)) {
		t.Errorf("the schema has the permissions %q, the house %q", have, permissions)
	}
	if have := sorted(enum(defs["tables"].(map[string]any)["items"])); !slices.Equal(have, sorted(tables)) {
		t.Errorf("the schema has the tables %q, the house %q", have, tables)
	}
	filters := document["properties"].(map[string]any)["contributes"].(map[string]any)["properties"].(map[string]any)["filters"]
	if have := enum(child(t, child(t, child(t, filters, "items"), "properties"), "name")); !slices.Equal(have, []string{policies.DecisionFilter.Name}) {
		t.Errorf("the schema has the filters %q", have)
	}
}

func sorted(words []string) []string { slices.Sort(words); return words }

func TestTheGuideNamesEveryCodeAndCapability(t *testing.T) {
	guide, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codesOf(t, "problem.go") {
		if !bytes.Contains(guide, []byte("`"+strings.TrimPrefix(code, "manifest/")+"`")) {
			t.Errorf("docs/plugins.md does not name %s", code)
		}
	}
	m, err := manifest.Parse(full(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Capabilities {
		if !bytes.Contains(guide, []byte("| `"+c.Name+"` ")) {
			t.Errorf("docs/plugins.md does not explain %s", c.Name)
		}
	}
}

// codesOf are the codes that a source declares, as constants of the type Code.
func codesOf(t *testing.T, file string) (codes []string) {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(source, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
				for _, value := range v.Values {
					code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					codes = append(codes, code)
				}
			}
		}
		return true
	})
	if !slices.Contains(codes, string(manifest.Contrast)) || !slices.Contains(codes, string(manifest.TooLarge)) {
		t.Fatalf("%s declares %v", file, codes)
	}
	return codes
}
