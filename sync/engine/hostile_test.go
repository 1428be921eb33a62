package engine_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Anybody who may write into a workspace chooses how many rows it has and how
// large each is. What others ask for must stay cheap all the same.

// allocated gives how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestADeepTreeOfAProjectCostsNoMoreThanAFlatOne(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	thread := w.start(ann, "At the bottom", "x")
	const depth = 3000
	tree := strings.Repeat(`[{"children":`, depth) + strings.Repeat(" ", 150_000) + fmt.Sprintf(`[{"kind":"thread","id":%q}]`, thread.ID) + strings.Repeat(`}]`, depth)
	quoted, err := jsontext.AppendQuote(nil, tree)
	w.must(err)
	w.push(bob, newOp(fmt.Sprintf(`{"id":"deep","name":"Deep","data":%s,"created_at":1,"updated_at":1}`, quoted), wire.Projects, "deep", 1))
	bytes := allocated(func() {
		entries, err := w.e.ProjectEntries(t.Context(), engine.Ref{WorkspaceID: "w1", ID: "deep"})
		w.must(err)
		if len(entries) != 1 || entries[0].ID != thread.ID {
			t.Errorf("the tree holds %v, want the thread at its bottom", entries)
		}
	})
	if bytes > 100<<20 {
		t.Errorf("reading a tree of 200 kB allocated %d MB", bytes>>20)
	}
}

// large is a put of a thread with a payload of about so many bytes.
func large(pk string, clock int64, size int) wire.Op {
	return newOp(fmt.Sprintf(`{"id":%q,"title":"at %d","status":"ready","pinned":false,"created_at":1,"updated_at":1,"more":%q}`, pk, clock, strings.Repeat("x", size)), wire.Threads, pk, clock)
}

func TestAFloodOfWritesKeepsNobodyFromBringingBackWhatWasThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := large("row", 1, 10)
		w.push(ann, first, large("row", 2, 10))
		for range 3 {
			var lost []wire.Op
			for range wire.MaxOps {
				lost = append(lost, large("row", 1, 10))
			}
			w.push(bob, lost...)
		}
		_, err := w.e.BringBack(t.Context(), ann, "w1", wire.Threads, "row", first.Stamp.OpID)
		w.must(err)
		thread, err := w.e.Thread(t.Context(), engine.Ref{WorkspaceID: "w1", ID: "row"})
		if w.must(err); thread.Title != "at 1" {
			t.Errorf("the row is %q, want what was brought back", thread.Title)
		}
	})
}

// fill pushes n messages of about so many bytes into a thread.
func (w *world) fill(thread engine.Ref, n, size int) {
	w.t.Helper()
	for i := range n {
		id := uuid.Must(uuid.NewV7()).String()
		w.push(bob, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"k","data":{"content":"%d%s"},"created_at":1,"updated_at":1}`,
			id, thread.ID, i+1, i+1, strings.Repeat("x", size)), wire.Messages, id, 1))
	}
}

func TestAForkCopiesNoMoreThanItSays(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	heavy := w.start(ann, "Heavy", "0")
	w.fill(heavy, 80, 250_000)
	_, err := w.e.ForkThread(t.Context(), bob, engine.Fork{Parent: heavy, Copy: true})
	w.wantFault(err, fault.Invalid)
	if _, err := w.e.ForkThread(t.Context(), bob, engine.Fork{Parent: heavy}); err != nil {
		t.Errorf("a branch copies nothing, and is refused: %v", err)
	}

	long := w.start(ann, "Long", "0")
	w.fill(long, 210, 1)
	id, err := w.e.ForkThread(t.Context(), bob, engine.Fork{Parent: long, Copy: true})
	w.must(err)
	of := func(thread engine.Ref) (texts []string) {
		page, err := w.e.Messages(t.Context(), engine.MessageQuery{Thread: thread, Limit: 500})
		w.must(err)
		for _, m := range page.Messages {
			texts = append(texts, m.Text)
		}
		return texts
	}
	if got, want := of(engine.Ref{WorkspaceID: "w1", ID: id}), of(long); len(want) != 211 || !slices.Equal(got, want) {
		t.Errorf("a copy of %d messages has %d, or others", len(want), len(got))
	}
}

func TestACopyOfACopyNamesWhoWroteItFirst(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	first := w.start(ann, "Keel", "Ann wrote this.")
	copied := engine.Ref{WorkspaceID: "w1"}
	for _, by := range []engine.Actor{bob, ann} {
		from := copied
		if from.ID == "" {
			from = first
		}
		id, err := w.e.ForkThread(t.Context(), by, engine.Fork{Parent: from, Copy: true})
		w.must(err)
		copied.ID = id
		rows, err := db.MessagesBefore(t.Context(), w.d.Read(), "w1", id, nil, 10)
		w.must(err)
		if want := `"copied_author_id":"` + ann.UserID + `"`; len(rows) != 1 || !strings.Contains(rows[0].Payload, want) || rows[0].CreatedBy != by.UserID {
			t.Errorf("copied by %s: %+v, want %s", by.UserID, rows, want)
		}
	}
}

func TestListsKeepTheBeginningsOfLongTexts(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	for i := range 60 {
		pk := fmt.Sprintf("p%02d", i)
		w.push(bob, newOp(fmt.Sprintf(`{"id":%q,"title":%q,"content":%q,"post_type":"prompt","created_at":1,"updated_at":1}`, pk, pk, strings.Repeat("é", 100_000)), wire.Posts, pk, 1),
			newOp(fmt.Sprintf(`{"id":%q,"name":%q,"description":%q,"created_at":1,"updated_at":1}`, pk, pk, strings.Repeat("é", 10_000)), wire.Projects, pk, 1))
	}
	posts, err := w.e.Posts(t.Context(), engine.PostQuery{WorkspaceID: "w1", Type: engine.Prompt, Limit: 500})
	w.must(err)
	projects, err := w.e.Projects(t.Context(), "w1", "", 55)
	w.must(err)
	if len(posts.Posts) != 60 || len(projects) != 55 || projects[0].Name != "p00" || projects[54].Name != "p54" {
		t.Errorf("%d posts and %d projects are listed, want 60 and the first 55 by name", len(posts.Posts), len(projects))
	}
	for i, p := range posts.Posts {
		if n := len(p.Content); n > 2000 || n < 1990 || strings.ContainsRune(p.Content, '\uFFFD') {
			t.Fatalf("the %d. post of a list brings %d bytes", i, n)
		}
	}
}
