package plugins_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
)

func TestStoredDataAreMigratedInACopyAndGoingBackFindsThemAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		caps := []string{uiPage, kvCap}
		y.runs(pack{caps: caps, dataVersion: 1, page: set("tide", `"high"`) + say(titled("1.0.0"))})
		if _, err := y.title(y.m, "yard"); err != nil {
			t.Fatal(err)
		}
		one := y.dataName("yard")
		two := pack{version: "2.0.0", caps: caps, dataVersion: 2, migrate: trap}
		if _, err := y.install(two, plugins.InstallOptions{Force: true}); !fault.Is(err, fault.Conflict) {
			t.Fatalf("a migration that fails: %v", err)
		}
		if title, err := y.title(y.m, "yard"); title != "1.0.0" || y.dataName("yard") != one || len(y.store.names()) != 1 {
			t.Errorf("after a migration that failed %q runs (%v) on %v", title, err, y.store.names())
		}
		if p, _ := y.m.Get(t.Context(), "yard"); !strings.Contains(p.LastError, "2.0.0") || p.Waiting == nil {
			t.Errorf("it is told as %+v", p)
		}
		two.version, two.migrate = "2.0.1", set("moved", "true")+"(i32.const 0)"
		_, err := y.install(two, plugins.InstallOptions{Force: true})
		y.must(err)
		if title, err := y.title(y.m, "yard"); title != "2.0.1" {
			t.Errorf("%q runs: %v", title, err)
		}
		if got := y.store.all(y.dataName("yard"), y.home); got != `{"moved":true,"tide":"high"}` {
			t.Errorf("migrated to %s", got)
		}
		if got := y.store.all(one, y.home); got != `{"tide":"high"}` {
			t.Errorf("the original became %s", got)
		}
		p, err := y.m.Rollback(t.Context(), y.owner, "yard", "")
		y.must(err)
		if p.Active.Version != "1.0.0" || y.dataName("yard") != one {
			t.Errorf("back at %s on %s", p.Active.Version, y.dataName("yard"))
		}
		p, err = y.m.Rollback(t.Context(), y.owner, "yard", "2.0.1")
		y.must(err)
		if got := y.store.all(y.dataName("yard"), y.home); p.Active.Version != "2.0.1" || !strings.Contains(got, "moved") {
			t.Errorf("and forth at %s on %s", p.Active.Version, got)
		}
	})
}

// A migration that takes longer than the original is closed for would lose what was
// written meanwhile: it is not taken, and the next one is.
func TestAMigrationThatTookTooLongIsNotTaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		caps := []string{uiPage, kvCap}
		y.runs(pack{caps: caps, dataVersion: 1, page: set("tide", `"high"`) + say(titled("1.0.0"))})
		_, err := y.title(y.m, "yard")
		y.must(err)
		one := y.dataName("yard")
		two := pack{version: "2.0.0", caps: caps, dataVersion: 2, migrate: set("moved", "true") + "(i32.const 0)"}
		y.store.set = func() { y.pass(6 * time.Minute) }
		if _, err := y.install(two, plugins.InstallOptions{Force: true}); !fault.Is(err, fault.Conflict) {
			t.Fatalf("it is told as %v", err)
		}
		y.store.set = nil
		if title, err := y.title(y.m, "yard"); title != "1.0.0" || y.dataName("yard") != one || len(y.store.names()) != 1 {
			t.Errorf("%q runs (%v) on %v", title, err, y.store.names())
		}
		_, err = y.install(two, plugins.InstallOptions{Force: true, GrantAll: true})
		y.must(err)
		if title, err := y.title(y.m, "yard"); title != "2.0.0" {
			t.Errorf("%q runs: %v", title, err)
		}
	})
}

// dataName is the name under which a plugin stores things.
func (y *yard) dataName(id string) string {
	y.t.Helper()
	row, err := db.FindPlugin(y.t.Context(), y.db.Read(), id)
	y.must(err)
	return row.DataName
}

func TestAVersionThatIsNotWellIsNotTaken(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	sick := pack{version: "1.1.0", health: say(`{"error":{"code":"no_tides","message":"The tides are gone."}}`)}
	_, err := y.install(sick, plugins.InstallOptions{Force: true})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "The tides are gone.") {
		t.Errorf("it is told as %v", err)
	}
	if title, err := y.title(y.m, "yard"); title != "1.0.0" {
		t.Errorf("%q runs: %v", title, err)
	}
	sick.version, sick.health = "1.2.0", trap
	if _, err := y.install(sick, plugins.InstallOptions{Force: true}); !fault.Is(err, fault.Invalid) {
		t.Errorf("one that does not run at all: %v", err)
	}
}

