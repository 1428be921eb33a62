//go:build linux

package fault

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	vocabulary "or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/plugins/wasm/wat"
	"or3.cloud/or3/policies"
)

// The server is killed at each step of installing a plugin, of an update, and of
// the migration that belongs to it. Whatever was left, the next start finds one
// version with its data, and the same update goes through.
func TestAServerKilledWhileAPluginIsInstalledFindsItWhole(t *testing.T) {
	all := berthSteps(t, t.TempDir(), 0)
	tried := map[string]bool{}
	for n, step := range all {
		if tried[step] {
			continue
		}
		tried[step] = true
		t.Run(fmt.Sprintf("%d %s", n+1, step), func(t *testing.T) {
			dir := t.TempDir()
			if done := berthSteps(t, dir, n+1); len(done) != n {
				t.Fatalf("it was to be killed at step %d and came to %d", n+1, len(done))
			}
			b := openBerth(t, dir, nil)
			defer b.close(t)
			b.whole(t, "after the kill")
			b.later = 10 * time.Minute // what was closed is open again
			if err := b.m.SweepTrials(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.swept(t)
			if err := b.install("2.0.0"); err != nil {
				t.Fatalf("the update once more: %v", err)
			}
			b.whole(t, "after the update")
			if title, err := b.title(t.Context()); title != "2.0.0" || err != nil {
				t.Errorf("in the end %q runs: %v", title, err)
			}
		})
	}
	for _, phase := range []string{"install ", "update ", "copying", "migrating", "writing moved", "writing well", "hook installed", "hook consented", "telling"} {
		if !slices.ContainsFunc(all, func(step string) bool { return strings.Contains(step, phase) }) {
			t.Errorf("no kill came while %s; steps: %q", phase, slices.Compact(all))
		}
	}
}

// berthSteps has a child install and update a plugin and dies at one of its steps,
// with 0 at none. It gives those it came past.
func berthSteps(t *testing.T, dir string, at int) (steps []string) {
	t.Helper()
	child := startChild(t, "plugins", dir, strconv.Itoa(at))
	for child.lines.Scan() {
		word, step, _ := strings.Cut(child.lines.Text(), " ")
		switch word {
		case "step":
			steps = append(steps, step)
		case "failed:":
			t.Fatal(child.lines.Text())
		}
	}
	return steps
}

// livePlugins is what the child does.
func livePlugins(dir, at string) error {
	kill, err := strconv.Atoi(at)
	if err != nil {
		return err
	}
	phase, n := "", 0
	var mu sync.Mutex
	step := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		if phase == "" {
			return
		}
		if n++; n == kill {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		tell("step", phase, what)
	}
	begin := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		phase = what
	}
	b, err := newBerth(context.Background(), dir, step)
	if err != nil {
		return err
	}
	begin("install")
	if err := b.install("1.0.0"); err != nil {
		return err
	}
	if title, err := b.title(context.Background()); err != nil || title != "1.0.0" {
		return fmt.Errorf("%q runs: %w", title, err)
	}
	begin("update")
	return b.install("2.0.0")
}

// berth is a node with one plugin in a workspace.
type berth struct {
	dir   string
	db    *db.DB
	audit *audit.Log
	m     *plugins.Manager
	later time.Duration
}

const (
	berthHome  = "01890000-0000-7000-8000-000000000001"
	berthOwner = "01890000-0000-7000-8000-000000000002"
)

func openBerth(t *testing.T, dir string, step func(string)) *berth {
	t.Helper()
	b, err := newBerth(t.Context(), dir, step)
	if err != nil {
		t.Fatalf("it does not start: %v", err)
	}
	return b
}

func newBerth(ctx context.Context, dir string, step func(string)) (*berth, error) {
	if step == nil {
		step = func(string) {}
	}
	d, err := db.Open(ctx, db.Options{URL: "sqlite://" + filepath.Join(dir, "or3.db"), PollEvery: -1})
	if err == nil {
		err = d.Migrate(ctx)
	}
	if err != nil {
		return nil, err
	}
	b := &berth{dir: filepath.Join(dir, "packages"), db: d}
	if _, err := db.WorkspaceByID(ctx, d.Read(), berthHome); vocabulary.Is(err, vocabulary.NotFound) {
		err = d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			const now = 1764288000000
			if err := db.InsertUser(ctx, tx, &db.User{ID: berthOwner, Email: "ines@kestrel.example", EmailKey: db.EmailKey("ines@kestrel.example"), DisplayName: "Ines", CreatedAt: now}); err != nil {
				return err
			}
			if err := db.InsertWorkspace(ctx, tx, &db.Workspace{ID: berthHome, Name: "Harbour", CreatedBy: berthOwner, CreatedAt: now}); err != nil {
				return err
			}
			if err := db.InsertMember(ctx, tx, &db.Member{WorkspaceID: berthHome, UserID: berthOwner, Role: "owner", CreatedAt: now}); err != nil {
				return err
			}
			return db.ClaimHomeWorkspace(ctx, tx, berthHome)
		})
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	// The clock is read within transactions too: a step is whatever read it.
	clock := func() time.Time {
		step("at " + caller())
		return time.Now().Add(b.later)
	}
	bus := hook.New(nil)
	plugins.HookInstalled.On(bus, hook.Options{Name: "kill"}, func(context.Context, plugins.Event) { step("hook installed") })
	plugins.HookConsented.On(bus, hook.Options{Name: "kill"}, func(context.Context, plugins.Event) { step("hook consented") })
	b.audit = audit.New(audit.Options{DB: d, Now: clock})
	o := services.Options{DB: d, Audit: b.audit, Now: clock, May: func(context.Context, *policies.Session, string, policies.Permission) error { return nil }}
	guests := services.New(o)
	guests.KV = steppedKV{guests.KV, step}
	b.m, err = plugins.Open(ctx, plugins.Options{DB: d, Bus: bus, Audit: b.audit, Now: clock, Services: guests, Begin: services.Begin,
		Data: steppedData{services.NewData(d), step}, SecretKey: strings.Repeat("k", 32), Version: "1.4.0", Dir: b.dir, Poll: -1,
		SetKV: func(_ context.Context, _, name, _ string) error {
			step("telling " + name)
			return nil
		},
		DeleteKV: func(_ context.Context, _, name string) error {
			step("telling " + name)
			return nil
		}})
	return b, err
}

