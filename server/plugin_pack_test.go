package server_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/wasm/wat"
)

// consolePack is a small real plugin: a page, and settings of every kind.
type consolePack struct {
	version string
	caps    string // more capabilities, each with a comma before it
	trap    bool   // its page fails
	more    string // more members of the manifest, each with a comma before it
	extra   map[string]string
}

const consoleSettings = `{"type":"object","required":["greeting"],"properties":{
	"greeting":{"type":"string","title":"Greeting","default":"Ahoy","minLength":1,"maxLength":20,"x-order":1},
	"every":{"type":"integer","title":"Minutes","minimum":5,"maximum":60,"default":15,"x-order":2},
	"loud":{"type":"boolean","title":"Loud","x-order":3},
	"tone":{"type":"string","title":"Tone","enum":["formal","plain"],"x-order":4},
	"token":{"type":"string","title":"Token","x-secret":true,"x-order":5},
	"who":{"type":"string","title":"Who","x-widget":"member","x-order":6},
	"colour":{"type":"string","title":"Colour","x-widget":"color","x-order":7},
	"days":{"type":"array","title":"Days","items":{"type":"string","enum":["mon","tue"]},"x-order":8},
	"limits":{"type":"object","title":"Limits","properties":{"day":{"type":"number","title":"A day"}},"x-order":9}}}`

func (p consolePack) zip(t testing.TB) []byte {
	t.Helper()
	version := p.version
	if version == "" {
		version = "1.0.0"
	}
	body := `(i32.const 0)`
	if p.trap {
		body = `(unreachable)`
	}
	module := wat.Compile(`(module (memory 1) (func (export "or3_page") (result i32) ` + body + `))`)
	text := fmt.Sprintf(`{"schema":1,"kind":"admin_plugin","id":"kestrel.tides","name":"Tides","version":%q,"api":"1","publisher":{"name":"H. Lindqvist"},"icon":"clock",
		"runtime":{"entry":"plugin.wasm"},"capabilities":[{"name":"ui.page","reason":"Shows the tides."}%s],"settings":%s,
		"contributes":{"pages":[{"path":"","title":"Tides"}]}%s}`, version, p.caps, consoleSettings, p.more)
	files := map[string][]byte{"or3.manifest.json": []byte(text), "plugin.wasm": module}
	for name, content := range p.extra {
		files[name] = []byte(content)
	}
	var out bytes.Buffer
	if err := archive.PackFiles(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sendPackage sends a package as the page's form does.
func sendPackage(t testing.TB, who *testkit.Client, zip []byte, fields ...string) *testkit.Response {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "tides.zip")
	if err == nil {
		_, err = part.Write(zip)
	}
	for _, name := range fields {
		if err == nil {
			err = form.WriteField(name, "on")
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return who.Do("POST", "/admin/plugins/install", form.FormDataContentType(), body.Bytes())
}

// hiddenValue reads the value of a hidden field of a page.
func hiddenValue(t testing.TB, body, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(body, `name="`+name+`" value="`)
	if !found {
		t.Fatalf("the page has no field %s", name)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
