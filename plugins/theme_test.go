package plugins_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/policies"
)

// theme installs a theme that everybody has agreed to.
func (y *yard) theme(id, version string) {
	y.t.Helper()
	_, err := y.m.Install(y.t.Context(), y.owner, themeOf(y.t, id, version), plugins.InstallOptions{GrantAll: true, Force: true})
	y.must(err)
}

func themeOf(t testing.TB, id, version string, replaces ...string) []byte {
	t.Helper()
	old, err := json.Marshal(append([]string{}, replaces...))
	if err != nil {
		t.Fatal(err)
	}
	var zip bytes.Buffer
	if err := archive.PackFiles(&zip, map[string][]byte{
		"or3.manifest.json": []byte(`{"schema":1,"kind":"theme","id":"` + id + `","name":"` + id + `","version":"` + version + `","api":"1","replaces":` + string(old) + `,"theme":{"light":{"accent":"#7a2a6a"}}}`),
	}); err != nil {
		t.Fatal(err)
	}
	return zip.Bytes()
}

// Nobody ever finds a workspace with two themes, or between two.
func TestAThemeTakesThePlaceOfAnotherInOneTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		y.theme("plum", "1.0.0")
		y.theme("moss", "1.0.0")
		steps := func(act func() error) int64 {
			t.Helper()
			before, err := db.PluginRevision(ctx, d.Read())
			y.must(err)
			y.must(act())
			after, err := db.PluginRevision(ctx, d.Read())
			y.must(err)
			return after - before
		}
		has := func(want string) {
			t.Helper()
			if used, _ := y.m.ThemeIn(y.home); used.ID != want {
				t.Errorf("the theme is %q, want %q", used.ID, want)
			}
			ids, err := db.PluginsEnabledIn(ctx, d.Read(), y.home)
			y.must(err)
			if most := min(len(want), 1); len(ids) != most {
				t.Errorf("%v are enabled", ids)
			}
		}
		y.must(y.m.Enable(ctx, y.owner, "plum", y.home))
		has("plum")
		y.hooks()
		if n := steps(func() error { return y.m.Enable(ctx, y.owner, "moss", y.home) }); n != 1 {
			t.Errorf("%d transactions", n)
		}
		has("moss")
		if got := y.hooks(); got != "disabled enabled" {
			t.Errorf("hooks: %s", got)
		}
		if n := steps(func() error { return y.m.DefaultLook(ctx, y.owner, y.home) }); n != 1 {
			t.Errorf("%d transactions for the default look", n)
		}
		has("")
		if n := steps(func() error { return y.m.DefaultLook(ctx, y.owner, y.home) }); n != 0 {
			t.Error("the default look was given twice")
		}
	})
}

// A page of another node may name what this one has not seen yet, and one that was
// loaded a moment ago what is no longer the newest.
func TestAThemeIsThereBeforeTheNextLookAndAfterTheNextVersion(t *testing.T) {
	y, ctx := newYard(t, dbtest.Open(t, dbtest.SQLiteURL(t))), t.Context()
	o := y.opts
	o.Dir, o.Poll = t.TempDir(), -1
	late := y.open(o)
	y.theme("plum", "1.0.0")
	y.must(y.m.Enable(ctx, y.owner, "plum", y.home))
	used, _ := y.m.ThemeIn(y.home)
	if _, ok := late.ThemeOf("plum", used.SHA256[:12]); ok {
		t.Fatal("the other node looked already")
	}
	if news, err := late.CatchUp(ctx); err != nil || !news {
		t.Errorf("there is something new: %v, %v", news, err)
	}
	if news, err := late.CatchUp(ctx); err != nil || news {
		t.Errorf("there is nothing new: %v, %v", news, err)
	}
	for _, m := range []*plugins.Manager{y.m, late} {
		if text, ok := m.ThemeOf("plum", used.SHA256[:12]); !ok || text.Version != "1.0.0" {
			t.Error("the theme is not there")
		}
	}
	y.theme("plum", "1.1.0")
	if text, ok := y.m.ThemeOf("plum", used.SHA256[:12]); !ok || text.Version != "1.0.0" {
		t.Error("the version before is gone at once")
	}
}