// caller names what read the clock: the functions of the Manager and the services
// that led to it.
func caller() string {
	var pcs [32]uintptr
	frames := goruntime.CallersFrames(pcs[:goruntime.Callers(3, pcs[:])])
	var names []string
	for {
		f, more := frames.Next()
		if _, name, ok := strings.Cut(f.Function, "or3.cloud/or3/plugins."); ok {
			names = append(names, name)
		} else if _, name, ok := strings.Cut(f.Function, "or3.cloud/or3/internal/audit."); ok {
			names = append(names, name)
		}
		if !more || len(names) == 3 {
			return strings.Join(names, " < ")
		}
	}
}

type steppedKV struct {
	host.KV
	step func(string)
}

func (k steppedKV) Set(ctx context.Context, by host.Caller, in host.KVSet) (host.Done, error) {
	k.step("writing " + in.Key)
	defer k.step("having written " + in.Key)
	return k.KV.Set(ctx, by, in)
}

type steppedData struct {
	plugins.Data
	step func(string)
}

func (d steppedData) Copy(ctx context.Context, tx bun.IDB, from, to string) error {
	d.step("copying")
	defer d.step("having copied")
	return d.Data.Copy(ctx, tx, from, to)
}

func (d steppedData) Workspaces(ctx context.Context, q bun.IDB, name string) ([]string, error) {
	d.step("migrating")
	return d.Data.Workspaces(ctx, q, name)
}

func (d steppedData) Export(ctx context.Context, name string, w io.Writer) error {
	return d.Data.Export(ctx, name, w)
}

func (b *berth) owner() *policies.Session {
	return &policies.Session{ID: "s", Kind: policies.BrowserSession, UserID: berthOwner, Email: "ines@kestrel.example", DisplayName: "Ines"}
}

// install installs a version, agrees to it and enables it.
func (b *berth) install(version string) error {
	zip, err := berthPackage(version)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := b.m.Install(ctx, b.owner(), zip, plugins.InstallOptions{Force: true, GrantAll: true}); err != nil {
		return err
	}
	return b.m.Enable(ctx, b.owner(), "berth", berthHome)
}

func (b *berth) title(ctx context.Context) (string, error) {
	answer, err := b.m.Page(ctx, plugins.Call{Plugin: "berth", Workspace: host.Workspace{ID: berthHome, Name: "Harbour"},
		Actor: host.Actor{ID: berthOwner, Role: "owner"}, Session: b.owner(), RequestID: "r"}, host.PageInput{})
	return answer.Title, err
}

