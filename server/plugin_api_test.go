package server_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/wasm/wat"
	"or3.cloud/or3/sync/wire"
)

// buoy is a plugin whose page says its version; more are capabilities.
func buoy(t *testing.T, version, more string) []byte {
	t.Helper()
	return buoyWith(t, version, more, "")
}

// buoyWith also has contributions.
func buoyWith(t *testing.T, version, more, contributes string) []byte {
	t.Helper()
	answer := fmt.Sprintf(`{"title":"Buoy %s","blocks":[{"type":"divider"}]}`, version)
	module := fmt.Sprintf(`(module
	(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
	(import "extism:host/env" "store_u8" (func $store (param i64 i32)))
	(import "extism:host/env" "output_set" (func $out (param i64 i64)))
	(memory 1) (data (i32.const 0) %q)
	(func (export "or3_page") (result i32) (local $o i64) (local $i i32)
		(local.set $o (call $alloc (i64.const %d)))
		(block $done (loop $next
			(br_if $done (i32.ge_u (local.get $i) (i32.const %d)))
			(call $store (i64.add (local.get $o) (i64.extend_i32_u (local.get $i))) (i32.load8_u (local.get $i)))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br $next)))
		(call $out (local.get $o) (i64.const %d)) (i32.const 0))
	(func (export "or3_widget") (result i32) (i32.const 1)))`, answer, len(answer), len(answer), len(answer))
	text := fmt.Sprintf(`{"schema":1,"kind":"plugin","id":"kestrel.buoy","name":"Buoy","version":%q,"api":"1","runtime":{"entry":"plugin.wasm"},
	"capabilities":[{"name":"ui.page","reason":"Shows the buoys."}%s],
	"settings":{"type":"object","properties":{"limit":{"type":"integer","default":3,"minimum":1},"token":{"type":"string","x-secret":true}}},
	"contributes":{"pages":[{"path":"","title":"Buoys"}]%s}}`, version, more, contributes)
	var zip bytes.Buffer
	must(t, archive.PackFiles(&zip, map[string][]byte{"or3.manifest.json": []byte(text), "plugin.wasm": wat.Compile(module)}))
	return zip.Bytes()
}

func install(t *testing.T, who *testkit.Client, zip []byte, fields ...string) *testkit.Response {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "buoy.zip")
	must(t, err)
	_, err = part.Write(zip)
	must(t, err)
	for i := 0; i < len(fields); i += 2 {
		must(t, form.WriteField(fields[i], fields[i+1]))
	}
	must(t, form.Close())
	return who.Do("POST", "/api/admin/plugins/install", form.FormDataContentType(), body.Bytes())
}

