package inspect_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/plugins/signing"
	"or3.cloud/or3/plugins/wasm/wat"
)

const text = `{"schema":1,"kind":"plugin","id":"yard","name":"Yard","version":"1.0.0","api":"1","host":">=1","runtime":{"entry":"plugin.wasm"},
"capabilities":[{"name":"ui.page","reason":"Pages."},{"name":"members.read","reason":"Names.","fields":["email"]}],
"contributes":{"pages":[{"path":"","title":"Yard"}]}}`

const module = `(module
  (import "extism:host/user" "or3_members_list" (func $list (param i64) (result i64)))
  (func $page (result i32) (i32.const 0))
  (export "or3_page" (func $page)))`

func files() map[string][]byte {
	return map[string][]byte{"or3.manifest.json": []byte(text), "plugin.wasm": wat.Compile(module)}
}

func zip(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := archive.PackFiles(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func report(t *testing.T, zip []byte, rules inspect.Rules) *inspect.Report {
	t.Helper()
	rules.Archive = archive.DefaultLimits()
	r, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), rules)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Compile(t.Context(), runtime.Options{}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAGoodPackageIsToldAsAnOwnerIsAsked(t *testing.T) {
	r := report(t, zip(t, files()), inspect.Rules{Version: "1.2.0"})
	if !r.OK() || len(r.Asks) != 2 || r.Asks[1].Risk != "high" || !strings.Contains(r.Asks[1].Words, "e-mail") || r.Asks[1].Reason != "Names." {
		t.Errorf("%+v", r)
	}
	if !slices.Equal(r.Module.Exports, []string{"or3_page"}) || !slices.Equal(r.Module.Granted, []string{"or3_members_list", "or3_log", "or3_now"}) {
		t.Errorf("%+v", r.Module)
	}
}

func TestEverythingThatIsInTheWayIsTold(t *testing.T) {
	signed := func(change func(map[string][]byte)) []byte {
		f := files()
		key, err := signing.Generate()
		if err != nil {
			t.Fatal(err)
		}
		first := zip(t, f)
		a, err := archive.Open(bytes.NewReader(first), int64(len(first)), archive.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if f[signing.Name], err = signing.Sign(key, a.Sums()); err != nil {
			t.Fatal(err)
		}
		change(f)
		return zip(t, f)
	}
	with := func(name, old, new string) []byte {
		f := files()
		if name == "plugin.wasm" {
			f[name] = wat.Compile(strings.ReplaceAll(module, old, new))
		} else {
			f[name] = []byte(strings.ReplaceAll(string(f[name]), old, new))
		}
		return zip(t, f)
	}
	for what, c := range map[string]struct {
		zip   []byte
		rules inspect.Rules
		want  []string
	}{
		"no zip":         {[]byte("yard"), inspect.Rules{}, []string{"archive/not_zip"}},
		"no manifest":    {zip(t, map[string][]byte{"README.md": []byte("yard")}), inspect.Rules{}, []string{"archive/manifest_missing"}},
		"a wrong key":    {with("or3.manifest.json", `"name":"Yard"`, `"called":"Yard"`), inspect.Rules{}, []string{"manifest/missing", "manifest/unknown_key"}},
		"another or3":    {with("or3.manifest.json", "", ""), inspect.Rules{Version: "0.9.0"}, []string{"manifest/host"}},
		"no module":      {zip(t, map[string][]byte{"or3.manifest.json": []byte(text)}), inspect.Rules{}, []string{"manifest/mismatch"}},
		"changed":        {signed(func(f map[string][]byte) { f["README.md"] = []byte("more") }), inspect.Rules{}, []string{"signing/tampered"}},
		"unsigned":       {zip(t, files()), inspect.Rules{Policy: signing.Policy{Require: true}}, []string{"signing/unsigned"}},
		"not trusted":    {signed(func(map[string][]byte) {}), inspect.Rules{Policy: signing.Policy{Require: true}}, []string{"signing/untrusted"}},
		"not asked for":  {with("plugin.wasm", "or3_members_list", "or3_notify"), inspect.Rules{}, []string{"module/import_not_granted"}},
		"no export":      {with("plugin.wasm", `(export "or3_page"`, `(export "or3_job"`), inspect.Rules{}, []string{"module/export_missing"}},
		"two at once":    {with("plugin.wasm", `"or3_`, `"or3_x_`), inspect.Rules{Version: "0.9.0"}, []string{"manifest/host", "module/export_missing", "module/import_not_granted"}},
		"does not check": {with("plugin.wasm", "(i32.const 0)", "(i64.const 0)"), inspect.Rules{}, []string{"module/malformed"}},
	} {
		t.Run(what, func(t *testing.T) {
			var got []string
			for _, f := range report(t, c.zip, c.rules).Findings {
				got = append(got, f.Code)
				if f.Message == "" {
					t.Errorf("%s says nothing", f.Code)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
