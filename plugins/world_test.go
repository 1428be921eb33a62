package plugins_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/plugins/wasm/wat"
	"or3.cloud/or3/policies"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// yard is a database with people, and one node's Manager over it.
type yard struct {
	t     testing.TB
	db    *db.DB
	audit *audit.Log
	m     *plugins.Manager
	opts  plugins.Options
	store *store
	owner *policies.Session
	home  string

	mu    sync.Mutex
	now   time.Time
	kv    map[string]string // by workspace and name
	fired []string
	last  map[string]any
}

func newYard(t testing.TB, d *db.DB, change ...func(*plugins.Options)) *yard {
	t.Helper()
	y := &yard{t: t, db: d, now: noon, kv: map[string]string{}, last: map[string]any{}, store: newStore()}
	y.audit = audit.New(audit.Options{DB: d, Now: y.clock})
	y.opts = plugins.Options{DB: d, Bus: hook.New(nil), Audit: y.audit, Now: y.clock, SetKV: y.setKV, DeleteKV: y.deleteKV, Services: host.Services{KV: y.store}, Data: y.store,
		SecretKey: strings.Repeat("k", 32), Version: "1.4.0", Dir: t.TempDir(), Poll: 20 * time.Millisecond,
		// Only tests about time run out of it.
		Runtime: runtime.Options{Budgets: runtime.Budgets{Page: time.Minute, Widget: time.Minute, Filter: time.Minute}, Create: time.Minute}}
	for _, c := range change {
		c(&y.opts)
	}
	for _, h := range []hook.Action[plugins.Event]{plugins.HookInstalled, plugins.HookConsented, plugins.HookRefused, plugins.HookRolledBack, plugins.HookStopped,
		plugins.HookStarted, plugins.HookUninstalled, plugins.HookReinstated, plugins.HookPurged} {
		listen(y, h)
	}
	for _, h := range []hook.Action[plugins.PlacedEvent]{plugins.HookEnabled, plugins.HookDisabled, plugins.HookSettingsChanged, plugins.HookQuarantined, plugins.HookReleased} {
		listen(y, h)
	}
	y.owner = y.person("Ines")
	y.home = y.workspace("Home", y.owner)
	y.write(func(ctx context.Context, tx bun.Tx) error { return db.ClaimHomeWorkspace(ctx, tx, y.home) })
	y.m = y.open(y.opts)
	return y
}

// open opens a Manager and closes it with the test.
func (y *yard) open(o plugins.Options) *plugins.Manager {
	y.t.Helper()
	m, err := plugins.Open(y.t.Context(), o)
	y.must(err)
	y.t.Cleanup(func() { y.must(m.Close()) })
	return m
}

func listen[T any](y *yard, h hook.Action[T]) {
	h.On(y.opts.Bus, hook.Options{Name: "test"}, func(_ context.Context, payload T) {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.fired = append(y.fired, strings.TrimPrefix(h.Name, "admin.plugin:action:"))
		y.last[h.Name] = payload
	})
}

// hooks gives what was fired since it was asked last.
func (y *yard) hooks() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	defer func() { y.fired = nil }()
	return strings.Join(y.fired, " ")
}

func (y *yard) clock() time.Time {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.now
}

func (y *yard) pass(d time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.now = y.now.Add(d)
}

func (y *yard) setKV(_ context.Context, workspaceID, name, value string) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kv[workspaceID+" "+name] = value
	return nil
}

func (y *yard) deleteKV(_ context.Context, workspaceID, name string) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kv[workspaceID+" "+name] = tombstone
	return nil
}

// tombstone stands for a synced row that was deleted.
const tombstone = "(deleted)"

func (y *yard) synced(workspaceID, name string) string {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.kv[workspaceID+" "+name]
}

func (y *yard) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

func (y *yard) write(fn func(ctx context.Context, tx bun.Tx) error) {
	y.t.Helper()
	y.must(y.db.Write(y.t.Context(), fn))
}

func (y *yard) person(name string) *policies.Session {
	y.t.Helper()
	email := strings.ToLower(name) + "@kestrel.example"
	u := db.User{ID: uuid.Must(uuid.NewV7()).String(), Email: email, EmailKey: db.EmailKey(email), DisplayName: name, CreatedAt: noon.UnixMilli()}
	y.write(func(ctx context.Context, tx bun.Tx) error { return db.InsertUser(ctx, tx, &u) })
	return &policies.Session{ID: "s-" + u.ID, Kind: policies.BrowserSession, UserID: u.ID, Email: email, DisplayName: name}
}

func (y *yard) workspace(name string, owner *policies.Session) string {
	y.t.Helper()
	w := db.Workspace{ID: uuid.Must(uuid.NewV7()).String(), Name: name, CreatedBy: owner.UserID, CreatedAt: noon.UnixMilli()}
	y.write(func(ctx context.Context, tx bun.Tx) error {
		if err := db.InsertWorkspace(ctx, tx, &w); err != nil {
			return err
		}
		return db.InsertMember(ctx, tx, &db.Member{WorkspaceID: w.ID, UserID: owner.UserID, Role: "owner", CreatedAt: noon.UnixMilli()})
	})
	return w.ID
}

