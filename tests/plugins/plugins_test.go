// Package plugins has plugins installed, agreed to and run by people in a browser.
// Its specs use the library and the packages of tests/e2e.
package plugins

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/wasm/wat"
	"or3.cloud/or3/tests/browser"
)

func TestPeopleManagePlugins(t *testing.T) {
	dir := t.TempDir()
	writePackages(t, dir)
	browser.Run(t, "specs", "OR3_E2E_PACKAGES="+dir)
}

// writePackages writes two versions of one plugin, of which the second asks for
// more, and one that is refused.
func writePackages(t testing.TB, dir string) {
	t.Helper()
	const kv = `,{"name":"kv","reason":"Remembers the last high water.","quota_kb":64}`
	const fetch = `,{"name":"http.fetch","reason":"Asks the harbour office for the tides.","hosts":["tides.example"],"methods":["GET"]}`
	for name, manifest := range map[string]string{
		"tides-1.0.0.zip": manifestOf("1.0.0", kv),
		"tides-1.1.0.zip": manifestOf("1.1.0", kv+fetch),
		"tides-bad.zip":   manifestOf("1.2.0", `,{"name":"kv","reason":"","quota_kb":0}`),
	} {
		module := wat.Compile(`(module (memory 1) (func (export "or3_page") (result i32) (i32.const 0)))`)
		var out bytes.Buffer
		if err := archive.PackFiles(&out, map[string][]byte{"or3.manifest.json": []byte(manifest), "plugin.wasm": module}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func manifestOf(version, more string) string {
	return fmt.Sprintf(`{"schema":1,"kind":"admin_plugin","id":"kestrel.tides","name":"Tide board","version":%q,"api":"1","publisher":{"name":"H. Lindqvist"},"icon":"clock",
		"description":"High and low water for the yard.","runtime":{"entry":"plugin.wasm"},"capabilities":[{"name":"ui.page","reason":"Shows the tides."}%s],
		"settings":{"type":"object","required":["station"],"properties":{
			"station":{"type":"string","title":"Station","default":"Bergen","maxLength":40,"x-order":1},
			"every":{"type":"integer","title":"Minutes between two looks","minimum":5,"maximum":60,"default":15,"x-order":2},
			"colour":{"type":"string","title":"Colour","x-widget":"color","x-order":3},
			"key":{"type":"string","title":"Key of the harbour office","x-secret":true,"x-order":4},
			"who":{"type":"string","title":"Who is told","x-widget":"member","x-order":5}}},
		"contributes":{"pages":[{"path":"","title":"Tides"}]}}`, version, more)
}
