package plugins_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive/archivetest"
)

func sqlite(t *testing.T) *db.DB { return dbtest.Open(t, dbtest.SQLiteURL(t)) }

func TestAPluginRunsOnlyAfterSomebodyAgreed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		got, err := y.install(pack{caps: []string{uiPage, kvCap}}, plugins.InstallOptions{})
		y.must(err)
		w := got.Plugin.Waiting
		if !got.New || !got.AwaitingConsent || got.Plugin.State != plugins.StateAwaiting || got.Plugin.Active != nil || w == nil || len(w.Asks) != 2 || len(w.Diff) != 2 {
			t.Fatalf("installed as %+v", got)
		}
		if err := y.m.Enable(ctx, y.owner, "yard", y.home); !fault.Is(err, fault.Conflict) {
			t.Errorf("enabled before anybody agreed: %v", err)
		}
		if _, err := y.title(y.m, "yard"); !fault.Is(err, fault.NotFound) {
			t.Errorf("it ran before anybody agreed: %v", err)
		}
		for _, other := range []plugins.ConsentOptions{
			{Version: "1.0.0", SHA256: strings.Repeat("0", 64), All: true}, {Version: "1.0.1", SHA256: w.SHA256, All: true},
		} {
			if _, err := y.m.Consent(ctx, y.owner, "yard", other); !fault.Is(err, fault.Conflict) {
				t.Errorf("agreed to other bytes: %v", err)
			}
		}
		if _, err := y.m.Consent(ctx, y.owner, "yard", plugins.ConsentOptions{Version: "1.0.0", SHA256: w.SHA256, Grant: []string{"blob"}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("granted what it does not ask for: %v", err)
		}
		p, err := y.m.Consent(ctx, y.owner, "yard", plugins.ConsentOptions{Version: "1.0.0", SHA256: w.SHA256, All: true})
		y.must(err)
		if p.State != plugins.StateActive || p.Waiting != nil || len(p.Active.Granted) != 2 {
			t.Errorf("after consent %+v", p)
		}
		if _, err := y.title(y.m, "yard"); !fault.Is(err, fault.NotFound) {
			t.Errorf("it ran where it is not enabled: %v", err)
		}
		y.must(y.m.Enable(ctx, y.owner, "yard", y.home))
		if title, err := y.title(y.m, "yard"); err != nil || title != "1.0.0" {
			t.Errorf("its page is %q: %v", title, err)
		}
		if got := y.synced(y.home, "plugins.enabled"); got != `["yard"]` {
			t.Errorf("devices are told %s", got)
		}
		y.must(y.m.Disable(ctx, y.owner, "yard", y.home))
		if _, err := y.title(y.m, "yard"); !fault.Is(err, fault.NotFound) || y.synced(y.home, "plugins.enabled") != `[]` {
			t.Errorf("disabled, and still there: %v", err)
		}
		if got := y.hooks(); got != "installed consented enabled disabled" {
			t.Errorf("fired %s", got)
		}
		var acts []string
		for _, e := range y.acts() {
			acts = append(acts, e.Action+" "+string(e.Result))
		}
		if got, want := strings.Join(acts, ", "), "plugin.installed allowed, plugin.enabled refused, plugin.consented refused, plugin.consented refused, plugin.consented refused, plugin.consented allowed, plugin.enabled allowed, plugin.disabled allowed"; got != want {
			t.Errorf("the audit log has\n%s, want\n%s", got, want)
		}
	})
}

func TestTheSamePackageTwiceChangesNothingAndAnotherNeedsForce(t *testing.T) {
	y := newYard(t, sqlite(t))
	y.runs(pack{})
	y.hooks()
	if got, err := y.install(pack{}, plugins.InstallOptions{}); err != nil || !got.Unchanged || got.AwaitingConsent {
		t.Errorf("the same bytes: %+v, %v", got, err)
	}
	if _, err := y.install(pack{version: "1.1.0"}, plugins.InstallOptions{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("another version without force: %v", err)
	}
	if got := y.hooks(); got != "" {
		t.Errorf("fired %s", got)
	}
	if title, _ := y.title(y.m, "yard"); title != "1.0.0" {
		t.Errorf("%s runs", title)
	}
}

func TestAnUpdateThatAsksForMoreWaitsWhileTheOldOneRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		y.runs(pack{})
		got, err := y.install(pack{version: "1.1.0"}, plugins.InstallOptions{Force: true})
		y.must(err)
		if got.AwaitingConsent || got.New || got.Plugin.Active.Version != "1.1.0" || len(got.Plugin.Earlier) != 1 {
			t.Errorf("an update that asks for nothing new: %+v", got)
		}
		if title, err := y.title(y.m, "yard"); title != "1.1.0" {
			t.Errorf("%q runs: %v", title, err)
		}
		got, err = y.install(pack{version: "2.0.0", caps: []string{uiPage, kvCap}}, plugins.InstallOptions{Force: true})
		y.must(err)
		if !got.AwaitingConsent || got.Plugin.Active.Version != "1.1.0" || len(got.Plugin.Waiting.Diff) != 1 || got.Plugin.Waiting.Diff[0].Name != "kv" {
			t.Errorf("an update that asks for more: %+v", got.Plugin)
		}
		if title, _ := y.title(y.m, "yard"); title != "1.1.0" {
			t.Errorf("%s runs before anybody agreed", title)
		}
		y.must(y.m.Refuse(ctx, y.owner, "yard"))
		if p, err := y.m.Get(ctx, "yard"); err != nil || p.Waiting != nil || p.Active.Version != "1.1.0" {
			t.Errorf("after refusing: %+v, %v", p, err)
		}
		got, err = y.install(pack{version: "2.0.0", caps: []string{uiPage, kvCap}}, plugins.InstallOptions{Force: true, Grant: []string{"ui.page"}})
		y.must(err)
		if title, _ := y.title(y.m, "yard"); title != "2.0.0" || len(got.Plugin.Active.Granted) != 1 {
			t.Errorf("%s runs with %v", title, got.Plugin.Active.Granted)
		}
	})
}

