package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Who listens learns which shared rows have changed, and of nobody's private ones.
func TestTheHookOfAppliedRowsTellsWhatEverybodyShares(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var heard []string
		engine.RowsApplied.On(w.bus, hook.Options{Name: "test"}, func(_ context.Context, e engine.RowsEvent) {
			for _, r := range e.Rows {
				heard = append(heard, fmt.Sprintf("%s %t %s/%s %s created=%v v%d", e.WorkspaceID, e.Actor.ID == ann.UserID, r.Table, r.PK, r.Op, r.Created, r.ServerVersion))
			}
		})
		put := func(id string) {
			t.Helper()
			if _, _, err := w.e.PutRow(t.Context(), ann, "w1", wire.Posts, id, []byte(`{"title":"x","content":"x","post_type":"doc","created_at":1,"updated_at":1}`)); err != nil {
				t.Fatal(err)
			}
		}
		put("p")
		put("p")
		if _, err := w.e.DeleteRow(t.Context(), ann, "w1", wire.Posts, "p"); err != nil {
			t.Fatal(err)
		}
		put("p")
		private := "user." + ann.UserID + ".x"
		if _, _, err := w.e.PutRow(t.Context(), ann, "w1", wire.KV, private, []byte(fmt.Sprintf(`{"name":%q,"value":"x","created_at":1,"updated_at":1}`, private))); err != nil {
			t.Fatal(err)
		}
		if err := w.e.Tell(t.Context(), "w1", ann.UserID, engine.Notice{Type: "x", Title: "x"}); err != nil {
			t.Fatal(err)
		}
		if err := w.e.SetKV(t.Context(), "w1", "plugins.enabled", "[]"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.e.PutRow(t.Context(), ann, "w1", wire.Posts, "bad", []byte(`{}`)); err == nil {
			t.Fatal("a bad row was written")
		}
		want := []string{
			"w1 true posts/p put created=true v1", "w1 true posts/p put created=false v2", "w1 true posts/p delete created=false v3", "w1 true posts/p put created=true v4",
		}
		if !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}