func TestAPluginIsInstalledAgreedToEnabledSetAndTakenAway(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner, editor, viewer := app.As(app.Owner), app.As(app.Editor), app.As(app.Viewer)
		const at = "/api/admin/plugins/kestrel.buoy"
		one := buoy(t, "1.0.0", "")
		for _, who := range []*testkit.Client{editor, viewer} {
			install(t, who, one).Is(403)
		}
		r := install(t, owner, one).Is(202)
		sha := r.Text("sha256")
		if r.Text("state") != "awaiting_consent" || !strings.Contains(r.Body, `"words"`) || !strings.Contains(r.Body, "Shows the buoys.") {
			t.Errorf("what waits is told as %s", r.Body)
		}
		install(t, owner, one).Is(202)
		consent := func(sha string) map[string]any {
			return map[string]any{"version": "1.0.0", "sha256": sha, "grant": "all"}
		}
		editor.JSON("POST", at+"/consent", consent(sha)).Is(403)
		owner.JSON("POST", at+"/consent", consent(strings.Repeat("0", 64))).Is(409)
		owner.JSON("POST", at+"/consent", map[string]any{"version": "1.0.0", "sha256": sha, "grant": "some"}).Is(422)
		if r := owner.JSON("POST", at+"/consent", consent(sha)).Is(200); r.Text("state") != "active" || r.Text("version") != "1.0.0" {
			t.Errorf("after consent %s", r.Body)
		}
		if r := install(t, owner, one).Is(200); !strings.Contains(r.Body, `"unchanged":true`) {
			t.Errorf("the same bytes: %s", r.Body)
		}
		place := map[string]any{"workspace_id": app.Harbour}
		editor.JSON("POST", at+"/enable", place).Is(403)
		owner.JSON("POST", at+"/enable", map[string]any{"workspace_id": app.Elsewhere}).Is(404)
		owner.JSON("POST", at+"/enable", place).Is(200)
		pull := viewer.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1000}).Is(200)
		if !strings.Contains(pull.Body, `plugins.enabled`) || !strings.Contains(pull.Body, `[\"kestrel.buoy\"]`) {
			t.Errorf("devices are not told: %s", pull.Body)
		}
		app.Browser(app.Viewer).Open("/w/"+app.Harbour+"/x/kestrel.buoy", 200).Says("Buoy 1.0.0")

		set := at + "/settings?workspace_id=" + app.Harbour
		if r := owner.JSON("PUT", set, map[string]any{"settings": map[string]any{"limit": 0}}).Is(422); !strings.Contains(r.Body, `"limit"`) {
			t.Errorf("what is wrong is told as %s", r.Body)
		}
		owner.JSON("PUT", set, map[string]any{"settings": map[string]any{"limit": 7, "token": "hunter2"}}).Is(200)
		owner.JSON("PUT", set, map[string]any{"settings": map[string]any{"limit": 8, "token": "******"}}).Is(200)
		if r := editor.Get(set).Is(200); strings.Contains(r.Body, "hunter2") || !strings.Contains(r.Body, `"******"`) || !strings.Contains(r.Body, `"limit":8`) {
			t.Errorf("settings are told as %s", r.Body)
		}
		editor.JSON("PUT", set, map[string]any{"settings": map[string]any{}}).Is(403)
		pull = viewer.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1000}).Is(200)
		if !strings.Contains(pull.Body, `plugins.settings.kestrel.buoy`) || strings.Contains(pull.Body, "hunter2") || strings.Contains(pull.Body, "token\\\"") {
			t.Errorf("devices are told of settings as %s", pull.Body)
		}

		two := buoy(t, "2.0.0", `,{"name":"kv","reason":"Counts.","quota_kb":8}`)
		install(t, owner, two).Is(409)
		if r := install(t, owner, two, "force", "true").Is(202); !strings.Contains(r.Body, `"move":"new"`) {
			t.Errorf("what is asked beyond is told as %s", r.Body)
		}
		app.Browser(app.Viewer).Open("/w/"+app.Harbour+"/x/kestrel.buoy", 200).Says("Buoy 1.0.0")
		install(t, owner, two, "force", "true", "grant", "all").Is(200)
		app.Browser(app.Viewer).Open("/w/"+app.Harbour+"/x/kestrel.buoy", 200).Says("Buoy 2.0.0")
		if r := owner.JSON("POST", at+"/rollback", map[string]any{}).Is(200); r.Text("version") != "1.0.0" {
			t.Errorf("rolled back to %s", r.Body)
		}
		if r := install(t, owner, []byte("PK no zip"), "grant", "all").Is(422); !strings.HasPrefix(r.Text("error.fields.archive"), "archive/") {
			t.Errorf("a refused package is told as %s", r.Body)
		}
		owner.JSON("POST", at+"/disable", place).Is(200)
		app.As(app.Viewer).Get("/w/" + app.Harbour + "/x/kestrel.buoy").Is(404)
		editor.Do("DELETE", at, "", nil).Is(403)
		owner.Do("DELETE", at, "", nil).Is(200)
		if r := owner.Get("/api/admin/plugins").Is(200); !strings.Contains(r.Body, `"uninstalled"`) {
			t.Errorf("listed as %s", r.Body)
		}
		viewer.Get("/api/plugins/manifest.schema.json").Is(200).Says("$schema")
		log := owner.Get("/api/admin/audit?action=plugin.&limit=200").Is(200)
		for _, action := range []string{"installed", "consented", "enabled", "disabled", "settings_changed", "rolled_back", "uninstalled"} {
			if !strings.Contains(log.Body, `"plugin.`+action+`"`) {
				t.Errorf("the audit log lacks plugin.%s", action)
			}
		}
		if !strings.Contains(log.Body, `"refused"`) || strings.Contains(log.Body, "hunter2") {
			t.Errorf("the audit log has %s", log.Body)
		}
	})
}

