package describe_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host/describe"
)

func TestWhatIsWrittenDownIsWhatTheTypesSay(t *testing.T) {
	schema, err := describe.Schema()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"../answer.schema.json": string(schema) + "\n", "../../../docs/plugin-language.md": describe.Tables()}
	for name, text := range describe.AssemblyScript() {
		files["../../scaffold/assemblyscript/assembly/or3/"+name] = text
	}
	for name, want := range files {
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the types say (%v): run go generate ./plugins/host/describe", name, err)
		}
	}
}

func TestEveryKeyIsExplained(t *testing.T) {
	for _, types := range [][]describe.Type{describe.Blocks(), describe.Elements(), describe.Parts()} {
		for _, typ := range types {
			for _, f := range typ.Fields {
				if f.Name == "" || f.Doc == "" || strings.HasSuffix(f.Doc, ".") {
					t.Errorf("%s.%s: %q", typ.Name, f.Name, f.Doc)
				}
			}
		}
	}
}

// The schema is made of parts that are all there.
func TestTheSchemaLeadsNowhereElse(t *testing.T) {
	schema, err := describe.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatal(err)
	}
	for _, part := range bytes.Split(schema, []byte(`"#/$defs/`))[1:] {
		name, _, _ := strings.Cut(string(part), `"`)
		if s.Defs[name] == nil {
			t.Errorf("there is no %q", name)
		}
	}
}
