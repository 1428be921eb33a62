package db_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

func TestNodesHearEachOtherAndNotThemselves(t *testing.T) {
	d := dbtest.Open(t, dbtest.PostgresURL(t))
	here, there := d.Notifier(), d.Notifier()
	defer here.Close()
	defer there.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ready, heard, done := make(chan struct{}), make(chan string, 100), make(chan error, 1)
	go func() {
		done <- here.Listen(ctx, func() { close(ready) }, func(ids []string) { heard <- strings.Join(ids, " ") })
	}()
	wait := time.After(time.Minute)
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	case <-wait:
		t.Fatal("the listener's own hint did not arrive")
	}
	// All tests of a database hear each other: these ids are this test's alone.
	mark := rand.Text()
	own, others := "own-"+mark, []string{"a-" + mark, "b-" + mark}
	var many []string
	for range 300 {
		many = append(many, "w-"+mark)
	}
	for _, err := range []error{here.Send(ctx, []string{own}), there.Send(ctx, others), there.Send(ctx, many)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := 0
	for got < 302 {
		select {
		case text := <-heard:
			for _, id := range strings.Fields(text) {
				if id == own {
					t.Error("a node heard itself")
				}
				if strings.HasSuffix(id, mark) {
					got++
				}
			}
		case <-wait:
			t.Fatalf("heard of %d workspaces", got)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSQLiteHasNobodyToNotify(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	if err := d.Notifier().Send(t.Context(), []string{"w"}); !errors.Is(err, db.ErrNoNotifications) {
		t.Error(err)
	}
}