// Whoever chooses at the same instant, also on another node or from a command
// line: a workspace has one theme.
func TestThemesChosenAtOneInstantLeaveOne(t *testing.T) {
	for _, test := range []struct {
		name string
		who  func(y *yard) [2]*policies.Session
	}{
		{"two owners", func(y *yard) [2]*policies.Session { return [2]*policies.Session{y.owner, y.secondOwner("Tomas")} }},
		{"an owner and a command", func(y *yard) [2]*policies.Session {
			return [2]*policies.Session{y.owner, {Kind: policies.CommandSession}}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dbtest.EachURL(t, func(t *testing.T, url string) {
				y, ctx := newYard(t, dbtest.Open(t, url)), t.Context()
				nodes := [2]*plugins.Manager{y.m, y.second(url)}
				who := test.who(y)
				themes := []string{"plum", "moss", "fern"}
				for _, id := range themes {
					y.theme(id, "1.0.0")
				}
				for round := range 15 {
					var all sync.WaitGroup
					for i, id := range themes {
						all.Go(func() {
							err := patiently(func() error { return nodes[i%2].Enable(ctx, who[i%2], id, y.home) })
							if err != nil {
								t.Errorf("choosing %s: %v", id, err)
							}
						})
					}
					all.Wait()
					if ids, err := db.PluginsEnabledIn(ctx, y.db.Read(), y.home); err != nil || len(ids) != 1 {
						t.Fatalf("in round %d the workspace has %v, %v", round, ids, err)
					}
				}
			})
		})
	}
}

// patiently does something until it is not refused for now: a machine with much to
// do may wait for a lock longer than a person is made to.
func patiently(do func() error) (err error) {
	for range 20 {
		if err = do(); !fault.Is(err, fault.Unavailable) {
			return err
		}
	}
	return err
}

// A theme that takes over where another was enabled, while an owner chooses a
// third there.
func TestAThemeThatReplacesOneLeavesNoSecond(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		y, ctx := newYard(t, dbtest.Open(t, url)), t.Context()
		b, harbour := y.second(url), y.workspace("Harbour", y.owner)
		y.theme("moss", "1.0.0")
		for round := range 8 {
			old, next := fmt.Sprintf("plum%d", round), fmt.Sprintf("fern%d", round)
			y.theme(old, "1.0.0")
			y.must(y.m.Enable(ctx, y.owner, old, harbour))
			got, err := y.m.Install(ctx, y.owner, themeOf(t, next, "1.0.0", old), plugins.InstallOptions{})
			y.must(err)
			var all sync.WaitGroup
			all.Go(func() {
				err := patiently(func() error {
					_, err := y.m.Consent(ctx, y.owner, next, plugins.ConsentOptions{Version: "1.0.0", SHA256: got.Plugin.Waiting.SHA256, All: true})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if err := patiently(func() error { return b.Enable(ctx, y.owner, "moss", harbour) }); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			if ids, err := db.PluginsEnabledIn(ctx, y.db.Read(), harbour); err != nil || len(ids) != 1 {
				t.Fatalf("in round %d the workspace has %v, %v", round, ids, err)
			}
		}
	})
}

// A theme takes another theme's place; a plugin that became one would stand beside it.
func TestNoUpdateTurnsAPluginIntoATheme(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y := newYard(t, d)
		y.theme("plum", "1.0.0")
		y.runs(pack{id: "tides"})
		for id, zip := range map[string][]byte{"tides": themeOf(t, "tides", "2.0.0"), "plum": (pack{id: "plum", version: "2.0.0"}).zip(t)} {
			before, err := y.m.Get(t.Context(), id)
			y.must(err)
			if _, err := y.m.Install(t.Context(), y.owner, zip, plugins.InstallOptions{GrantAll: true, Force: true}); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s became something else: %v", id, err)
			}
			after, err := y.m.Get(t.Context(), id)
			y.must(err)
			if after.Kind != before.Kind || after.Waiting != nil || after.Active.SHA256 != before.Active.SHA256 {
				t.Errorf("%s is %s %v, was %s", id, after.Kind, after.Waiting, before.Kind)
			}
		}
	})
}
