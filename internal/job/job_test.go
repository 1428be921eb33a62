package job_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/job"
)

const patience = 60 * time.Second

func await(t *testing.T, what string, c <-chan int) int {
	t.Helper()
	select {
	case n := <-c:
		return n
	case <-time.After(patience):
		t.Fatal(what)
		return 0
	}
}

func TestAJobRunsOnOneNodeAndMovesOnWhenThatNodeStops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var nodes []*job.Runner
		var at atomic.Int64
		ran := make(chan int, 10_000)
		for i := range 3 {
			r := job.New(job.Options{DB: d})
			defer func() { _ = r.Close() }()
			nodes = append(nodes, r)
			r.Start(job.Job{Name: "sweep", Every: time.Millisecond, Run: func(context.Context, job.Lease) error {
				if at.Add(1) != 1 {
					t.Error("two nodes run the job at once")
				}
				defer at.Add(-1)
				select {
				case ran <- i:
				default:
				}
				return errors.New("a job that fails is tried again")
			}})
		}
		first := await(t, "nobody runs the job", ran)
		for range 10 {
			if n := await(t, "the job does not run again", ran); n != first {
				t.Errorf("node %d ran the job, which is node %d's", n, first)
			}
		}
		if err := nodes[first].Close(); err != nil {
			t.Fatal(err)
		}
		for n := first; n == first; {
			n = await(t, "nobody takes over", ran)
		}
	})
}

func TestWhoLostTheLeaseCannotWriteAnyMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, ok, err := d.TakeLease(t.Context(), "sweep", "a", -time.Second) // over at once
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		second, ok, err := d.TakeLease(t.Context(), "sweep", "b", time.Hour)
		if err != nil || !ok || second <= first {
			t.Fatal(first, second, ok, err)
		}
		if _, ok, err := d.TakeLease(t.Context(), "sweep", "a", time.Hour); ok || err != nil {
			t.Error("a lease was taken from its holder", err)
		}
		if again, ok, err := d.TakeLease(t.Context(), "sweep", "b", time.Hour); !ok || err != nil || again != second {
			t.Error("renewing changes the epoch", again, ok, err)
		}
		for holder, want := range map[string]fault.Kind{"a": fault.Conflict, "b": ""} {
			err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				return db.HoldLease(ctx, tx, "sweep", holder, map[string]int64{"a": first, "b": second}[holder])
			})
			if fault.KindOf(err) != want {
				t.Errorf("%s: %v", holder, err)
			}
		}
	})
}
