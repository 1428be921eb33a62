package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/policies"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)

func newLog(d *db.DB) *audit.Log {
	return audit.New(audit.Options{DB: d, Now: func() time.Time { return noon }})
}

func TestAnEntryTakesWhatItLacksFromTheOrigin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		ctx := audit.WithOrigin(t.Context(), audit.Origin{
			Actor: audit.ActorOf(&policies.Session{UserID: "u1", DisplayName: "Ines Okafor", Kind: policies.TokenSession}),
			IP:    "192.0.2.7", UserAgent: "curl/8\r\nSet-Cookie: x=1\x00\xff", RequestID: "r1",
		})
		record(t, ctx, log, audit.Entry{Action: "member.added", WorkspaceID: "w1", TargetKind: "user", TargetID: "u2", Details: map[string]string{"role": "<viewer>"}})
		record(t, t.Context(), log, audit.Entry{Action: "server.started", Result: audit.Failed})

		page := list(t, log, audit.Filter{})
		first, second := page.Entries[1], page.Entries[0]
		if first.Actor != (audit.Actor{Kind: audit.Token, ID: "u1", Name: "Ines Okafor"}) || first.IP != "192.0.2.7" || first.RequestID != "r1" {
			t.Errorf("the origin is missing: %+v", first)
		}
		if want := "curl/8  Set-Cookie: x=1 \uFFFD"; first.UserAgent != want {
			t.Errorf("user agent %q, want %q", first.UserAgent, want)
		}
		if string(first.Details) != `{"role":"<viewer>"}` || first.Result != audit.Allowed || !first.At.Equal(noon) {
			t.Errorf("stored %+v", first)
		}
		if second.Actor.Kind != audit.System || string(second.Details) != "{}" || second.Result != audit.Failed {
			t.Errorf("an entry without an origin is the system's: %+v", second)
		}
		if first.Seq != 1 || second.Seq != 2 || second.PrevHash != first.Hash || first.PrevHash != db.AuditGenesis {
			t.Error("the entries are not chained from the beginning")
		}
	})
}

func TestAnEntryVanishesWithTheTransactionItBelongsTo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		undone := errors.New("undone")
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := log.Append(ctx, tx, audit.Entry{Action: "workspace.deleted"}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		record(t, t.Context(), log, audit.Entry{Action: "workspace.created"})
		page := list(t, log, audit.Filter{})
		if len(page.Entries) != 1 || page.Entries[0].Seq != 1 {
			t.Fatalf("the log holds %+v", page.Entries)
		}
	})
}

// Two logs over two pools are two nodes on PostgreSQL, and a command beside
// the server on SQLite.
func TestConcurrentAppendsOfTwoNodesKeepOneGaplessChain(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		nodes := []*audit.Log{newLog(dbtest.Open(t, url)), newLog(dbtest.Open(t, url))}
		const writers, each = 8, 25
		start := make(chan struct{})
		var done sync.WaitGroup
		for w := range writers {
			done.Go(func() {
				<-start
				for i := range each {
					err := nodes[w%2].Record(t.Context(), audit.Entry{Action: fmt.Sprintf("test.writer%d", w), Details: i})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		close(start)
		done.Wait()
		verified, err := nodes[0].Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !verified.OK() || verified.Entries != writers*each {
			t.Fatalf("verified %+v", verified)
		}
		head, err := nodes[1].Head(t.Context())
		if err != nil || head != verified.Head {
			t.Fatalf("head %+v, %v; verified up to %+v", head, err, verified.Head)
		}
	})
}

func record(t *testing.T, ctx context.Context, log *audit.Log, e audit.Entry) {
	t.Helper()
	if err := log.Record(ctx, e); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, log *audit.Log, f audit.Filter) audit.Page {
	t.Helper()
	page, err := log.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return page
}