// whole holds what is stored against itself.
func (b *berth) whole(t *testing.T, when string) {
	t.Helper()
	ctx := t.Context()
	if r, err := b.audit.Verify(ctx); err != nil || !r.OK() {
		t.Errorf("%s the audit log is %+v, %v", when, r, err)
	}
	if files, err := fs.Glob(os.DirFS(b.dir), ".staging*"); err != nil || len(files) > 0 {
		t.Errorf("%s there is %v, %v", when, files, err)
	}
	p, err := b.m.Get(ctx, "berth")
	if vocabulary.Is(err, vocabulary.NotFound) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	versions, err := db.PluginVersions(ctx, b.db.Read(), "berth")
	if err != nil || len(versions) == 0 {
		t.Fatalf("%s it has the versions %v, %v", when, versions, err)
	}
	for _, v := range versions {
		if zip, err := db.PluginPackage(ctx, b.db.Read(), v.SHA256, v.SizeBytes); err != nil || int64(len(zip)) != v.SizeBytes {
			t.Errorf("%s the package of %s has %d bytes of %d, %v", when, v.Version, len(zip), v.SizeBytes, err)
		}
	}
	switch p.State {
	case plugins.StateAwaiting:
		if p.Waiting == nil || p.Active != nil {
			t.Errorf("%s it waits as %+v", when, p)
		}
		return
	case plugins.StateActive:
	default:
		t.Fatalf("%s it is %s: %s", when, p.State, p.LastError)
	}
	if on, err := b.m.Workspaces(ctx, "berth"); err != nil || len(on) == 0 {
		return // enabling it was still to come
	}
	if title, err := b.title(ctx); err != nil || title != p.Active.Version {
		t.Errorf("%s %s is the active version and %q runs: %v", when, p.Active.Version, title, err)
	}
	row, err := db.FindPlugin(ctx, b.db.Read(), "berth")
	if err != nil {
		t.Fatal(err)
	}
	has := func(key string) bool {
		_, ok, err := db.PluginValue(ctx, b.db.Read(), db.PluginSpace{Name: row.DataName, WorkspaceID: berthHome}, key, 0)
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	if moved := has("moved"); moved != (p.Active.Version == "2.0.0" && has("tide")) {
		t.Errorf("%s %s runs; that its data are migrated is %v", when, p.Active.Version, moved)
	}
}

// swept finds nothing under names that no version has.
func (b *berth) swept(t *testing.T) {
	t.Helper()
	var names []string
	err := b.db.Read().NewRaw(`SELECT name FROM plugin_data WHERE name NOT IN (SELECT data_name FROM plugins) AND name NOT IN (SELECT data_name FROM plugin_versions)
		UNION SELECT space FROM plugin_kv WHERE space NOT IN (SELECT name FROM plugin_data)
		UNION SELECT sha256 FROM plugin_parts WHERE sha256 NOT IN (SELECT sha256 FROM plugin_versions)`).Scan(t.Context(), &names)
	if err != nil || len(names) > 0 {
		t.Errorf("nobody has %v, %v", names, err)
	}
}

func (b *berth) close(t *testing.T) {
	t.Helper()
	if err := b.m.Close(); err != nil {
		t.Error(err)
	}
	if err := b.db.Close(); err != nil {
		t.Error(err)
	}
}

// berthPackage makes a version of the plugin. The first notes a tide when its page
// is asked for; the second has to migrate that, and writes when asked how it is.
func berthPackage(version string) ([]byte, error) {
	data, texts := "", 0
	place := func(text string) string {
		at := texts
		data += fmt.Sprintf("(data (i32.const %d) %q)", at, text)
		texts += len(text)
		return fmt.Sprintf("(i32.const %d) (i32.const %d)", at, len(text))
	}
	set := func(key string) string {
		return "(drop (call $kvset (call $block " + place(`{"key":"`+key+`","value":1}`) + ")))"
	}
	page := "(call $say " + place(`{"title":"`+version+`","blocks":[{"type":"divider"}]}`) + ") (i32.const 0)"
	dataVersion := 1
	more := ""
	if version == "1.0.0" {
		page = set("tide") + page
	} else {
		dataVersion = 2
		more = `(func (export "or3_migrate") (result i32) ` + set("moved") + ` (i32.const 0))
			(func (export "or3_health") (result i32) ` + set("well") + ` (i32.const 0))`
	}
	module := wat.Compile(`(module
		(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
		(import "extism:host/env" "store_u8" (func $store (param i64 i32)))
		(import "extism:host/env" "output_set" (func $out (param i64 i64)))
		(import "extism:host/user" "or3_kv_set" (func $kvset (param i64) (result i64)))
		(memory 1) ` + data + `
		(func $block (param $at i32) (param $n i32) (result i64) (local $o i64) (local $i i32)
			(local.set $o (call $alloc (i64.extend_i32_u (local.get $n))))
			(block $done (loop $next
				(br_if $done (i32.ge_u (local.get $i) (local.get $n)))
				(call $store (i64.add (local.get $o) (i64.extend_i32_u (local.get $i))) (i32.load8_u (i32.add (local.get $at) (local.get $i))))
				(local.set $i (i32.add (local.get $i) (i32.const 1)))
				(br $next)))
			(local.get $o))
		(func $say (param $at i32) (param $n i32)
			(call $out (call $block (local.get $at) (local.get $n)) (i64.extend_i32_u (local.get $n))))
		(func (export "or3_page") (result i32) ` + page + `) ` + more + `)`)
	text := fmt.Sprintf(`{"schema":1,"kind":"plugin","id":"berth","name":"Berths","version":%q,"api":"1","data_version":%d,"runtime":{"entry":"plugin.wasm"},
		"capabilities":[{"name":"ui.page","reason":"Shows berths."},{"name":"kv","reason":"Keeps them.","quota_kb":64}],"contributes":{"pages":[{"path":"","title":"Berths"}]}}`, version, dataVersion)
	var out bytes.Buffer
	err := archive.PackFiles(&out, map[string][]byte{"or3.manifest.json": []byte(text), "plugin.wasm": module, "assets/a.txt": []byte("berth")})
	return out.Bytes(), err
}
