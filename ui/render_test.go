package ui

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func newRenderer(t *testing.T) *Renderer {
	t.Helper()
	assets, err := EmbeddedAssets()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRenderer(Options{Assets: assets})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func testClock() Clock {
	return NewClock("Europe/Oslo", "en-GB", time.Date(2026, 11, 23, 13, 31, 8, 0, time.UTC))
}

func TestEveryLayoutShowsAPage(t *testing.T) {
	r := newRenderer(t)
	for _, layout := range []Layout{LayoutApp, LayoutAdmin, LayoutBare, LayoutWizard, LayoutPlain, ""} {
		shell := Shell{Layout: layout, Title: "Missing", Site: "Kestrel & Sons", Person: Person{ID: "u1", Name: `Ines "the" <b>`},
			Sync: &SyncFoot{Icon: "check", Word: "Synced", Tone: OK}, Nav: AdminNav(Scope{}, "audit", map[string]int{"audit": 3}),
			Flash: &Notice{Text: "Removed Sol.", Undo: &Action{URL: "/undo"}}, Steps: []Step{{Name: "Owner", Done: true}, {Name: "Workspace", Now: true}}, Commands: Commands()}
		var page bytes.Buffer
		if err := r.Page(&page, shell, "error", ErrorView{Status: 404, Title: "Nothing here"}); err != nil {
			t.Fatalf("layout %q: %v", layout, err)
		}
		text := page.String()
		for _, want := range []string{"<!doctype html>", "<title>Missing · Kestrel &amp; Sons</title>", `<html lang="en" data-theme="system">`, "<h1>Nothing here</h1>", `id="main"`, `id="notices"`, `id="toasts"`, "Removed Sol.", `"prefix":""`} {
			if !strings.Contains(text, want) {
				t.Errorf("layout %q lacks %s", layout, want)
			}
		}
		for _, wrong := range []string{"<b>", "#ZgotmplZ", "<no value>", "&lt;!doctype"} {
			if strings.Contains(text, wrong) {
				t.Errorf("layout %q has %s", layout, wrong)
			}
		}
		if n := strings.Count(text, "<main"); n != 1 {
			t.Errorf("layout %q has %d mains", layout, n)
		}
	}
}

func TestTheComponentPageShowsEverything(t *testing.T) {
	var page bytes.Buffer
	if err := newRenderer(t).Page(&page, Shell{Layout: LayoutAdmin, Title: "Components"}, "kit", Kit(testClock())); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []EmptyKind{NothingYet, NoMatch, NotAllowed, LoadFailed, NotOnDevice, AllDone} {
		if !strings.Contains(page.String(), `data-kind="`+string(kind)+`"`) {
			t.Errorf("the component page lacks the empty state %q", kind)
		}
	}
}

func TestAFailingPageLeavesNothingBehind(t *testing.T) {
	r := newRenderer(t)
	var page bytes.Buffer
	if err := r.Page(&page, Shell{}, "error", struct{ Title string }{"half"}); err == nil {
		t.Error("a view that lacks fields should fail")
	}
	if err := r.Page(&page, Shell{}, "no-such-page", nil); err == nil {
		t.Error("a page that does not exist should fail")
	}
	if page.Len() != 0 {
		t.Errorf("wrote %q", page.String())
	}
}

func TestAMissingKeyOfAMapFails(t *testing.T) {
	if err := newRenderer(t).Fragment(io.Discard, "partials/badge", map[string]string{"Word": "New"}); err == nil {
		t.Error("a map without Style should fail instead of printing <no value>")
	}
}

func TestPartsAndFragmentsComeWithoutALayout(t *testing.T) {
	r := newRenderer(t)
	var part, fragment bytes.Buffer
	if err := r.PagePart(&part, Shell{Title: "Gone <b>", Site: "Kestrel"}, "error", ErrorView{Title: "Gone"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Fragment(&fragment, "partials/badge", Badge{Word: "<i>"}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(part.String(), "<title>Gone &lt;b&gt; · Kestrel</title>") || strings.Contains(part.String(), "<html") {
		t.Errorf("part is %q", part.String())
	}
	if got := strings.TrimSpace(fragment.String()); got != `<span class="badge">&lt;i&gt;</span>` {
		t.Errorf("fragment is %q", got)
	}
}

// The engine's own layout mechanism breaks under exactly this load.
func TestManyRendersAtOnceStayApart(t *testing.T) {
	r := newRenderer(t)
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			name := strings.Repeat(string(rune('a'+n)), 20)
			for range 60 {
				var page bytes.Buffer
				if err := r.Page(&page, Shell{Layout: LayoutAdmin}, "error", ErrorView{Title: name}); err != nil {
					t.Error(err)
					return
				}
				if strings.Count(page.String(), name) != 1 {
					t.Errorf("page of %s holds something else", name)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestDevelopmentModeReadsTemplatesAgain(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "templates", "partials", "badge.html")
	write := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	assets, err := EmbeddedAssets()
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRenderer(Options{Assets: assets, Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "second"} {
		write(want)
		var out bytes.Buffer
		if err := r.Fragment(&out, "partials/badge", nil); err != nil || out.String() != want {
			t.Errorf("got %q, %v, want %q", out.String(), err, want)
		}
	}
	write("{{broken")
	if err := r.Reload(); err == nil {
		t.Error("a broken template should not load")
	}
}

func TestAClientsFactsCannotCloseTheScript(t *testing.T) {
	var page bytes.Buffer
	shell := Shell{Commands: []Command{{ID: "x", Label: "</script><script>alert(1)</script>"}}}
	if err := newRenderer(t).Page(&page, shell, "error", ErrorView{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script>alert") {
		t.Error("the label closed the script")
	}
}

func BenchmarkPage(b *testing.B) {
	assets, err := EmbeddedAssets()
	if err != nil {
		b.Fatal(err)
	}
	r, err := NewRenderer(Options{Assets: assets})
	if err != nil {
		b.Fatal(err)
	}
	shell := Shell{Layout: LayoutAdmin, Title: "Missing", Commands: Commands(), Nav: AdminNav(Scope{}, "", nil), Person: Person{ID: "u", Name: "Ines"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Page(io.Discard, shell, "error", ErrorView{Title: "Nothing here"}); err != nil {
			b.Fatal(err)
		}
	}
}