// What is well in one workspace need not be in the next.
func TestAVersionIsAskedHowItIsInEveryWorkspace(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	// The name of the workspace is part of what a guest is told.
	y.must(y.m.Enable(t.Context(), y.owner, "yard", y.workspace(strings.Repeat("Pier ", 400), y.owner)))
	sick := pack{version: "1.1.0", health: `(if (i64.gt_u (call $inlen) (i64.const 2000)) (then (unreachable))) (i32.const 0)`}
	if _, err := y.install(sick, plugins.InstallOptions{Force: true}); !fault.Is(err, fault.Conflict) {
		t.Errorf("it is told as %v", err)
	}
	if title, err := y.title(y.m, "yard"); title != "1.0.0" {
		t.Errorf("%q runs: %v", title, err)
	}
}

// The kill switch is for what goes wrong now: a call that runs writes nothing more.
func TestACallThatRunsWhileItsPluginIsStoppedDoesNothingMore(t *testing.T) {
	for name, end := range map[string]func(y *yard) error{
		"stopped":  func(y *yard) error { return y.m.Stop(context.Background(), y.owner, "yard") },
		"disabled": func(y *yard) error { return y.m.Disable(context.Background(), y.owner, "yard", y.home) },
	} {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, sqlite(t))
			y.runs(pack{caps: []string{uiPage, kvCap}, page: set("tide", "1") + set("ebb", "2") + say(titled("1.0.0"))})
			y.store.set = sync.OnceFunc(func() {
				if err := end(y); err != nil {
					t.Error(err)
				}
			})
			if title, err := y.title(y.m, "yard"); err != nil || title != "1.0.0" {
				t.Errorf("the call ended with %q, %v", title, err)
			}
			if got := y.store.all(y.dataName("yard"), y.home); got != `{"tide":1}` {
				t.Errorf("it wrote %s", got)
			}
		})
	}
}

func TestAVersionThatKeepsFailingIsTakenBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		y.runs(pack{})
		_, err := y.install(pack{version: "1.1.0", page: trap}, plugins.InstallOptions{Force: true})
		y.must(err)
		for range 3 {
			if _, err := y.title(y.m, "yard"); err == nil {
				t.Fatal("a trap is an answer")
			}
		}
		y.until("1.0.0 runs again", func() bool { title, err := y.title(y.m, "yard"); return err == nil && title == "1.0.0" })
		if p, _ := y.m.Get(t.Context(), "yard"); !strings.Contains(p.LastError, "1.1.0") || p.State != plugins.StateActive {
			t.Errorf("it is told as %+v", p)
		}
		y.until("the hook", func() bool { return strings.Contains(y.hooks(), "rolled_back") })
	})
}

func TestThreeVersionsAreKept(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	for _, v := range []string{"1.1.0", "1.2.0", "1.3.0"} {
		_, err := y.install(pack{version: v}, plugins.InstallOptions{Force: true})
		y.must(err)
	}
	versions, err := db.PluginVersions(t.Context(), y.db.Read(), "yard")
	y.must(err)
	p, _ := y.m.Get(t.Context(), "yard")
	if len(versions) != 3 || len(p.Earlier) != 2 || p.Earlier[0].Version != "1.2.0" || p.Earlier[1].Version != "1.1.0" {
		t.Errorf("kept %d, earlier %+v", len(versions), p.Earlier)
	}
	if _, err := y.m.Rollback(t.Context(), y.owner, "yard", "1.0.0"); !fault.Is(err, fault.Conflict) {
		t.Errorf("back to what is gone: %v", err)
	}
}

// An earlier version that was installed once more, and refused then, is still what
// somebody has agreed to when one goes back to it.
func TestAnEarlierVersionKeepsWhatItWasGrantedWhenItIsInstalledOnceMore(t *testing.T) {
	y, first := newYard(t, sqlite(t)), pack{caps: []string{uiPage, kvCap}}
	y.runs(first)
	_, err := y.install(pack{version: "1.1.0"}, plugins.InstallOptions{Force: true})
	y.must(err)
	again, err := y.install(first, plugins.InstallOptions{Force: true})
	y.must(err)
	if !again.AwaitingConsent {
		t.Fatalf("1.0.0 asks for more than 1.1.0 and does not wait: %+v", again)
	}
	y.must(y.m.Refuse(t.Context(), y.owner, "yard"))
	p, err := y.m.Rollback(t.Context(), y.owner, "yard", "1.0.0")
	y.must(err)
	if title, err := y.title(y.m, "yard"); title != "1.0.0" || err != nil || !p.Active.Has("ui.page") || !p.Active.Has("kv") {
		t.Errorf("it runs with %q: its page is %q, %v", p.Active.Granted, title, err)
	}
}

