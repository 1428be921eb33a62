package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/examples"
)

type toldTraces struct {
	Calls []struct {
		Export        string  `json:"export"`
		About         string  `json:"about"`
		Outcome       string  `json:"outcome"`
		TookMS        float64 `json:"took_ms"`
		BudgetMS      float64 `json:"budget_ms"`
		Memory        int64   `json:"memory"`
		MemoryMB      int     `json:"memory_mb"`
		MostHostCalls int     `json:"most_host_calls"`
	} `json:"calls"`
	Log []struct {
		Level string `json:"level"`
		Text  string `json:"text"`
	} `json:"log"`
	Next int64 `json:"next"`
}

func (t toldTraces) exports() (names string) {
	for _, c := range t.Calls {
		names += c.Export + " " + c.Outcome + ", "
	}
	return names
}

// A developer is told each call once, those of workspaces where they may see it.
func TestAPluginsCallsAreToldToWhoWorksOnIt(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	zip, err := examples.Package("hello")
	must(t, err)
	_, err = app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true})
	must(t, err)
	for who, workspace := range map[*testkit.Person]string{app.Owner: app.Harbour, app.Stranger: app.Elsewhere} {
		must(t, app.Plugins.Enable(context.Background(), who.Session, "hello", workspace))
	}
	const at = "/api/admin/plugins/hello/traces"
	ask := func(who *testkit.Person, query string) (told toldTraces) {
		t.Helper()
		must(t, json.Unmarshal([]byte(app.As(who).Get(at+"?"+query).Is(200).Body), &told))
		return told
	}
	if told := ask(app.Owner, "after=0&workspace_id="+app.Harbour); len(told.Calls) != 0 || told.Log == nil || told.Next != 0 {
		t.Fatalf("before any call it tells %+v", told)
	}
	app.Clock.Advance(time.Second)
	app.As(app.Viewer).Get("/w/" + app.Harbour + "/x/hello").Is(200)
	first := ask(app.Owner, "after=0&workspace_id="+app.Harbour)
	if first.exports() != "or3_page ok, " {
		t.Fatalf("after a page it tells %s", first.exports())
	}
	if c := first.Calls[0]; c.TookMS <= 0 || c.BudgetMS < 1000 || c.Memory <= 0 || c.MemoryMB != 16 || c.MostHostCalls != 500 {
		t.Errorf("the call is told as %+v", c)
	}
	app.Clock.Advance(time.Second)
	app.As(app.Stranger).Get("/w/" + app.Elsewhere + "/x/hello").Is(200)
	app.Clock.Advance(time.Second)
	app.As(app.Viewer).Get("/w/" + app.Harbour + "/x/hello/-/widgets/hello").Is(200)
	after := fmt.Sprint("after=", first.Next)
	for _, c := range []struct {
		who         *testkit.Person
		query, want string
	}{
		{app.Owner, after + "&workspace_id=" + app.Harbour, "or3_widget ok, "},
		{app.Owner, after, "or3_page ok, or3_widget ok, "}, // the deployment is theirs
		{app.Stranger, "after=0&workspace_id=" + app.Elsewhere, "or3_page ok, "},
		{app.Stranger, "after=0", "or3_page ok, "},
	} {
		if got := ask(c.who, c.query).exports(); got != c.want {
			t.Errorf("%s is told for %s: %s, want %s", c.who.Name, c.query, got, c.want)
		}
	}
	if c := ask(app.Owner, after+"&workspace_id="+app.Harbour).Calls[0]; c.About != "hello" {
		t.Errorf("which widget it was is told as %q", c.About)
	}
	app.As(app.Owner).Get("/admin/plugins/hello/calls").Is(200).Says("Widget <code>hello</code>")
	app.As(app.Stranger).Get(at + "?after=0&workspace_id=" + app.Harbour).Is(404)
	app.As(app.Viewer).Get(at + "?after=0&workspace_id=" + app.Harbour).Is(403)
	app.As(app.Owner).Get("/api/admin/plugins/nothing/traces").Is(404)
	app.As(app.Owner).Get(at + "?after=-1").Is(422)
}

func TestAPluginsLogIsToldWithItsCalls(t *testing.T) {
	app := withYard(t, testkit.Options{})
	app.Clock.Advance(time.Second)
	app.As(app.Owner).Get("/w/" + app.Harbour + "/x/yard.plan/trap").Is(500)
	var told toldTraces
	must(t, json.Unmarshal([]byte(app.As(app.Owner).Get("/api/admin/plugins/yard.plan/traces?after=0&workspace_id="+app.Harbour).Is(200).Body), &told))
	if told.exports() != "or3_page trap, " || len(told.Log) == 0 || !strings.Contains(told.Log[0].Text, "index out of range") {
		t.Errorf("told as %+v", told)
	}
	app.As(app.Owner).Get(fmt.Sprint("/api/admin/plugins/yard.plan/traces?after=", told.Next)).Is(200).Says(`"calls":[]`).Says(`"log":[]`)
}

