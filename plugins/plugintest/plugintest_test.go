package plugintest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/wasm/wat"
)

const text = `{"schema":1,"kind":"plugin","id":"yard","name":"Yard","version":"1.0.0","api":"1","runtime":{"entry":"plugin.wasm","timeout_ms":500},
"capabilities":[{"name":"kv","reason":"Counts.","quota_kb":1},{"name":"workspace.read","reason":"Reads.","tables":["threads"]},
{"name":"members.read","reason":"Names.","fields":["name"]},{"name":"http.fetch","reason":"Tides.","hosts":["tide.example"],"methods":["GET"]},
{"name":"events.emit","reason":"Tells."},{"name":"audit.write","reason":"Records."},{"name":"ui.page","reason":"Pages."}],
"settings":{"type":"object","properties":{"berths":{"type":"integer","default":40}}},
"contributes":{"pages":[{"path":"","title":"Yard"}]}}`

const echo = `(module
  (import "extism:host/env" "input_offset" (func $in (result i64)))
  (import "extism:host/env" "input_length" (func $len (result i64)))
  (import "extism:host/env" "output_set" (func $out (param i64 i64)))
  (func $echo (result i32) (call $out (call $in) (call $len)) (i32.const 0))
  (func $trap (result i32) (unreachable))
  (export "or3_page" (func $echo))
  (export "or3_event" (func $echo))
  (export "or3_job" (func $trap)))`

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestACallIsMadeInTheRuntimeAndItsAnswerIsJudged(t *testing.T) {
	p, err := Open(t.Context(), parsed(t), wat.Compile(echo), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	run := func(text string) Outcome {
		c, err := Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o, err := p.Run(t.Context(), text, c)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := run(`{"export":"or3_event","input":{"type":"x"}}`)
	if !strings.Contains(o.Wrong, "--update") || !strings.Contains(string(o.Got), `"berths": 40`) || !strings.Contains(string(o.Got), "Kestrel Yard") {
		t.Errorf("without an answer: %+v", o)
	}
	changed, err := Update([]byte(`{"export":"or3_event","input":{"type":"x"}}`), o.Got)
	if err != nil {
		t.Fatal(err)
	}
	if o := run(string(changed)); !o.OK() || o.Trace.Outcome != "ok" {
		t.Errorf("with its own answer: %+v", o)
	}
	if o := run(strings.Replace(string(changed), "Kestrel Yard", "Other Yard", 1)); !strings.Contains(o.Diff, `-     "name": "Other Yard"`) || !strings.Contains(o.Diff, `+     "name": "Kestrel Yard"`) {
		t.Errorf("with another answer: %+v", o)
	}
	if o := run(`{"export":"or3_page","input":{},"answer":{}}`); !strings.Contains(o.Refused, "a server would not draw this") || o.OK() {
		t.Errorf("no page: %+v", o)
	}
	if o := run(`{"export":"or3_job","input":{},"answer":{}}`); !strings.Contains(o.Wrong, "trap") || o.OK() {
		t.Errorf("a trap: %+v", o)
	}
	for _, bad := range []string{"", "{}", `{"export":"or3_page","input":{},"anwser":{}}`, `{"export":"or3_page","input":{}} {}`} {
		if _, err := Read([]byte(bad)); err == nil {
			t.Errorf("%q is a test", bad)
		}
	}
}

func TestThePlayedServerKeepsToWhatTheManifestAsksFor(t *testing.T) {
	c, err := Read([]byte(`{"export":"or3_page","input":{},"kv":{"a":1,"b":2,"c":3},"rows":{"threads":{"t1":{"title":"Tide"}},"posts":{"p1":{}}},
		"members":[{"id":"u2","name":"Bo","email":"bo@kestrel.example"},{"id":"u1","name":"Ann"}],"now":"2026-07-01T00:00:00Z","installed":["yard.tide"],
		"http":[{"url":"https://tide.example/now","body":{"m":2}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(c, parsed(t))
	long := `"` + strings.Repeat("x", 1100) + `"`
	for _, row := range []struct{ name, request, want string }{
		{"or3_kv_get", `{"key":"a"}`, `{"found":true,"value":1}`},
		{"or3_kv_list", `{"limit":2}`, `{"items":[{"key":"a","value":1},{"key":"b","value":2}],"next":"b"}`},
		{"or3_kv_list", `{"after":"b"}`, `{"items":[{"key":"c","value":3}]}`},
		{"or3_kv_set", `{"key":"d","value":` + long + `}`, `quota_exceeded`},
		{"or3_kv_delete", `{"key":"a"}`, `{}`},
		{"or3_kv_get", `{"key":"a"}`, `{"found":false}`},
		{"or3_rows_get", `{"table":"threads","id":"t1"}`, `{"found":true,"row":{"title":"Tide"}}`},
		{"or3_rows_list", `{"table":"posts"}`, `"forbidden"`},
		{"or3_rows_put", `{"table":"threads","row":{}}`, `"forbidden"`},
		{"or3_members_list", `{}`, `{"members":[{"id":"u1","name":"Ann"},{"id":"u2","name":"Bo"}]}`},
		{"or3_http_fetch", `{"url":"https://tide.example/now"}`, `"status":200`},
		{"or3_http_fetch", `{"url":"https://tide.example/other"}`, `no answer to GET`},
		{"or3_http_fetch", `{"url":"https://elsewhere.example/now"}`, `"forbidden"`},
		{"or3_http_fetch", `{"url":"https://tide.example/now","method":"POST"}`, `"forbidden"`},
		{"or3_event_emit", `{"type":"yard.full"}`, `{}`},
		{"or3_event_emit", `{"type":"dock.full"}`, `bad_request`},
		{"or3_event_emit", `{"type":"yard.Full"}`, `bad_request`},
		{"or3_event_emit", `{"type":"yard.tide.high"}`, `those of another plugin`},
		{"or3_audit", `{"action":"berth.freed","details":{"berth":4}}`, `{}`},
		{"or3_audit", `{"action":"Berth freed"}`, `bad_request`},
		{"or3_audit", `{"action":"berth.freed","details":[4]}`, `bad_request`},
		{"or3_audit", `{"action":"tide.turned"}`, `those of another plugin`},
		{"or3_now", `{}`, `{"unix_ms":1782864000000,"time_zone":"UTC"}`},
	} {
		for _, f := range host.Functions() {
			if f.Name != row.name {
				continue
			}
			answer, err := f.Call(context.Background(), s.services(), s.caller(), json.RawMessage(row.request))
			if err != nil || !strings.Contains(string(answer), row.want) {
				t.Errorf("%s %.80s: %s, %v; want %s", row.name, row.request, answer, err, row.want)
			}
		}
	}
}

// An id that is the beginning of the server's own events lends no plugin their name,
// and what is refused is not one of those that a call may say.
func TestThePlayedServerTellsOfItsOwnEventsItself(t *testing.T) {
	c, err := Read([]byte(`{"export":"or3_page","input":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := parsed(t)
	m.ID = "member"
	s := newServer(c, m)
	if _, err := s.Emit(t.Context(), s.caller(), host.Event{Type: "member.added"}); err == nil || !strings.Contains(err.Error(), "Only the server") {
		t.Errorf("a plugin told of member.added: %v", err)
	}
	for range manifest.MaxEvents { // what was refused is not counted
		if _, err := s.Emit(t.Context(), s.caller(), host.Event{Type: "member.greeted"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Emit(t.Context(), s.caller(), host.Event{Type: "member.greeted"}); err == nil || !strings.Contains(err.Error(), "at most 20") {
		t.Errorf("one too many: %v", err)
	}
	log := s.services().Audit
	if _, err := log.Write(t.Context(), s.caller(), host.AuditEntry{Action: "Berth freed"}); err == nil {
		t.Error("an entry that is no word is taken")
	}
	for range manifest.MaxAuditEntries {
		if _, err := log.Write(t.Context(), s.caller(), host.AuditEntry{Action: "berth.freed"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.Write(t.Context(), s.caller(), host.AuditEntry{Action: "berth.freed"}); err == nil || !strings.Contains(err.Error(), "at most 50") {
		t.Errorf("one entry too many: %v", err)
	}
}
