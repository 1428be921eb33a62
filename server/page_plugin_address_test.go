package server

import (
	"testing"

	"or3.cloud/or3/plugins"
)

// The path of a page may hold what an address keeps for itself, and where an answer
// leads from there keeps it in the path.
func TestAPluginsAnswerLeadsBackToItsPageWhateverItsPathHolds(t *testing.T) {
	t.Parallel()
	p := pluginPlace{Active: plugins.Active{ID: "yard"}, base: "/w/w1/x/yard", page: "hulls/A?1#2", query: "tab=2"}
	if got := p.here(); got != "/w/w1/x/yard/hulls/A%3F1%232?tab=2" {
		t.Errorf("the page is at %s", got)
	}
	for to, want := range map[string]string{
		"?tab=3": "/w/w1/x/yard/hulls/A%3F1%232?tab=3", "#end": "/w/w1/x/yard/hulls/A%3F1%232#end", "hulls": "/w/w1/x/yard/hulls", "/w/w1": "/w/w1", "": "/w/w1/x/yard",
	} {
		if got := p.address(to); got != want {
			t.Errorf("%q leads to %s, want %s", to, got, want)
		}
	}
	p.page, p.query = "", ""
	if got := p.here(); got != "/w/w1/x/yard" {
		t.Errorf("the first page is at %s", got)
	}
}