// acts are the entries of the audit log, the oldest first.
func (y *yard) acts() []audit.Stored {
	y.t.Helper()
	page, err := y.audit.List(y.t.Context(), audit.Filter{Action: "plugin.", Limit: 200})
	y.must(err)
	for i, j := 0, len(page.Entries)-1; i < j; i, j = i+1, j-1 {
		page.Entries[i], page.Entries[j] = page.Entries[j], page.Entries[i]
	}
	return page.Entries
}

// pack is a plugin for tests: a manifest and a module of a few lines.
type pack struct {
	id, version, name string
	caps              []string // of capability, JSON
	settings          string
	dataVersion       int
	replaces          string
	page              string // the body of or3_page; "" says the version
	health, migrate   string // bodies; "" exports none
	job               string
	event             string // told of yard.tide
	filter            string // of decisions; on_error is deny
	assets            map[string]string
	sign              func(files map[string][]byte)
}

func capability(name, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"name":%q,"reason":"For tests."%s}`, name, more)
}

var (
	uiPage = capability("ui.page", "")
	kvCap  = capability("kv", `"quota_kb":64`)
)

// titled is the answer of a page that is found again by its title.
func titled(title string) string { return `{"title":"` + title + `","blocks":[{"type":"divider"}]}` }

const trap = `(unreachable)`

// say answers with a text that stands in the guest's memory.
func say(text string) string { return "(call $say " + place(text) + ") (i32.const 0)" }

// place is where in its memory a guest finds a text, and how long it is; the
// module puts it there.
func place(text string) string { return "\x00" + strconv.Quote(text) + "\x00" }

// set writes a key with the host function.
func set(key, value string) string {
	return "(drop (call $kvset (call $block " + place(fmt.Sprintf(`{"key":%q,"value":%s}`, key, value)) + ")))"
}

// keep writes down what the guest was called with, under the name of the export.
func keep(export string) string {
	return "(call $keep " + place(fmt.Sprintf(`{"key":%q,"value":`, export)) + ")"
}

func (p pack) defaults() pack {
	if p.id == "" {
		p.id = "yard"
	}
	if p.version == "" {
		p.version = "1.0.0"
	}
	if p.name == "" {
		p.name = "Yard"
	}
	if p.caps == nil {
		p.caps = []string{uiPage}
	}
	if p.page == "" {
		p.page = say(titled(p.version))
	}
	return p
}

func (p pack) module() []byte {
	kv := ""
	if strings.Contains(strings.Join(p.caps, ""), `"kv"`) {
		kv = `(import "extism:host/user" "or3_kv_set" (func $kvset (param i64) (result i64)))
		(import "extism:host/user" "or3_kv_get" (func $kvget (param i64) (result i64)))
		(import "extism:host/env" "input_load_u8" (func $inbyte (param i64) (result i32)))
		(func $keep (param $at i32) (param $n i32) (local $o i64) (local $i i64)
			(local.set $o (call $alloc (i64.add (i64.add (i64.extend_i32_u (local.get $n)) (call $inlen)) (i64.const 1))))
			(block $done (loop $next
				(br_if $done (i64.ge_u (local.get $i) (i64.extend_i32_u (local.get $n))))
				(call $store (i64.add (local.get $o) (local.get $i)) (i32.load8_u (i32.add (local.get $at) (i32.wrap_i64 (local.get $i)))))
				(local.set $i (i64.add (local.get $i) (i64.const 1)))
				(br $next)))
			(local.set $o (i64.add (local.get $o) (i64.extend_i32_u (local.get $n))))
			(local.set $i (i64.const 0))
			(block $done (loop $next
				(br_if $done (i64.ge_u (local.get $i) (call $inlen)))
				(call $store (i64.add (local.get $o) (local.get $i)) (call $inbyte (local.get $i)))
				(local.set $i (i64.add (local.get $i) (i64.const 1)))
				(br $next)))
			(call $store (i64.add (local.get $o) (call $inlen)) (i32.const 125))
			(drop (call $kvset (i64.sub (local.get $o) (i64.extend_i32_u (local.get $n))))))`
	}
	if strings.Contains(strings.Join(p.caps, ""), `"events.emit"`) {
		kv += `(import "extism:host/user" "or3_event_emit" (func $emit (param i64) (result i64)))`
	}
	text := `(module
	(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
	(import "extism:host/env" "store_u8" (func $store (param i64 i32)))
	(import "extism:host/env" "length" (func $len (param i64) (result i64)))
	(import "extism:host/env" "input_length" (func $inlen (result i64)))
	(import "extism:host/env" "output_set" (func $out (param i64 i64)))` + kv + `
	(memory 1)
	(func $block (param $at i32) (param $n i32) (result i64) (local $o i64) (local $i i32)
		(local.set $o (call $alloc (i64.extend_i32_u (local.get $n))))
		(block $done (loop $next
			(br_if $done (i32.ge_u (local.get $i) (local.get $n)))
			(call $store (i64.add (local.get $o) (i64.extend_i32_u (local.get $i))) (i32.load8_u (i32.add (local.get $at) (local.get $i))))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br $next)))
		(local.get $o))
	(func $say (param $at i32) (param $n i32)
		(call $out (call $block (local.get $at) (local.get $n)) (i64.extend_i32_u (local.get $n))))`
	for export, body := range map[string]string{"or3_page": p.page, "or3_health": p.health, "or3_migrate": p.migrate, "or3_job": p.job, "or3_event": p.event, "or3_filter": p.filter} {
		if body != "" {
			text += fmt.Sprintf("\n(func (export %q) (result i32) (local $a i64) %s)", export, body)
		}
	}
	parts := strings.Split(text, "\x00")
	at, data := 0, ""
	for i := 1; i < len(parts); i += 2 {
		words, err := strconv.Unquote(parts[i])
		if err != nil {
			panic(err)
		}
		data += fmt.Sprintf("\n(data (i32.const %d) %q)", at, words)
		parts[i] = fmt.Sprintf("(i32.const %d) (i32.const %d)", at, len(words))
		at += len(words)
	}
	return wat.Compile(strings.Join(parts, "") + data + ")")
}

func (p pack) manifest() string {
	p = p.defaults()
	m := fmt.Sprintf(`{"schema":1,"kind":"plugin","id":%q,"name":%q,"version":%q,"api":"1","publisher":{"name":"Kestrel"},"runtime":{"entry":"plugin.wasm"},"capabilities":[%s]`,
		p.id, p.name, p.version, strings.Join(p.caps, ","))
	if p.dataVersion > 0 {
		m += fmt.Sprintf(`,"data_version":%d`, p.dataVersion)
	}
	if p.replaces != "" {
		m += fmt.Sprintf(`,"replaces":[%q]`, p.replaces)
	}
	if p.settings != "" {
		m += `,"settings":` + p.settings
	}
	contributes := `"pages":[{"path":"","title":"Yard"}]`
	if p.job != "" {
		contributes += `,"schedules":[{"id":"tides","every_s":60}]`
	}
	if p.event != "" {
		contributes += `,"events":["yard.tide"]`
	}
	if p.filter != "" {
		contributes += `,"filters":[{"name":"auth.access:filter:decision","on_error":"deny"}]`
	}
	return m + `,"contributes":{` + contributes + `}}`
}

func (p pack) zip(t testing.TB) []byte {
	t.Helper()
	p = p.defaults()
	files := map[string][]byte{"or3.manifest.json": []byte(p.manifest()), "plugin.wasm": p.module()}
	for name, content := range p.assets {
		files["assets/"+name] = []byte(content)
	}
	if p.sign != nil {
		p.sign(files)
	}
	var out bytes.Buffer
	if err := archive.PackFiles(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (y *yard) install(p pack, o plugins.InstallOptions) (plugins.Installed, error) {
	y.t.Helper()
	zip := p.zip(y.t)
	return y.m.Install(y.t.Context(), y.owner, zip, o)
}

// runs installs a plugin, agrees to all it asks for and enables it at home.
func (y *yard) runs(p pack) plugins.Plugin {
	y.t.Helper()
	got, err := y.install(p, plugins.InstallOptions{GrantAll: true, Force: true})
	y.must(err)
	y.must(y.m.Enable(y.t.Context(), y.owner, got.Plugin.ID, y.home))
	return got.Plugin
}

func (y *yard) call(id string) plugins.Call {
	return plugins.Call{Plugin: id, Workspace: host.Workspace{ID: y.home, Name: "Home"}, Actor: host.Actor{ID: y.owner.UserID, Role: "owner"}, Session: y.owner, RequestID: "r1"}
}

// title asks for the plugin's page and gives its title, which is the version.
func (y *yard) title(m *plugins.Manager, id string) (string, error) {
	answer, err := m.Page(y.t.Context(), y.call(id), host.PageInput{})
	return answer.Title, err
}

// until waits for something that happens beside.
func (y *yard) until(what string, ok func() bool) {
	y.t.Helper()
	again, end := time.NewTicker(5*time.Millisecond), time.After(30*time.Second)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-end:
			y.t.Fatalf("it never came to this: %s", what)
		}
	}
}

// secondOwner is another owner of the home workspace.
func (y *yard) secondOwner(name string) *policies.Session {
	y.t.Helper()
	p := y.person(name)
	y.write(func(ctx context.Context, tx bun.Tx) error {
		return db.InsertMember(ctx, tx, &db.Member{WorkspaceID: y.home, UserID: p.UserID, Role: "owner", CreatedAt: noon.UnixMilli()})
	})
	return p
}
