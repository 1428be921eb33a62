package server_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/plugins/wasm/wat"
)

// runs installs a package, agrees to all it asks for and enables it in Harbour.
func runs(t *testing.T, app *testkit.App, zip []byte, settings map[string]any) {
	t.Helper()
	got, err := app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true})
	must(t, err)
	if settings != nil {
		must(t, app.Plugins.SetSettings(context.Background(), app.Owner.Session, got.Plugin.ID, app.Harbour, settings))
	}
	must(t, app.Plugins.Enable(context.Background(), app.Owner.Session, got.Plugin.ID, app.Harbour))
}

// until asks until the answer says something: what happens beside a request is
// there when it is there.
func until(t *testing.T, text string, ask func() *testkit.Response) string {
	t.Helper()
	pause, end := time.NewTicker(20*time.Millisecond), time.Now().Add(30*time.Second)
	defer pause.Stop()
	for ; ; <-pause.C {
		r := ask()
		if strings.Contains(r.Body, text) {
			return r.Body
		}
		if time.Now().After(end) {
			t.Fatalf("it never says %q: %d %s", text, r.Status, r.Body)
		}
	}
}

// An event becomes an entry of the plugin's store, and the store a page and a widget.
func TestWhatHappensIsInTheExampleOfActivity(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	zip, err := examples.Package("activity")
	must(t, err)
	runs(t, app, zip, nil)
	there := "/w/" + app.Harbour + "/x/activity"
	pushAs(app.As(app.Editor), app.Harbour, thread(1, "Hull 14"))
	until(t, " change", func() *testkit.Response { return app.As(app.Viewer).Get(there).Is(200) })
	// A plugin that was too slow to say that it has counted is told again: once at least, not once.
	days := app.As(app.Viewer).With("HX-Request", "true").With("HX-Request-Type", "partial").Get(there + "/-/widgets/days?size=small").Is(200)
	if !regexp.MustCompile(`<th scope="row">23 Nov</th><td class="num">[1-9]`).MatchString(days.Body) {
		t.Errorf("today has no change: %s", days.Body)
	}
	app.As(app.Stranger).Get(there + "/-/widgets/days?size=small").Is(404)
	app.As(app.Owner).Get("/admin/audit").Is(200).Says("plugin:activity")
	if strings.Contains(app.As(app.Owner).Get("/admin").Is(200).Body, "plugin:activity") {
		t.Error("the overview shows what a plugin wrote among what people did")
	}
}

// A schedule reads what has changed and tells everybody, each their own notice.
func TestTheExampleOfADigestTellsEverybody(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	op := thread(1, "Hull 14")
	op["payload"].(map[string]any)["updated_at"] = app.Clock.Now().Unix()
	pushAs(app.As(app.Editor), app.Harbour, op)
	zip, err := examples.Package("digest")
	must(t, err)
	runs(t, app, zip, map[string]any{"hour": 0})
	for _, p := range []*testkit.Person{app.Viewer, app.Editor, app.Owner} {
		until(t, "1 conversation moved since yesterday", func() *testkit.Response {
			return app.As(p).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1000}).Is(200)
		})
	}
	log := app.As(app.Owner).Get("/api/admin/audit?action=plugin.&limit=200").Is(200)
	if !strings.Contains(log.Body, "plugin:digest") {
		t.Errorf("who told them is not in the audit log: %s", log.Body)
	}
}

// spinning is a plugin whose page never ends by itself.
func spinning(t *testing.T) []byte {
	t.Helper()
	var zip bytes.Buffer
	must(t, archive.PackFiles(&zip, map[string][]byte{
		"or3.manifest.json": []byte(`{"schema":1,"kind":"plugin","id":"kestrel.spin","name":"Spin","version":"1.0.0","api":"1","runtime":{"entry":"plugin.wasm","timeout_ms":50},
			"capabilities":[{"name":"ui.page","reason":"For tests."}],"contributes":{"pages":[{"path":"","title":"Spin"}]}}`),
		"plugin.wasm": wat.Compile(`(module (memory 1) (func (export "or3_page") (result i32) (loop $on (br $on)) (i32.const 0)))`),
	}))
	return zip.Bytes()
}

// Pages that never end are ended, then not begun any more; whoever asks for
// something else meanwhile gets it.
func TestPluginsThatNeverEndKeepNobodyElseWaiting(t *testing.T) {
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"limits.enabled": "false"}})
	runs(t, app, spinning(t), nil)
	there := "/w/" + app.Harbour + "/x/kestrel.spin"
	const loops, others, rounds = 8, 4, 10
	answers := make(chan string, loops*rounds)
	var all sync.WaitGroup
	for range loops {
		who := app.As(app.Viewer)
		all.Go(func() {
			for range rounds {
				r := who.Get(there)
				switch {
				case r.Status != http.StatusInternalServerError:
					answers <- fmt.Sprint(r.Status, r.Body)
				case strings.Contains(r.Body, "took too long and was stopped"):
					answers <- "stopped"
				case strings.Contains(r.Body, "paused for a while") && r.Header.Get("Retry-After") != "":
					answers <- "paused"
				case strings.Contains(r.Body, "Too many plugins are at work"):
					answers <- "busy"
				default:
					answers <- r.Body
				}
			}
		})
	}
	for range others {
		who := app.As(app.Editor)
		all.Go(func() {
			for range rounds {
				who.Get("/api/workspaces").Is(200)
				who.Get("/w/" + app.Harbour).Is(200)
				pushAs(who, app.Harbour, thread(1, "Hull 14"))
			}
		})
	}
	all.Wait()
	close(answers)
	count := map[string]int{}
	for a := range answers {
		count[a]++
	}
	// Three failures pause it; those that had begun by then end by themselves.
	if count["stopped"] < 3 || count["stopped"] > 3+loops || count["paused"] == 0 || count["stopped"]+count["paused"]+count["busy"] != loops*rounds {
		t.Errorf("its pages were answered with %v", count)
	}
	pulled := app.As(app.Viewer).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1000}).Is(200)
	if got := strings.Count(pulled.Body, `"Hull 14"`); got != others*rounds {
		t.Errorf("%d of %d threads arrived", got, others*rounds)
	}
}