// Owners of another workspace are told what a plugin may do where they switch it
// on, and not what the server's owners did not grant or have yet to agree to.
func TestOwnersOfOtherWorkspacesSeeWhatTheyCanSwitchOn(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	owner, other := app.As(app.Owner), app.As(app.Stranger)
	install(t, owner, buoy(t, "1.0.0", `,{"name":"kv","reason":"Counts.","quota_kb":8}`), "grant", "ui.page").Is(201)
	install(t, owner, buoy(t, "2.0.0", `,{"name":"notify.send","reason":"Tells."}`), "force", "true").Is(202)
	const list = "/api/admin/plugins?workspace_id="
	r := other.Get(list + app.Elsewhere).Is(200).Says("Shows the buoys.").Says(`"version":"1.0.0"`)
	for _, word := range []string{"Counts.", "Tells.", "2.0.0", app.Harbour} {
		if strings.Contains(r.Body, word) {
			t.Errorf("they are told of %s: %s", word, r.Body)
		}
	}
	other.Get(list + app.Harbour).Is(404)
	owner.Get(list + app.Harbour).Is(200).Says("Counts.").Says("2.0.0")
}

// The contract lists the way back without a body, as curl -X POST sends it.
func TestGoingBackNeedsNoBody(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	owner := app.As(app.Owner)
	const back = "/api/admin/plugins/kestrel.buoy/rollback"
	for _, version := range []string{"1.0.0", "2.0.0"} {
		install(t, owner, buoy(t, version, ""), "force", "true", "grant", "all")
	}
	if r := owner.Do("POST", back, "", nil).Is(200); r.Text("version") != "1.0.0" {
		t.Errorf("without a body it goes back to %s", r.Text("version"))
	}
	install(t, owner, buoy(t, "3.0.0", ""), "force", "true", "grant", "all").Is(200)
	if r := owner.Do("POST", back, "application/json", nil).Is(200); r.Text("version") != "1.0.0" {
		t.Errorf("with a media type and nothing else it goes back to %s", r.Text("version"))
	}
	owner.Do("POST", back, "text/plain", []byte("2.0.0")).Is(415)
	owner.Do("POST", "/api/workspaces", "application/json", nil).Is(400)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(app.Nobody().Get("/api/openapi.json").Body))
	must(t, err)
	if doc.Paths.Find("/api/admin/plugins/{plugin}/rollback").Post.RequestBody.Value.Required || !doc.Paths.Find("/api/workspaces").Post.RequestBody.Value.Required {
		t.Error("the description is wrong about which body is needed")
	}
}

func TestTheStatusCountsWhatIsInstalled(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	owner := app.As(app.Owner)
	counts := func(want, when string) {
		t.Helper()
		if got := owner.Get("/api/admin/status").Is(200).Text("plugins.installed"); got != want {
			t.Errorf("%s: %s are installed, want %s", when, got, want)
		}
	}
	counts("0", "at first")
	install(t, owner, buoy(t, "1.0.0", ""), "grant", "all").Is(201)
	counts("1", "with one")
	owner.Do("DELETE", "/api/admin/plugins/kestrel.buoy", "", nil).Is(200)
	counts("0", "when it is uninstalled")
}

// What a plugin stored goes everywhere, from devices too, and what is set for one
// that comes under the same name is seen there.
func TestAPurgedPluginsSettingsLeaveTheDevices(t *testing.T) {
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		owner := app.As(app.Owner)
		const at, row = "/api/admin/plugins/kestrel.buoy", "plugins.settings.kestrel.buoy"
		last := func() (op, payload string) {
			t.Helper()
			var pulled wire.PullResponse
			owner.JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1000}).Is(200).Into(&pulled)
			for _, c := range pulled.Changes {
				if c.PK == row {
					op, payload = string(c.Op), string(c.Payload)
				}
			}
			return op, payload
		}
		set := func(limit int) {
			t.Helper()
			install(t, owner, buoy(t, "1.0.0", ""), "grant", "all").Is(201)
			owner.JSON("PUT", at+"/settings?workspace_id="+app.Harbour, map[string]any{"settings": map[string]any{"limit": limit}}).Is(200)
		}
		set(7)
		if op, payload := last(); op != "put" || !strings.Contains(payload, `7`) {
			t.Errorf("devices are told %s %s", op, payload)
		}
		owner.Do("DELETE", at, "", nil).Is(200)
		owner.Do("POST", at+"/purge", "", nil).Is(200)
		if op, payload := last(); op != "delete" || payload != "" {
			t.Errorf("after the purge devices are told %s %s", op, payload)
		}
		set(9)
		if op, payload := last(); op != "put" || !strings.Contains(payload, `9`) {
			t.Errorf("of the next one devices are told %s %s", op, payload)
		}
	})
}
