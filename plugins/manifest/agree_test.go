package manifest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"or3.cloud/or3/plugins/manifest"
)

func judge(t testing.TB) func([]byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(manifest.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://or3.cloud/plugins/manifest.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://or3.cloud/plugins/manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
}

type bad struct {
	change  string // a path with a value, "path=json"; several are separated by two spaces; an empty value removes
	code    manifest.Code
	pointer string
	goOnly  bool // JSON Schema cannot say it
}

func TestTheSchemaAndParseAgree(t *testing.T) {
	schema := judge(t)
	if err := schema(full(t)); err != nil {
		t.Fatalf("the schema refuses what Parse reads: %v", err)
	}
	met := map[manifest.Code]bool{}
	for _, c := range badOnes {
		t.Run(strings.ReplaceAll(c.change, "/", "·"), func(t *testing.T) {
			b := full(t)
			m := tree(t, b)
			path, value, _ := strings.Cut(c.change, "=")
			set(t, m, path, value)
			b = encode(t, m)
			list := problems(t, b)
			met[c.code] = true
			if !slices.ContainsFunc(list, func(p manifest.Problem) bool { return p.Code == c.code && p.Pointer == c.pointer }) {
				t.Errorf("want %s at %s, have %+v", c.code, c.pointer, list)
			}
			for _, p := range list {
				if !strings.HasSuffix(p.Message, ".") || len(p.Message) > 400 {
					t.Errorf("%s is worded %q", p.Code, p.Message)
				}
			}
			if err := schema(b); err == nil != c.goOnly {
				t.Errorf("the schema alone says: %v", err)
			}
		})
	}
	for _, code := range []manifest.Code{manifest.UnknownKey, manifest.Missing, manifest.WrongType, manifest.WrongForm, manifest.Choice, manifest.Length, manifest.Range,
		manifest.Duplicate, manifest.NotHere, manifest.Character, manifest.Version, manifest.Unlike, manifest.NotAsked, manifest.BadSettings} {
		if !met[code] {
			t.Errorf("no manifest is refused with %s", code)
		}
	}
}

func set(t testing.TB, at any, path, value string) {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, part := range parts[:len(parts)-1] {
		at = child(t, at, part)
	}
	var v any
	if value != "" {
		if err := json.Unmarshal([]byte(value), &v); err != nil {
			t.Fatal(err)
		}
	}
	last := parts[len(parts)-1]
	switch node := at.(type) {
	case map[string]any:
		node[last] = v
		if value == "" {
			delete(node, last)
		}
	case []any:
		var i int
		if _, err := fmt.Sscan(last, &i); err != nil {
			t.Fatal(err)
		}
		node[i] = v
	}
}

func child(t testing.TB, at any, part string) any {
	t.Helper()
	switch node := at.(type) {
	case map[string]any:
		return node[part]
	case []any:
		var i int
		if _, err := fmt.Sscan(part, &i); err != nil {
			t.Fatal(err)
		}
		return node[i]
	}
	t.Fatalf("nothing lies at %s", part)
	return nil
}

func TestTheSchemaAndParseAgreeOnEveryChangeOfOnePlace(t *testing.T) {
	schema := judge(t)
	refused, taken := 0, 0
	try := func(m map[string]any, what string) {
		b := encode(t, m)
		list, err := problems(t, b), schema(b)
		if err != nil && len(list) == 0 {
			t.Errorf("%s: Parse takes what the schema refuses: %v", what, err)
		}
		if len(list) == 0 {
			taken++
		} else {
			refused++
		}
	}
	for _, path := range places(tree(t, full(t)), "") {
		for _, value := range []string{"", "null", "-1.5", `"x"`, `{"unknown":1}`, `["x","x"]`} {
			if value == "" && strings.ContainsAny(path[strings.LastIndex(path, "/")+1:][:1], "0123456789") {
				continue
			}
			m := tree(t, full(t))
			set(t, m, path, value)
			try(m, path+"="+value)
		}
	}
	if refused < 900 || taken < 50 {
		t.Errorf("%d refused, %d taken", refused, taken)
	}
}

func places(at any, path string) []string {
	var all []string
	switch node := at.(type) {
	case map[string]any:
		for key, v := range node {
			all = append(append(all, path+"/"+key), places(v, path+"/"+key)...)
		}
	case []any:
		for i, v := range node {
			at := fmt.Sprintf("%s/%d", path, i)
			all = append(append(all, at), places(v, at)...)
		}
	}
	return all
}
