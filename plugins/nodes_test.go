package plugins_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
)

// second opens another node on the same database, with a pool, a folder and a poll
// of its own.
func (y *yard) second(url string) *plugins.Manager {
	y.t.Helper()
	o := y.opts
	o.DB, o.Dir = dbtest.Open(y.t, url), y.t.TempDir()
	return y.open(o)
}

func TestAnotherNodeFollows(t *testing.T) {
	url := dbtest.PostgresURL(t)
	y, ctx := newYard(t, dbtest.Open(t, url)), t.Context()
	b := y.second(url)
	y.runs(pack{})
	runs := func(version string) func() bool {
		return func() bool { title, err := y.title(b, "yard"); return err == nil && title == version }
	}
	y.until("B runs what A installed", runs("1.0.0"))
	_, err := y.install(pack{version: "1.1.0"}, plugins.InstallOptions{Force: true})
	y.must(err)
	y.until("B follows an update", runs("1.1.0"))
	_, err = b.Rollback(ctx, y.owner, "yard", "")
	y.must(err)
	y.until("A follows B", func() bool { title, _ := y.title(y.m, "yard"); return title == "1.0.0" })
	y.must(y.m.Stop(ctx, y.owner, "yard"))
	y.until("B stops", func() bool { _, err := y.title(b, "yard"); return fault.Is(err, fault.NotFound) })
	y.must(b.Start(ctx, y.owner, "yard"))
	y.until("A runs again", func() bool { title, _ := y.title(y.m, "yard"); return title == "1.0.0" })
	y.must(y.m.Uninstall(ctx, y.owner, "yard"))
	y.until("B has none", func() bool { _, err := y.title(b, "yard"); return fault.Is(err, fault.NotFound) })
}

func TestManyDoEverythingAtOnceAndNobodyIsLost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		y.runs(pack{settings: `{"type":"object","properties":{"n":{"type":"integer"}}}`})
		zips := [][]byte{pack{}.zip(t), pack{version: "1.1.0"}.zip(t), pack{version: "1.2.0", caps: []string{uiPage, kvCap}}.zip(t)}
		allowed := func(err error) {
			var failed *runtime.Failure
			switch {
			case err == nil, fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
			case errors.As(err, &failed) && failed.Outcome == runtime.Unloaded:
			default:
				t.Errorf("%v", err)
			}
		}
		var all sync.WaitGroup
		for _, zip := range zips {
			all.Go(func() {
				for range 4 {
					_, err := y.m.Install(ctx, y.owner, zip, plugins.InstallOptions{Force: true, GrantAll: true})
					allowed(err)
				}
			})
		}
		all.Go(func() {
			for range 6 {
				allowed(y.m.Enable(ctx, y.owner, "yard", y.home))
				allowed(y.m.Disable(ctx, y.owner, "yard", y.home))
			}
		})
		all.Go(func() {
			for range 2 {
				allowed(y.m.Uninstall(ctx, y.owner, "yard"))
				allowed(y.m.Reinstate(ctx, y.owner, "yard"))
			}
		})
		all.Go(func() { // the kill switch, settings and what pages show
			for i := range 4 {
				allowed(y.m.Stop(ctx, y.owner, "yard"))
				allowed(y.m.Start(ctx, y.owner, "yard"))
				allowed(y.m.SetSettings(ctx, y.owner, "yard", y.home, map[string]any{"n": i}))
				allowed(y.m.Release(ctx, y.owner, "yard", y.home))
				_, err := y.m.Rollback(ctx, y.owner, "yard", "")
				allowed(err)
				allowed(y.m.Export(ctx, "yard", io.Discard))
				_, _, _ = y.m.Traces("yard"), y.m.Logs("yard", ""), y.m.Health("yard", y.home)
			}
		})
		for range 4 {
			all.Go(func() {
				for range 50 {
					_, err := y.m.Page(ctx, y.call("yard"), host.PageInput{})
					allowed(err)
				}
			})
		}
		all.Wait()
		_, err := y.m.Install(ctx, y.owner, zips[1], plugins.InstallOptions{Force: true, GrantAll: true})
		y.must(err)
		allowed(y.m.Start(ctx, y.owner, "yard"))
		y.must(y.m.Enable(ctx, y.owner, "yard", y.home))
		if title, err := y.title(y.m, "yard"); title != "1.1.0" {
			t.Errorf("in the end %q runs: %v", title, err)
		}
	})
}

func TestCallsGoOnWhileAVersionIsReplaced(t *testing.T) {
	y, ctx := newYard(t, sqlite(t)), t.Context()
	y.runs(pack{})
	over, stop := context.WithCancel(ctx)
	var calling sync.WaitGroup
	for range 3 {
		calling.Go(func() {
			for over.Err() == nil {
				if answer, err := y.m.Page(ctx, y.call("yard"), host.PageInput{}); err != nil || !strings.HasPrefix(answer.Title, "1.") {
					t.Errorf("%q, %v", answer.Title, err)
				}
			}
		})
	}
	for _, v := range []string{"1.1.0", "1.2.0", "1.3.0", "1.4.0"} {
		_, err := y.install(pack{version: v}, plugins.InstallOptions{Force: true})
		y.must(err)
	}
	stop()
	calling.Wait()
}

func TestAServerStartsWithWhatIsInstalledAndSweepsWhatACrashLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		y.runs(pack{assets: map[string]string{"a.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`}})
		o := y.opts
		o.Dir = t.TempDir()
		stale, gone := filepath.Join(o.Dir, ".staging-ABC"), filepath.Join(o.Dir, strings.Repeat("a", 64))
		y.must(os.MkdirAll(filepath.Join(stale, "assets"), 0o755))
		y.must(os.MkdirAll(gone, 0o755))
		again := y.open(o)
		if title, err := y.title(again, "yard"); title != "1.0.0" {
			t.Errorf("after a start %q runs: %v", title, err)
		}
		for _, path := range []string{stale, gone} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there: %v", path, err)
			}
		}
		p, err := again.Get(t.Context(), "yard")
		y.must(err)
		content, kind, err := again.Asset(t.Context(), "yard", p.Active.SHA256[:12], "a.svg")
		if err != nil || kind != "image/svg+xml" || !strings.Contains(string(content), "svg") {
			t.Errorf("its file is %q, %s, %v", content, kind, err)
		}
		for _, name := range []string{"../plugin.wasm", "b.svg", "", "a.svg/", "./a.svg"} {
			if _, _, err := again.Asset(t.Context(), "yard", p.Active.SHA256[:12], name); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
}

func TestWhoMayNoLongerActDoesNot(t *testing.T) {
	y := newYard(t, sqlite(t))
	got, err := y.install(pack{}, plugins.InstallOptions{})
	y.must(err)
	stranger := y.person("Tomas")
	consent := plugins.ConsentOptions{Version: "1.0.0", SHA256: got.Plugin.Waiting.SHA256, All: true}
	if _, err := y.m.Consent(t.Context(), stranger, "yard", consent); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger agreed: %v", err)
	}
	if _, err := y.m.Consent(t.Context(), nil, "yard", consent); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody agreed: %v", err)
	}
	_, err = y.m.Consent(t.Context(), y.owner, "yard", consent)
	y.must(err)
	if err := y.m.Enable(t.Context(), stranger, "yard", y.home); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger enabled: %v", err)
	}
	if err := y.m.Stop(t.Context(), stranger, "yard"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a stranger stopped: %v", err)
	}
}
