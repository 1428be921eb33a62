package engine_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/wire"
)

// Pages of a snapshot are read while others write; applied by rank, and
// followed by a pull from the watermark, they must give the rows as they are.
func TestASnapshotUnderWritesAndThePullAfterItGiveTheRowsAsTheyAre(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, n, round := newWorld(t, d), 0, 0
		rapid.Check(t, func(r *rapid.T) {
			if round++; round > 12 { // each one writes into the same workspace
				return
			}
			write := func() {
				n++
				pk := fmt.Sprintf("t%d", rapid.IntRange(0, 9).Draw(r, "row"))
				clock := int64(n)
				if rapid.Bool().Draw(r, "delete") {
					w.push(ann, remove(n, wire.Threads, pk, clock))
				} else {
					w.push(ann, thread(n, pk, clock))
				}
			}
			for range rapid.IntRange(1, 8).Draw(r, "writes before") {
				write()
			}
			rows := map[string]wire.Change{}
			take := func(c wire.Change) {
				old, known := rows[c.PK]
				rank := func(c wire.Change) wire.Rank {
					return wire.Rank{Clock: c.Stamp.Clock, Delete: c.Op == wire.Delete, HLC: c.Stamp.HLC, OpID: c.Stamp.OpID}
				}
				if !known || rank(c).Compare(rank(old)) > 0 {
					rows[c.PK] = c
				}
			}
			req := wire.SnapshotRequest{WorkspaceID: "w1", PageSize: rapid.IntRange(1, 4).Draw(r, "page")}
			cursor := int64(-1)
			for {
				page, err := w.e.Snapshot(t.Context(), bob, req)
				if err != nil {
					t.Fatal(err)
				}
				if cursor >= 0 && page.HighWatermark != cursor {
					t.Fatalf("the watermark moved from %d to %d", cursor, page.HighWatermark)
				}
				cursor = page.HighWatermark
				for _, c := range page.Items {
					take(c)
				}
				if req.PageToken = page.NextPageToken; req.PageToken == "" {
					break
				}
				write()
			}
			for _, c := range w.pull(bob, cursor, 1000).Changes {
				take(c)
			}
			whole, err := w.e.Snapshot(t.Context(), bob, wire.SnapshotRequest{WorkspaceID: "w1", PageSize: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(whole.Items) {
				t.Fatalf("%d rows, want %d", len(rows), len(whole.Items))
			}
			for _, want := range whole.Items {
				if got := rows[want.PK]; got.Stamp != want.Stamp || got.Op != want.Op {
					t.Fatalf("%s is %+v, want %+v", want.PK, got, want)
				}
			}
		})
	})
}
