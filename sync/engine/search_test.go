package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func (w *world) search(text string) engine.Found {
	w.t.Helper()
	found, err := w.e.Search(w.t.Context(), engine.SearchQuery{WorkspaceID: "w1", UserID: ann.UserID, Table: wire.Threads, Text: text, Limit: 3})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// A search reads so much of a workspace and no more, the newest first, and says
// so when there was more.
func TestASearchLooksAtSoMuchAndSaysWhenThereIsMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const threads = 1200 // more than two parts
		for n := 1; n <= threads; n += 100 {
			var ops []wire.Op
			for i := n; i < n+100; i++ {
				ops = append(ops, thread(i, fmt.Sprintf("t%05d", i), 1))
			}
			w.push(ann, ops...)
		}
		w.push(ann, remove(threads+1, wire.Threads, fmt.Sprintf("t%05d", threads), 2))
		for _, c := range []struct {
			what        string
			rows, bytes int
			text        string
			first       string
			hits        int
			partly      bool
		}{
			{"the oldest is found", 50_000, 64 << 20, "op 1", "t01199", 3, false},
			{"a word that one has", 50_000, 64 << 20, "77 BY", "t01177", 3, false},
			{"nobody has it", 50_000, 64 << 20, "nowhere", "", 0, false},
			{"exactly all rows", threads - 1, 64 << 20, "nowhere", "", 0, false},
			{"one row too few", threads - 2, 64 << 20, "nowhere", "", 0, true},
			{"enough was found before", 600, 64 << 20, "op", "t01199", 3, false},
			{"too many bytes", 50_000, 20_000, "nowhere", "", 0, true},
		} {
			w.e.BoundSearch(c.rows, c.bytes)
			got := w.search(c.text)
			first := ""
			if len(got.Hits) > 0 {
				first = got.Hits[0].ID
			}
			if first != c.first || len(got.Hits) != c.hits || got.Partly != c.partly {
				t.Errorf("%s: %d hits from %q on, partly %v", c.what, len(got.Hits), first, got.Partly)
			}
		}
	})
}

func TestAQueryHasSoManyWordsAndBytes(t *testing.T) {
	for text, want := range map[string]struct {
		words int
		all   bool
	}{
		"":                            {0, true},
		"Keel  keel KEEL":             {1, true},
		"a b c d e f g h":             {8, true},
		"a b c d e f g h i":           {8, false},
		strings.Repeat("x", 200):      {1, true},
		strings.Repeat("x", 201):      {1, false},
		strings.Repeat("Übermut ", 9): {1, true},
	} {
		words, all := engine.WordsOf(text)
		if len(words) != want.words || all != want.all {
			t.Errorf("%q gives %q, all of it: %v", text, words, all)
		}
	}
}
