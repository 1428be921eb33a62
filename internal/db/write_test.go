package db_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func value(t *testing.T, d *db.DB, key string) string {
	t.Helper()
	v, err := db.SettingValue(t.Context(), d.Read(), key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func put(key, value string) func(ctx context.Context, tx bun.Tx) error {
	return func(ctx context.Context, tx bun.Tx) error { return db.PutSetting(ctx, tx, key, value) }
}

func TestAFailedOrPanickingWriteLeavesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return errors.Join(db.PutSetting(ctx, tx, "a", "1"), boom)
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				_ = db.PutSetting(ctx, tx, "b", "1")
				panic("a mistake")
			})
		}()
		for _, key := range []string{"a", "b"} {
			if _, err := db.SettingValue(t.Context(), d.Read(), key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", key, err)
			}
		}
		if err := d.Write(t.Context(), put("c", "1")); err != nil {
			t.Fatalf("the writer is stuck: %v", err)
		}
	})
}

func TestReadThenWriteLosesNoUpdate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), put("n", "0")); err != nil {
			t.Fatal(err)
		}
		const writers, each = 8, 20
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
						rows, err := db.LockThrottles(ctx, tx, []string{"n"}, 0)
						if err != nil {
							return err
						}
						n := rows["n"]
						n.Failures++
						return db.PutThrottle(ctx, tx, n)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := d.RawReader().QueryRow(`SELECT failures FROM throttles WHERE key = 'n'`).Scan(&n); err != nil || n != writers*each {
			t.Fatalf("counted %d, %v; want %d", n, err, writers*each)
		}
	})
}

func TestTheCommitIsNotCancelled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			err := db.PutSetting(ctx, tx, "a", "1")
			cancel() // the browser has gone
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if value(t, d, "a") != "1" {
			t.Fatal("not written")
		}
		err = d.Write(ctx, put("b", "1"))
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("a write nobody waits for: %v", err)
		}
	})
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, key := range []string{"a", "b"} {
			if err := d.Write(t.Context(), put(key, "0")); err != nil {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		both.Add(2)
		meet := map[string]*sync.Once{"ab": {}, "ba": {}}
		cross := func(name, first, second string) error {
			return d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				if err := db.PutSetting(ctx, tx, first, name); err != nil {
					return err
				}
				if d.Dialect() == db.Postgres { // SQLite lets only one in at all
					meet[name].Do(func() { both.Done(); both.Wait() })
				}
				return db.PutSetting(ctx, tx, second, name)
			})
		}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { errs[0] = cross("ab", "a", "b") })
		wg.Go(func() { errs[1] = cross("ba", "b", "a") })
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if value(t, d, "a") != value(t, d, "b") {
			t.Fatal("two transactions were mixed")
		}
	})
}

func TestOneOfManyClaimsASetting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
					ok, err := db.ClaimSetting(ctx, tx, "throne", strconv.Itoa(i))
					if ok {
						mu.Lock()
						won++
						mu.Unlock()
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("%d won", won)
		}
	})
}

func TestAnotherProcessHearsOfAChangeOfAccess(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		here := dbtest.Open(t, url)
		there, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer there.Close()
		heard := make(chan struct{}, 1)
		there.OnAccessChange(func([]db.AccessChange) {
			select {
			case heard <- struct{}{}:
			default:
			}
		})
		<-heard // the revision it finds at first
		err = here.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error { return here.BumpAccess(ctx, tx, db.AccessChange{}) })
		if err != nil {
			t.Fatal(err)
		}
		<-heard
	})
}

// Other processes hear whom changes concern; what they have not followed
// concerns everybody.
func TestAnotherProcessHearsWhomAChangeConcerns(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		here := dbtest.Open(t, url)
		bump := func(changes ...db.AccessChange) {
			t.Helper()
			for _, of := range changes {
				if err := here.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error { return here.BumpAccess(ctx, tx, of) }); err != nil {
					t.Fatal(err)
				}
			}
		}
		var own [][]db.AccessChange
		here.OnAccessChange(func(changes []db.AccessChange) { own = append(own, changes) })
		ann, yard, both := db.AccessChange{UserID: "ann"}, db.AccessChange{WorkspaceID: "yard"}, db.AccessChange{UserID: "ann", WorkspaceID: "yard"}
		bump(yard) // the first of this process: others may have been before
		there, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer there.Close()
		heard := make(chan db.AccessChange, 1000)
		there.OnAccessChange(func(changes []db.AccessChange) {
			for _, c := range changes {
				heard <- c
			}
		})
		bumpThere := func(of db.AccessChange) {
			t.Helper()
			if err := there.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error { return there.BumpAccess(ctx, tx, of) }); err != nil {
				t.Fatal(err)
			}
		}
		bumpThere(db.AccessChange{})
		bump(ann, both)
		for _, want := range []db.AccessChange{ann, both} {
			for late := time.After(30 * time.Second); ; {
				select {
				case got := <-heard:
					if got == (db.AccessChange{}) {
						continue // what it found at first
					}
					if got != want {
						t.Errorf("the other process hears of %+v, want %+v", got, want)
					}
				case <-late:
					t.Fatalf("the other process never hears of %+v", want)
				}
				break
			}
		}
		bumpThere(ann)
		bump(both)
		want := [][]db.AccessChange{{{}}, {{}}, {both}, {{}}} // the second and the last came after somebody else's
		if fmt.Sprint(own) != fmt.Sprint(want) {
			t.Errorf("this process hears of %v, want %v", own, want)
		}
	})
}

// So many changes are remembered and no more; a revision that a restored
// database had before concerns everybody.
func TestOldChangesOfAccessAreForgotten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO access_changes (revision, user_id, workspace_id) VALUES (4001, 'ann', ''), (4002, 'ann', '')`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"[4002ann 5001ann]", "[4002ann 5001]"} {
			err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				if err := db.PutSetting(ctx, tx, "access_revision", "5000"); err != nil {
					return err
				}
				return d.BumpAccess(ctx, tx, db.AccessChange{UserID: "ann"})
			})
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			if err := d.Read().NewRaw(`SELECT CAST(revision AS TEXT) || user_id FROM access_changes ORDER BY revision`).Scan(t.Context(), &left); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(left) != want {
				t.Errorf("%v are remembered, want %s", left, want)
			}
		}
	})
}

func TestAProcessThatCannotLookTrustsNothing(t *testing.T) {
	url := dbtest.SQLiteURL(t)
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: time.Millisecond}) // not migrated: there is nothing to read
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	heard := make(chan struct{}, 1)
	d.OnAccessChange(func([]db.AccessChange) {
		select {
		case heard <- struct{}{}:
		default:
		}
	})
	for range 3 { // again and again
		<-heard
	}
}

func TestBumpingOutsideAWriteIsAMistakeThatShows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(_ context.Context, tx bun.Tx) error { return d.BumpAccess(t.Context(), tx, db.AccessChange{}) })
		if err == nil {
			t.Fatal("nobody would have been told")
		}
	})
}

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		d := open(t, url)
		if err := d.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("ping: %v", err)
		}
		if err := d.Write(t.Context(), put("a", "b")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("write: %v", err)
		}
	})
}
