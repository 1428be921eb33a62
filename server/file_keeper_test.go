package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/testkit"
)

// unnamed deletes a file's facts, as its page does.
func unnamed(app *testkit.App, t *testing.T, a attachment) {
	t.Helper()
	op := map[string]any{"table": "file_meta", "op": "delete", "pk": a.hash(), "stamp": stamp(9)}
	app.As(app.Owner).For(t).JSON("POST", "/api/sync/push", push(app.Harbour, op)).Is(200).Says(`"applied"`)
}

func TestAnOwnerCollectsWhatNothingNames(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		f := files(app, app.Owner)
		gone, shown, kept := words(1, 1000), words(2, 500), words(3, 300)
		for _, a := range []attachment{gone, shown, kept} {
			f.keep(t, a)
		}
		app.Clock.Advance(time.Second)
		unnamed(app, t, gone)
		unnamed(app, t, shown)
		message := thread(1, "A picture of "+shown.hash())
		app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, message)).Is(200)
		run := func(body map[string]any) *testkit.Response {
			body["workspace_id"] = app.Harbour
			return app.Bearer(app.Owner).JSON("POST", "/api/storage/gc/run", body)
		}
		run(map[string]any{}).Is(200).Says(`"deleted_count":0`).Says(`"waiting_count":1`)
		app.Clock.Advance(time.Minute)
		dry := run(map[string]any{"retention_seconds": 10, "dry_run": true}).Is(200).Says(`"deleted_count":1`).Says(`"freed_bytes":1000`).Says(gone.hash())
		if strings.Contains(dry.Body, shown.hash()) {
			t.Error("a file that is shown would go")
		}
		f.fetch(t, gone).Is(200)
		run(map[string]any{"retention_seconds": 10}).Is(200).Says(`"deleted_count":1`).Says(`"freed_bytes":1000`)
		f.askToFetch(gone, "").Is(404)
		same(t, f.fetch(t, shown), shown)
		same(t, f.fetch(t, kept), kept)
		app.As(app.Owner).Get("/api/admin/audit?workspace_id=" + app.Harbour + "&action=storage.collected").Is(200).Says(`"freed_bytes":1000`)
		app.Bearer(app.Editor).JSON("POST", "/api/storage/gc/run", map[string]any{"workspace_id": app.Harbour}).Is(403)
		app.Bearer(app.Owner).JSON("POST", "/api/storage/gc/run", map[string]any{"workspace_id": app.Harbour, "retention_seconds": -1}).Is(422)
		// Whoever has it puts it there again.
		f.keep(t, gone)
		same(t, f.fetch(t, gone), gone)
	})
}

// A collection of many files takes minutes, and is given them.
func TestACollectionThatWasAskedForHasFiveMinutes(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var left time.Duration
	app.Server.OnServe("/api/storage/gc/run", func(ctx context.Context) {
		if end, ok := ctx.Deadline(); ok {
			left = time.Until(end)
		}
	})
	app.Bearer(app.Owner).JSON("POST", "/api/storage/gc/run", map[string]any{"workspace_id": app.Harbour}).Is(200)
	if left < 2*time.Minute || left > 5*time.Minute {
		t.Errorf("it has %v", left)
	}
}

func TestADamagedFileIsFoundAndMendedByWhoeverHasIt(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	f := files(app, app.Editor)
	a := words(1, 40_000)
	f.keep(t, a)
	spoil(t, app, a)
	if done, err := app.Keeper.Check(t.Context()); err != nil || done.Damaged != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	f.askToFetch(a, "").Is(500)
	f.keep(t, a)
	same(t, f.fetch(t, a), a)
}

// The disk of the files is not mounted: they are not missing, and what is sent
// does not go where the disk will hide it.
func TestFilesOfADiskThatIsNotMountedAreNotMissing(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	app := testkit.Open(t, testkit.Options{Dir: home})
	f := files(app, app.Editor)
	a := words(1, 40_000)
	f.keep(t, a)
	dir := app.Config.Storage.Dir
	if err := os.Rename(dir, dir+".unmounted"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil { // the mount point
		t.Fatal(err)
	}
	f.fetch(t, a).Is(503)
	if _, err := app.Keeper.Check(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a check: %v", err)
	}
	app.As(app.Owner).Get("/readyz").Is(503)
	app.Stop()
	app = testkit.Open(t, testkit.Options{Dir: home, World: &app.World, Clock: app.Clock})
	f = files(app, app.Editor)
	f.fetch(t, a).Is(503)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the mount point holds %v, %v", left, err)
	}
	if err := errors.Join(os.Remove(dir), os.Rename(dir+".unmounted", dir)); err != nil {
		t.Fatal(err)
	}
	same(t, f.fetch(t, a), a)
}

// onDisk is where a file of Harbour lies.
func onDisk(t *testing.T, app *testkit.App, a attachment) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(app.Config.Storage.Dir, "blobs", "*", "sha256", "*", strings.TrimPrefix(a.hash(), "sha256:")))
	if err != nil || len(found) != 1 {
		t.Fatalf("the file lies at %q, %v", found, err)
	}
	return found[0]
}

// spoil turns one bit of a file.
func spoil(t *testing.T, app *testkit.App, a attachment) {
	t.Helper()
	path := onDisk(t, app, a)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
