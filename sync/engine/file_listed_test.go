package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// listedIs holds the count of listed files against what they add up to.
func (w *world) listedIs(workspace string) (n int64) {
	w.t.Helper()
	n, err := db.ListedBytes(context.Background(), w.d.Read(), workspace)
	w.must(err)
	sum, err := db.SumListedBytes(context.Background(), w.d.Read(), workspace)
	w.must(err)
	if n != sum {
		w.t.Fatalf("listed files of %s are counted as %d bytes and have %d", workspace, n, sum)
	}
	return n
}

func (w *world) books(change func(ctx context.Context, tx bun.Tx) error) {
	w.t.Helper()
	w.must(w.d.Write(context.Background(), change))
}

// Blobs come and go on one node while two others push about them, trash, restore
// and delete: nothing is counted twice, nothing is missed.
func TestListedFilesAreCountedWhateverComesFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := func(i int) string { return fmt.Sprintf("sha256:%064x", i) }
		counted := int64(0)
		for round := range 6 {
			var all sync.WaitGroup
			for actor := range 4 {
				random := rand.New(rand.NewPCG(uint64(round), uint64(actor)))
				all.Go(func() {
					for step := range 12 {
						n, workspace, i := 10_000+1000*round+100*actor+step, fmt.Sprintf("w%d", 1+random.IntN(2)), random.IntN(6)
						if actor < 2 {
							op := fileMeta(n, hash(i), `"name":"quay.png"`, int64(1+20*round+step))
							if random.IntN(2) == 0 {
								op = remove(n, wire.FileMeta, hash(i), int64(1+20*round+step))
							}
							other := fileMeta(n+50, hash((i+1)%6), fmt.Sprintf(`"name":"quay.png","trashed_at":%d`, step), int64(1+20*round+step))
							_, err := w.e.Push(context.Background(), bob, wire.PushRequest{WorkspaceID: workspace, Ops: []wire.Op{op, other}})
							w.must(err)
							continue
						}
						w.books(func(ctx context.Context, tx bun.Tx) error {
							if _, err := db.LockStorageUsage(ctx, tx, workspace); err != nil {
								return err
							}
							if random.IntN(2) == 0 {
								_, err := db.DeleteBlob(ctx, tx, workspace, hash(i))
								return err
							}
							list := []db.Blob{}
							for _, i := range []int{i, (i + 1) % 6, i} {
								list = append(list, db.Blob{WorkspaceID: workspace, Hash: hash(i), SizeBytes: int64(1) << (4 * i), MediaType: "image/png", Provider: "disk", CreatedBy: ann.UserID, CreatedAt: now})
							}
							_, err := db.InsertBlobs(ctx, tx, list)
							return err
						})
					}
				})
			}
			all.Wait()
			counted += w.listedIs("w1") + w.listedIs("w2")
		}
		if counted == 0 {
			t.Error("no file was ever listed: the test has lost its point")
		}
	})
}

// A row is written about a file and deleted by the same push, in both orders.
func TestAListedFileIsCountedByWhatIsLeftOfAPush(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := fmt.Sprintf("sha256:%064x", 1)
		w.committed(hash, photo)
		w.push(bob, remove(20, wire.FileMeta, hash, 5), fileMeta(21, hash, `"name":"a"`, 6))
		if n := w.listedIs("w1"); n != photo.SizeBytes {
			t.Errorf("brought back at once, %d bytes are listed", n)
		}
		w.push(bob, fileMeta(22, hash, `"name":"b"`, 7), remove(23, wire.FileMeta, hash, 8))
		if n := w.listedIs("w1"); n != 0 {
			t.Errorf("deleted, %d bytes are listed", n)
		}
		w.push(bob, fileMeta(24, hash, `"name":"c"`, 9), remove(25, wire.FileMeta, hash, 10))
		w.push(bob, fileMeta(26, hash, `"name":"d"`, 11))
		if n := w.listedIs("w1"); n != photo.SizeBytes {
			t.Errorf("live again, %d bytes are listed", n)
		}
	})
}