// A page of a version that somebody works on asks whether there is a newer one; no
// page of a released version does.
func TestOpenPagesOfAPluginThatIsWorkedOnLoadAgain(t *testing.T) {
	app := testkit.Open(t, testkit.Options{})
	there := "/w/" + app.Harbour + "/x/kestrel.buoy"
	widgets := `,"widgets":[{"id":"mark","title":"Mark","size":"small"}]`
	put := func(version string) {
		t.Helper()
		zip := buoyWith(t, version, `,{"name":"ui.widget","reason":"Shows a buoy."}`, widgets)
		_, err := app.Plugins.Install(context.Background(), app.Owner.Session, zip, plugins.InstallOptions{GrantAll: true, Force: true})
		must(t, err)
	}
	asks := func(path string) string {
		t.Helper()
		found := regexp.MustCompile(`hx-get="([^"]+/-/dev\?sha=[0-9a-f]+)" hx-trigger="every 1s"`).FindStringSubmatch(app.As(app.Owner).Get(path).Is(200).Body)
		if found == nil {
			return ""
		}
		return found[1]
	}
	put("1.0.0")
	must(t, app.Plugins.Enable(context.Background(), app.Owner.Session, "kestrel.buoy", app.Harbour))
	board := "/w/" + app.Harbour + "/dashboard"
	if !strings.Contains(app.As(app.Owner).Get(board).Body, there+"/-/widgets/mark") {
		t.Fatal("the dashboard has no widget to look at")
	}
	for _, path := range []string{there, board} {
		if got := asks(path); got != "" {
			t.Errorf("%s of a released version asks %s", path, got)
		}
	}
	put("1.0.0+dev.7.1")
	page, widget := asks(there), asks(board)
	if !strings.HasPrefix(page, there+"/-/dev?") || widget != page {
		t.Fatalf("the page asks %q, the dashboard %q", page, widget)
	}
	refreshes := func(who *testkit.Person) string { return app.As(who).Get(page).Is(204).Header.Get("HX-Refresh") }
	if got := refreshes(app.Viewer); got != "" {
		t.Errorf("nothing changed, and it loads again: %q", got)
	}
	put("1.0.0+dev.7.2")
	if got := refreshes(app.Viewer); got != "true" {
		t.Errorf("another version runs, and the page stays: %q", got)
	}
	if again := asks(there); again == page || again == "" {
		t.Errorf("the new page asks %q", again)
	}
	put("1.0.1")
	if got := refreshes(app.Owner); got != "true" || asks(there) != "" {
		t.Errorf("a release is there, and the page says %q", got)
	}
	app.As(app.Stranger).Get(page).Is(404)
}

// What a plugin answers and nobody can be shown is told to who looks for the reason, also
// when the plugin was stopped.
func TestAnAnswerThatCannotBeShownIsToldWhereOneLooks(t *testing.T) {
	app := withYard(t, testkit.Options{})
	owner, there := app.As(app.Owner), "/w/"+app.Harbour+"/x/yard.plan"
	app.Clock.Advance(time.Second)
	owner.Get(there + "/hulls").Is(200)
	owner.Get(there + "/away").Is(500).Says("cannot be shown")
	owner.Get(there + "/large").Is(500).Says("cannot be shown")
	const at = "/admin/plugins/yard.plan"
	told := func(after int64) (told toldTraces) {
		t.Helper()
		must(t, json.Unmarshal([]byte(owner.Get(fmt.Sprintf("/api%s/traces?after=%d&workspace_id=%s", at, after, app.Harbour)).Is(200).Body), &told))
		return told
	}
	look := func(when string) {
		t.Helper()
		bad := owner.Get(at + "/calls?end=bad").Is(200).Says("Answered wrongly").Says("<code>away</code>").Says("<code>large</code>")
		if strings.Contains(bad.Body, "<code>hulls</code>") {
			t.Errorf("%s: a page that was drawn is listed as failed", when)
		}
		owner.Get(at + "/log").Is(200).Says("/redirect: an address below the plugin").Says("at most 262144 are drawn")
		if f := app.Plugins.Figures("yard.plan"); f.Errors != 2 {
			t.Errorf("%s: %d errors", when, f.Errors)
		}
		if got := told(0); got.exports() != "or3_page ok, or3_page bad_answer, or3_page bad_answer, " || len(got.Log) != 2 {
			t.Errorf("%s: told as %+v", when, got)
		}
	}
	look("while it runs")
	next := told(0).Next
	must(t, app.Plugins.Stop(context.Background(), app.Owner.Session, "yard.plan"))
	look("stopped")
	if got := told(next); len(got.Calls) > 0 || got.Next != next {
		t.Errorf("stopped, it tells %+v", got)
	}
	must(t, app.Plugins.Start(context.Background(), app.Owner.Session, "yard.plan"))
	app.Clock.Advance(time.Second)
	owner.Get(there + "/hulls").Is(200)
	if got := told(next); got.exports() != "or3_page ok, " || got.Next <= next {
		t.Errorf("started again, it tells %+v", got)
	}
}