func TestWhatFailsTooOftenIsQuarantinedAlsoAfterARestart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		y.runs(pack{page: `(if (i64.gt_u (call $inlen) (i64.const 2000)) (then (unreachable)))` + say(titled("1.0.0"))})
		y.quarantine("yard")
		y.until("the hook", func() bool { return strings.Contains(y.hooks(), "quarantined") })
		again := y.open(y.opts)
		if h := again.Health("yard", y.home); !h.Quarantined {
			t.Errorf("after a restart %+v", h)
		}
		y.must(y.m.Release(t.Context(), y.owner, "yard", y.home))
		if h := y.m.Health("yard", y.home); h.Quarantined || h.Paused {
			t.Errorf("released, and %+v", h)
		}
		y.until("the other node lets it run", func() bool { return !again.Health("yard", y.home).Quarantined })
	})
}

// quarantine has a page fail until its plugin is quarantined at home: one that traps
// where it is given more than 2,000 bytes.
func (y *yard) quarantine(id string) {
	y.t.Helper()
	for range 3 { // three times paused within an hour, and well in between
		if title, err := y.title(y.m, id); title != "1.0.0" {
			y.t.Fatal(err)
		}
		for range 3 {
			if _, err := y.m.Page(y.t.Context(), y.call(id), host.PageInput{Path: strings.Repeat("x", 2000)}); err == nil {
				y.t.Fatal("a trap is an answer")
			}
		}
		y.pass(5 * time.Minute)
	}
	y.until("quarantine is stored", func() bool {
		p, _ := y.m.Get(y.t.Context(), id)
		return len(p.Quarantined) == 1 && p.Quarantined[0] == y.home
	})
}

func TestWhatIsUninstalledComesBackOrGoesWithAllItStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		y.runs(pack{caps: []string{uiPage, kvCap}, page: set("tide", "1") + say(titled("1.0.0")), settings: `{"type":"object","properties":{"n":{"type":"integer"}}}`})
		_, err := y.title(y.m, "yard")
		y.must(err)
		y.must(y.m.SetSettings(ctx, y.owner, "yard", y.home, map[string]any{"n": 3}))
		y.must(y.m.Uninstall(ctx, y.owner, "yard"))
		if _, err := y.title(y.m, "yard"); !fault.Is(err, fault.NotFound) || y.synced(y.home, "plugins.enabled") != "[]" {
			t.Errorf("uninstalled, and there: %v, %s", err, y.synced(y.home, "plugins.enabled"))
		}
		var out bytes.Buffer
		y.must(y.m.Export(ctx, "yard", &out))
		if !strings.Contains(out.String(), `"tide":1`) || !strings.Contains(out.String(), `"n":3`) {
			t.Errorf("exported %s", out.String())
		}
		y.must(y.m.Reinstate(ctx, y.owner, "yard"))
		if title, err := y.title(y.m, "yard"); title != "1.0.0" || y.synced(y.home, "plugins.enabled") != `["yard"]` {
			t.Errorf("brought back, and %q, %v", title, err)
		}
		y.must(y.m.Uninstall(ctx, y.owner, "yard"))
		y.must(y.m.PurgeDue(ctx))
		if _, err := y.m.Get(ctx, "yard"); err != nil {
			t.Errorf("purged before its time: %v", err)
		}
		y.pass(30*24*time.Hour + time.Second)
		y.must(y.m.PurgeDue(ctx))
		if _, err := y.m.Get(ctx, "yard"); !fault.Is(err, fault.NotFound) || len(y.store.names()) != 0 || y.synced(y.home, "plugins.settings.yard") != tombstone {
			t.Errorf("purged, and %v, %v", err, y.store.names())
		}
		if got := y.hooks(); got != "installed consented enabled settings_changed uninstalled reinstated uninstalled purged" {
			t.Errorf("fired %s", got)
		}
	})
}

