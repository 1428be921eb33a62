package engine_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func onBoth(b *testing.B, run func(b *testing.B, w *world)) {
	b.Run("sqlite", func(b *testing.B) { run(b, newWorld(b, dbtest.Open(b, dbtest.SQLiteURL(b)))) })
	b.Run("postgres", func(b *testing.B) { run(b, newWorld(b, dbtest.Open(b, dbtest.PostgresURL(b)))) })
}

// message makes an op with ids in the order of time, as clients do.
func message() wire.Op {
	id := uuid.Must(uuid.NewV7()).String()
	return newOp(fmt.Sprintf(`{"id":%q,"thread_id":"0197a000-0000-7000-8000-00000000aaaa","role":"user","index":1,"order_key":"1764288000000:0000:abcdefgh","created_at":1764288000,"updated_at":1764288000,"data":{"content":"The quick brown fox jumps over the lazy dog, twice."}}`, id),
		wire.Messages, id, 1)
}

func benchmarkPush(b *testing.B, clients, ops int) {
	onBoth(b, func(b *testing.B, w *world) {
		var left atomic.Int64
		left.Store(int64(b.N))
		var mu sync.Mutex
		var worst time.Duration
		b.ResetTimer()
		var all sync.WaitGroup
		for range clients {
			all.Go(func() {
				var slowest time.Duration
				for left.Add(-1) >= 0 {
					req := wire.PushRequest{WorkspaceID: "w1", Ops: make([]wire.Op, ops)}
					for i := range req.Ops {
						req.Ops[i] = message()
					}
					began := time.Now()
					if _, err := w.e.Push(b.Context(), ann, req); err != nil {
						b.Error(err)
						return
					}
					slowest = max(slowest, time.Since(began))
				}
				mu.Lock()
				worst = max(worst, slowest)
				mu.Unlock()
			})
		}
		all.Wait()
		b.StopTimer()
		b.ReportMetric(float64(b.N*ops)/b.Elapsed().Seconds(), "ops/s")
		b.ReportMetric(float64(worst.Milliseconds()), "ms-worst")
	})
}

func BenchmarkPushOneOpBy32Clients(b *testing.B)    { benchmarkPush(b, 32, 1) }
func BenchmarkPushFiftyOpsBy32Clients(b *testing.B) { benchmarkPush(b, 32, 50) }

func BenchmarkPullPagesOf1000(b *testing.B) {
	onBoth(b, func(b *testing.B, w *world) {
		const rows = 20_000
		for range rows / 100 {
			ops := make([]wire.Op, 100)
			for i := range ops {
				ops[i] = message()
			}
			w.push(ann, ops...)
		}
		var cursor int64
		changes := 0
		var buf []byte
		b.ReportAllocs()
		b.ResetTimer()
		for b.Loop() {
			r, err := w.e.Pull(b.Context(), engine.Actor{UserID: bob.UserID}, wire.PullRequest{WorkspaceID: "w1", Cursor: cursor, Limit: 1000})
			if err != nil {
				b.Fatal(err)
			}
			buf = r.AppendJSON(buf[:0])
			changes += len(r.Changes)
			if cursor = r.NextCursor; !r.HasMore {
				cursor = 0
			}
		}
		b.ReportMetric(float64(changes)/b.Elapsed().Seconds(), "changes/s")
	})
}
