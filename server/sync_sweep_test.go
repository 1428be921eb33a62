package server_test

import (
	"context"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

// Collecting is a job of one node: it runs by itself, and a server that stops
// ends it and hands it on.
func TestWhatIsOldIsCollectedByItselfUntilTheServerStops(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		app := testkit.Open(t, testkit.Options{URL: url, Adjust: server.SweepEvery(time.Millisecond)})
		gone := thread(1, "gone")
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, gone)).Is(200)
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, deletion(gone, 2))).Is(200)
		app.Clock.Advance(31 * 24 * time.Hour)
		look := time.NewTicker(5 * time.Millisecond)
		defer look.Stop()
		for end := time.Now().Add(time.Minute); ; <-look.C {
			s := app.Engine.Stats()
			if s.CollectedChanges == 2 && s.CollectedTombstones == 1 && s.Sweeps >= 2 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("nobody collected: %+v", s)
			}
		}
		app.Stop()
		d, err := db.Open(context.Background(), db.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		if _, ok, err := d.TakeLease(t.Context(), "sync-sweep", "another node", time.Minute); err != nil || !ok {
			t.Errorf("the job is not handed on: %v %v", ok, err)
		}
	})
}
