package ui_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/ui"
)

// A plugin's own markup stands between parts of the console: it may neither run,
// nor lead anywhere in the reader's name, nor end what it did not begin.
func TestAPluginsMarkupIsHarmless(t *testing.T) {
	for source, want := range map[string]string{
		`<p>Hello <b>you</b></p>`: `<p>Hello <b>you</b></p>`,
		`</section></div><b>open`: `<b>open</b>`,
		`<b>open`:                 `<b>open</b>`,
		`<script>alert(1)</script><p onclick="x()">a</p>`:                       `<p>a</p>`,
		`<style>*{display:none}</style>a`:                                       `a`,
		`<p style="position:fixed" class="dialog" id="main">a</p>`:              `<p>a</p>`,
		`<form action="/admin"><input name="x"><button>Go</button></form>`:      `Go`,
		`<img src="https://example.com/x.png"><svg onload="x()"><p>a</p></svg>`: `<p>a</p>`,
		`<div hx-get="/admin" data-hx-post="/x" data-copy="y">a</div>`:          `<div>a</div>`,
		`<a href="javascript:alert(1)">a</a>`:                                   `a`,
		`<a href="https://example.com/">a</a>`:                                  `<a href="https://example.com/" rel="nofollow noreferrer">a</a>`,
		`<a href="//example.com/">a</a><a href="/\example.com">b</a>`:           `<a rel="nofollow noreferrer">a</a><a href="/%5Cexample.com" rel="nofollow noreferrer">b</a>`,
		`<b><a href="https://kestrel.example@example.com/">a</a></b>`:           `<b><a rel="nofollow noreferrer">a</a></b>`,
		`<iframe src="/admin"></iframe><object data="/x"></object>a`:            `a`,
		`<template><script>x</script></template><math><mi xlink:href="data:x">`: ``,
		`<table><tr><td colspan="2">a</td></tr></table>`:                        `<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>`,
	} {
		if got := string(ui.CleanHTML(source)); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

func FuzzAPluginsMarkupStaysWithin(f *testing.F) {
	f.Add(`</div><b>open <a href="javascript:x">`)
	f.Add(`<a href="a#script:x">`) // a place of this page, whatever it is called
	f.Fuzz(func(t *testing.T, source string) {
		clean := string(ui.CleanHTML(source))
		doc, err := html.Parse(strings.NewReader("<body><main><div>" + clean + "</div><hr></main></body>"))
		if err != nil {
			t.Fatal(err)
		}
		main := doc.FirstChild.LastChild.FirstChild
		if main.Data != "main" || main.NextSibling != nil || main.LastChild.Data != "hr" || main.FirstChild.NextSibling != main.LastChild {
			t.Fatalf("it breaks out: %q becomes %q", source, clean)
		}
		for n := range main.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "style", "form", "input", "img", "iframe", "object", "svg", "math", "link", "meta", "base", "template":
				t.Fatalf("%q has a %s", clean, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.Contains(a.Key, "hx-") || a.Key == "style" || a.Key == "id" || a.Key == "href" && elsewhere(a.Val) {
					t.Fatalf("%q has %s=%q", clean, a.Key, a.Val)
				}
			}
		}
	})
}

// elsewhere reports whether a link has a scheme that is not https.
func elsewhere(link string) bool {
	head, _, _ := strings.Cut(link, "/")
	head, _, _ = strings.Cut(head, "?")
	head, _, _ = strings.Cut(head, "#")
	return strings.Contains(head, ":") && !strings.EqualFold(head, "https:")
}

func drawn(t *testing.T, at ui.BlockPlace, blocks ...host.Block) string {
	t.Helper()
	var out bytes.Buffer
	if err := newRenderer(t).Fragment(&out, "partials/blocks", ui.Blocks(blocks, at)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAPluginsLinksStayWithItOrGoPlainlyElsewhere(t *testing.T) {
	at := ui.BlockPlace{ID: "p", Base: "/admin/x/yard", Page: "hulls", Query: "sort=name&cursor=c9", Refused: -1}
	page := drawn(t, at,
		&host.List{Items: []host.Item{{Title: "own", Link: "hulls/5"}, {Title: "query", Link: "?tab=2"}, {Title: "server", Link: "/w/w1"}, {Title: "away", Link: "https://example.com/"}, {Title: "bad", Link: "javascript:alert(1)"}}},
		&host.Table{Sort: "name", Next: "c10", Columns: []host.Column{{Key: "name", Title: "Name", Sortable: true}, {Key: "due", Title: "Due", Sortable: true}}, Rows: []host.Row{{ID: "1"}}})
	for _, want := range []string{
		`<a href="/admin/x/yard/hulls/5">own</a>`, `<a href="/admin/x/yard/hulls?tab=2">query</a>`, `<a href="/w/w1">server</a>`,
		`<a href="https://example.com/" rel="noopener noreferrer nofollow">away</a>`, `<p class="row-title">bad</p>`,
		`href="/admin/x/yard/hulls?desc=1&amp;sort=name"`, `href="/admin/x/yard/hulls?sort=due"`, `href="/admin/x/yard/hulls?cursor=c10&amp;sort=name"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// Tabs that lead elsewhere are filters: the one that is open says so.
func TestATabThatLeadsToWhatIsSeenIsMarked(t *testing.T) {
	page := drawn(t, ui.BlockPlace{ID: "p", Base: "/w/w1/x/yard", Refused: -1},
		&host.Tabs{Items: []host.Tab{{Title: "All", Link: "?kind="}, {Title: "People", Link: "?kind=people", Open: true}}})
	if !strings.Contains(page, `href="/w/w1/x/yard?kind=people" aria-current="page"`) || strings.Count(page, "aria-current") != 1 {
		t.Errorf("the open tab is not marked, or more than it:\n%s", page)
	}
}

// Not everything in a workspace is done by its members.
func TestWhoIsNoMemberIsNamedAsFarAsKnown(t *testing.T) {
	at := ui.BlockPlace{ID: "p", Refused: -1, People: func(id string) string { return map[string]string{"u1": "Ines Okafor"}[id] }}
	table := &host.Table{Columns: []host.Column{{Key: "who", Title: "Who", As: "member"}}}
	for _, id := range []string{"u1", "u-gone", "plugin:csv-import", ""} {
		table.Rows = append(table.Rows, host.Row{ID: "r" + id, Cells: map[string]host.Cell{"who": host.Of(id)}})
	}
	page := drawn(t, at, table)
	for _, want := range []string{"Ines Okafor", "Somebody", "Plugin csv-import", "The server"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

func TestAPluginsFormCarriesWhatItAskedFor(t *testing.T) {
	form := &host.Form{Action: "save", Confirm: "Save it?", Elements: host.Elements{
		&host.TextField{Field: host.Field{Name: "name", Label: "Name", Required: true}, Value: "Hull 14"},
		&host.FileField{Field: host.Field{Name: "plan", Label: "Plan"}, Accept: []string{"text/csv"}},
		&host.SecretField{Field: host.Field{Name: "key", Label: "Key"}, Set: true},
	}}
	at := ui.BlockPlace{ID: "p", Base: "/w/w1/x/yard", Page: "new", Refused: -1, Seal: func(f *host.Form) string { return "seal of " + f.Action }}
	page := drawn(t, at, form)
	for _, want := range []string{`action="/w/w1/x/yard/-/actions/save"`, `enctype="multipart/form-data"`, `name="_sealed" value="seal of save"`, `name="_page" value="new"`, `value="Hull 14"`,
		`accept="text/csv"`, `<dialog class="dialog"`, `Save it?`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	at.Refused, at.Values, at.Errors = 0, map[string]string{"name": "typed"}, map[string]string{"name": "Another has this name."}
	page = drawn(t, at, form, form)
	if strings.Count(page, `value="typed"`) != 1 || strings.Count(page, "Another has this name.") != 2 { // in the summary and beside the field
		t.Errorf("what was refused does not come back, or in both forms:\n%s", page)
	}
	if strings.Count(page, "Name: Another has this name.") != 1 {
		t.Errorf("the summary does not say which field it means:\n%s", page)
	}
}

// A button says what it was shown with, asks what the manifest has asked, and a
// button in a form sends the form elsewhere; none of their names is an element's.
func TestAPluginsButtonsCarryWhatTheyWereShownWith(t *testing.T) {
	at := ui.BlockPlace{ID: "p", Base: "/w/w1/x/yard", Page: "new", Refused: -1, Keep: []ui.Hidden{{Name: "_widget", Value: "slips"}},
		Mark: func(action, values string) string { return action + values }, Questions: map[string]string{"plan": "Plan anew?"}}
	page := drawn(t, at, &host.Actions{Items: []host.Button{{Label: "Lower", Action: "lower", Values: map[string]any{"n": 1.0}}, {Label: "Plan", Action: "plan"}}},
		&host.Form{Action: "save", Elements: host.Elements{&host.ButtonField{Button: host.Button{Label: "Try", Action: "try"}}, &host.ButtonField{Button: host.Button{Label: "Help", Link: "help"}},
			&host.ButtonField{Button: host.Button{Label: "Clear", Action: "clear", Confirm: "Clear it?"}}, &host.Combobox{Field: host.Field{Name: "page", Label: "Page"}, Action: "propose"}}})
	for _, want := range []string{
		`name="_sealed" value="lower{&#34;n&#34;:1}"`, `name="_widget" value="slips"`, `hx-post="/w/w1/x/yard/-/actions/lower"`,
		`Plan anew?`, `name="_confirmed" value="1"`, `formaction="/w/w1/x/yard/-/actions/try" hx-post="/w/w1/x/yard/-/actions/try"`, `href="/w/w1/x/yard/help"`,
		`value="1" formaction="/w/w1/x/yard/-/actions/clear"`, `data-proposals="/w/w1/x/yard/-/proposals/propose"`, `name="page"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if n := strings.Count(page, `name="page"`); n != 1 {
		t.Errorf("%d things are called page: the server's and an element's are one", n)
	}
}

// The path of a page may hold what an address keeps for itself: a hull's number is
// the plugin's to choose.
func TestAPluginsPageIsReachedAgainWhateverItsPathHolds(t *testing.T) {
	at := ui.BlockPlace{ID: "p", Base: "/w/w1/x/yard", Page: "hulls/A?1#2\n", Query: "tab=2", Refused: -1}
	page := drawn(t, at, &host.List{Items: []host.Item{{Title: "query", Link: "?tab=3"}}}, &host.Form{Elements: host.Elements{&host.TextField{Field: host.Field{Name: "a", Label: "A"}}}},
		&host.Table{Columns: []host.Column{{Key: "name", Title: "Name", Sortable: true}}, Rows: []host.Row{{ID: "1"}}})
	for _, want := range []string{`href="/w/w1/x/yard/hulls/A%3F1%232%0A?tab=3"`, `action="/w/w1/x/yard/hulls/A%3F1%232%0A" hx-post="/w/w1/x/yard/hulls/A%3F1%232%0A"`, `href="/w/w1/x/yard/hulls/A%3F1%232%0A?sort=name&amp;tab=2"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// The scale of numbers near the largest there is would end at infinity, which no
// step ever passes. The language refuses them; drawing ends all the same.
func TestAChartsScaleEnds(t *testing.T) {
	drawn := make(chan int, 1)
	go func() {
		chart := ui.Blocks(host.Blocks{&host.Chart{Kind: "bar", Title: "t", Labels: []string{"a", "b"}, Series: []host.Series{{Name: "a", Values: []float64{0, 1.7e308}}}}}, ui.BlockPlace{})[0].Chart
		drawn <- len(chart.Grid)
	}()
	select {
	case n := <-drawn:
		if n > 10 {
			t.Errorf("the scale has %d lines", n)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it is still being drawn")
	}
}

func TestAChartsScaleIsRoundAndHoldsItsValues(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []string
	}{
		{[]float64{0, 11}, []string{"0", "5", "10", "15"}},
		{[]float64{0}, []string{"0", "0.5", "1"}},
		{[]float64{-1, 2}, []string{"-1", "0", "1", "2"}},
		{[]float64{0.001, 0.004}, []string{"0", "0.002", "0.004"}},
		{[]float64{5e-324}, []string{"0", "0.5", "1"}}, // its third is 0, and no step leads on
		{[]float64{1e6, 3e6}, []string{"0", "1,000,000", "2,000,000", "3,000,000"}},
	} {
		labels := make([]string, len(c.values))
		for i := range labels {
			labels[i] = "x"
		}
		chart := ui.Blocks(host.Blocks{&host.Chart{Kind: "line", Title: "t", Labels: labels, Series: []host.Series{{Name: "a", Values: c.values}}}}, ui.BlockPlace{})[0].Chart
		var got []string
		for _, g := range chart.Grid {
			got = append(got, g.Text)
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%v: %q, want %q", c.values, got, c.want)
		}
	}
}