func TestWhatWasNotGrantedIsAnsweredAsThat(t *testing.T) {
	y := newYard(t, sqlite(t))
	ask := pack{caps: []string{uiPage, kvCap}, page: `(local.set $a (call $kvset (call $block ` + place(`{"key":"a","value":1}`) + `)))
		(if (i64.gt_u (call $len (local.get $a)) (i64.const 10)) (then (call $say ` + place(titled("refused")) + `)) (else (call $say ` + place(titled("done")) + `))) (i32.const 0)`}
	_, err := y.install(ask, plugins.InstallOptions{Grant: []string{"ui.page"}})
	y.must(err)
	y.must(y.m.Enable(t.Context(), y.owner, "yard", y.home))
	if title, err := y.title(y.m, "yard"); title != "refused" || len(y.store.names()) != 0 {
		t.Errorf("%q, %v, stored %v", title, err, y.store.names())
	}
	ask.version = "1.0.1"
	_, err = y.install(ask, plugins.InstallOptions{Force: true})
	y.must(err)
	if title, err := y.title(y.m, "yard"); title != "refused" {
		t.Errorf("what was refused once is granted by an update without anybody's consent: %q, %v", title, err)
	}
}

func TestARefusedPackageSaysItsCodeAndLeavesNothing(t *testing.T) {
	y := newYard(t, sqlite(t))
	for _, c := range archivetest.Cases() {
		zip := c.Zip()
		_, err := y.m.Install(t.Context(), y.owner, zip, plugins.InstallOptions{GrantAll: true})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields["archive"] == "" {
			t.Errorf("%s: %v", c.Name, err)
		}
		var refused *plugins.Refusal
		if !errors.As(err, &refused) || len(refused.Report.Findings) == 0 && f.Fields["archive"] != "archive/oversized" || len(refused.Report.Findings) > 0 && refused.Report.Findings[0].Code != f.Fields["archive"] {
			t.Errorf("%s: the report is not with the error: %+v", c.Name, refused)
		}
		if c.Name == "more than 25 MiB" && !strings.HasSuffix(f.Message, "more than 25 MiB.") { // the unit it was set in
			t.Errorf("%s: %s", c.Name, f.Message)
		}
	}
	// What only running it shows is in the error, and the report says what it is.
	_, err := y.install(pack{health: trap}, plugins.InstallOptions{})
	var refused *plugins.Refusal
	if !errors.As(err, &refused) || refused.Report.Manifest == nil || refused.Report.SHA256 == "" || !refused.Report.OK() {
		t.Errorf("one that does not run: %v, %+v", err, refused)
	}
	if list, _ := y.m.List(t.Context()); len(list) != 0 {
		t.Errorf("installed %+v", list)
	}
	if acts := y.acts(); len(acts) == 0 || acts[0].Result != "refused" {
		t.Errorf("the audit log has %+v", acts)
	}
}

func TestOnlySoManyPackagesAreJudgedAtOnce(t *testing.T) {
	y := newYard(t, sqlite(t))
	zip := pack{}.zip(t)
	release := y.m.HoldInstalls()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := y.m.Install(gone, y.owner, zip, plugins.InstallOptions{})
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.Retry == 0 {
		t.Errorf("while others are installed: %v", err)
	}
	release()
	if _, err := y.m.Install(t.Context(), y.owner, zip, plugins.InstallOptions{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Two packages of a plugin that is held wait for it, and others are installed
// meanwhile.
func TestWhoWaitsForAPluginKeepsNoOtherFromBeingInstalled(t *testing.T) {
	y, ctx := newYard(t, sqlite(t)), t.Context()
	release := y.m.HoldPlugin("yard")
	zips := [][]byte{pack{}.zip(t), pack{version: "1.1.0"}.zip(t), pack{version: "1.2.0"}.zip(t)}
	var waiting sync.WaitGroup
	for _, zip := range zips {
		waiting.Go(func() {
			if _, err := y.m.Install(ctx, y.owner, zip, plugins.InstallOptions{Force: true}); err != nil {
				t.Error(err)
			}
		})
	}
	y.until("all wait for the plugin", func() bool { return y.m.HeldBy("yard") == 1+len(zips) })
	if _, err := y.install(pack{id: "quay"}, plugins.InstallOptions{}); err != nil {
		t.Errorf("another plugin: %v", err)
	}
	tired, leave := context.WithCancel(ctx)
	leave()
	if _, err := y.m.Install(tired, y.owner, zips[0], plugins.InstallOptions{Force: true}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("who goes away: %v", err)
	}
	release()
	waiting.Wait()
	if p, err := y.m.Get(ctx, "yard"); err != nil || p.Waiting == nil {
		t.Errorf("after that: %+v, %v", p, err)
	}
	if n := y.m.HeldBy("yard"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}