func TestAPluginThatReplacesAnotherTakesOverWhatItHad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		caps, town := []string{uiPage, kvCap}, `{"type":"object","properties":{"town":{"type":"string"}}}`
		y.runs(pack{caps: caps, settings: town, page: set("tide", "1") + say(titled("1.0.0"))})
		y.must(y.m.SetSettings(t.Context(), y.owner, "yard", y.home, map[string]any{"town": "Graz"}))
		_, err := y.title(y.m, "yard")
		y.must(err)
		name := y.dataName("yard")
		y.must(d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return db.PutPluginRun(ctx, tx, db.PluginRun{PluginID: "yard", WorkspaceID: y.home, JobID: "hourly", StartedAt: 1})
		}))
		done, err := y.install(pack{id: "boatyard", version: "2.0.0", caps: caps, settings: town, replaces: "yard"}, plugins.InstallOptions{})
		y.must(err)
		if len(done.Replaces) != 1 || done.Replaces[0].ID != "yard" {
			t.Errorf("whoever installs it is told of %v", done.Replaces)
		}
		if taken, err := y.m.TakesOver(t.Context(), "boatyard"); err != nil || len(taken) != 1 || taken[0].ID != "yard" {
			t.Errorf("whoever is asked reads of %v, %v", taken, err)
		}
		second := y.workspace("Second", y.owner)
		y.must(y.m.SetSettings(t.Context(), y.owner, "boatyard", second, map[string]any{"town": "Linz"}))
		done, err = y.install(pack{id: "boatyard", version: "2.0.0", caps: caps, settings: town, replaces: "yard"}, plugins.InstallOptions{GrantAll: true})
		y.must(err)
		if done.AwaitingConsent || len(done.Replaces) != 1 || done.Replaces[0].ID != "yard" {
			t.Errorf("whoever granted all of it is told of %v", done.Replaces)
		}
		if got, err := y.m.Settings(t.Context(), "boatyard", second); err != nil || got.Values["town"] != "Linz" {
			t.Errorf("what was set for it there before it ran: %v, %v", got.Values, err)
		}
		if title, err := y.title(y.m, "boatyard"); title != "2.0.0" || y.dataName("boatyard") != name {
			t.Errorf("%q, %v, on %s", title, err, y.dataName("boatyard"))
		}
		if _, err := y.m.Get(t.Context(), "yard"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the old one: %v", err)
		}
		if runs, err := db.PluginRuns(t.Context(), d.Read()); err != nil || len(runs) != 0 {
			t.Errorf("it is still known when the old one's jobs ran: %+v, %v", runs, err)
		}
		if got := y.synced(y.home, "plugins.enabled"); got != `["boatyard"]` {
			t.Errorf("devices are told %s", got)
		}
		if now, before := y.synced(y.home, "plugins.settings.boatyard"), y.synced(y.home, "plugins.settings.yard"); now != `{"town":"Graz"}` || before != tombstone {
			t.Errorf("devices have %s, and of the old one %s", now, before)
		}
	})
}

// Nobody is asked about an update that asks for nothing new: it takes the place of
// no other plugin, whose settings, secrets and data nobody has given to it.
func TestAnUpdateTakesThePlaceOfNoOtherPlugin(t *testing.T) {
	y := newYard(t, sqlite(t))
	caps := []string{uiPage, kvCap}
	y.runs(pack{caps: caps, page: set("tide", "1") + say(titled("1.0.0"))})
	_, err := y.title(y.m, "yard")
	y.must(err)
	name := y.dataName("yard")
	_, err = y.install(pack{id: "gull", caps: caps}, plugins.InstallOptions{GrantAll: true})
	y.must(err)
	_, err = y.install(pack{id: "gull", version: "2.0.0", caps: caps, replaces: "yard"}, plugins.InstallOptions{Force: true})
	y.must(err)
	if title, err := y.title(y.m, "yard"); err != nil || title != "1.0.0" || y.dataName("yard") != name || len(y.store.names()) == 0 {
		t.Errorf("yard says %q, %v, on %s, with %v", title, err, y.dataName("yard"), y.store.names())
	}
	if got := y.synced(y.home, "plugins.enabled"); got != `["yard"]` {
		t.Errorf("devices are told %s", got)
	}
}

func TestInSafeModeNothingRunsAndEverythingCanBeManaged(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	safe := y.opts
	safe.SafeMode = true
	m := y.open(safe)
	if _, err := y.title(m, "yard"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it runs in safe mode: %v", err)
	}
	if list, err := m.EnabledIn(t.Context(), y.home); err != nil || len(list) != 0 {
		t.Errorf("%v run, %v", list, err)
	}
	y.must(m.Disable(t.Context(), y.owner, "yard", y.home))
	y.must(m.Uninstall(t.Context(), y.owner, "yard"))
}

func TestWhoWatchesHearsWhatRunsBeforeAnActReturns(t *testing.T) {
	y := newYard(t, sqlite(t))
	var mu sync.Mutex // other nodes' changes are looked for beside
	var told []string
	y.m.Watch(func(running []plugins.Active) {
		mu.Lock()
		defer mu.Unlock()
		told = nil
		for _, a := range running {
			told = append(told, a.ID+" "+a.Version)
		}
	})
	hears := func(want string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("heard of %q instead of %q", got, want)
		}
	}
	hears("")
	y.runs(pack{})
	hears("yard 1.0.0")
	y.runs(pack{version: "1.1.0"})
	hears("yard 1.1.0")
	y.must(y.m.Disable(t.Context(), y.owner, "yard", y.home))
	hears("")
	y.must(y.m.Enable(t.Context(), y.owner, "yard", y.home))
	hears("yard 1.1.0")
	late := ""
	y.m.Watch(func(running []plugins.Active) { late = running[0].ID })
	if late != "yard" {
		t.Errorf("who watches late is told of %q at first", late)
	}
}
