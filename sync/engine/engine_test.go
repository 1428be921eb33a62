package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// now is the server's time in these tests, epoch ms.
const now = 1764288000000

var (
	ann   = engine.Actor{UserID: "0197a000-0000-7000-8000-0000000000a1", CanWrite: true}
	bob   = engine.Actor{UserID: "0197a000-0000-7000-8000-0000000000b0", CanWrite: true}
	vic   = engine.Actor{UserID: "0197a000-0000-7000-8000-0000000000c1"} // a viewer
	robot = engine.Actor{Server: true}
)

// world is an engine over a fresh database with the workspaces w1 and w2.
type world struct {
	t      testing.TB
	d      *db.DB
	e      *engine.Engine
	bus    *hook.Bus
	millis *atomic.Int64
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, d: d, bus: hook.New(nil), millis: new(atomic.Int64)}
	w.millis.Store(now)
	addWorkspaces(t, d, "w1", "w2")
	w.e = w.open(d)
	return w
}

// open starts one more engine on a database, as another node would.
func (w *world) open(d *db.DB) *engine.Engine {
	w.t.Helper()
	e, err := engine.New(engine.Options{DB: d, Bus: w.bus, Now: func() time.Time { return time.UnixMilli(w.millis.Load()) }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := e.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return e
}

func addWorkspaces(t testing.TB, d *db.DB, ids ...string) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, id := range ids {
			if _, err := tx.NewInsert().Model(&db.Workspace{ID: id, Name: id, CreatedBy: ann.UserID, CreatedAt: now}).Exec(ctx); err != nil {
				return err
			}
		}
		for _, u := range []struct{ id, name string }{{ann.UserID, "Ann"}, {bob.UserID, "Bob"}, {vic.UserID, "Vic"}} {
			if _, err := tx.NewInsert().Model(&db.User{ID: u.id, Email: u.name + "@x", EmailKey: u.name + "@x", DisplayName: u.name, CreatedAt: now}).
				On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// each runs a test in a fresh world on every database.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

// opID gives the n-th op id of a test.
func opID(n int) string { return fmt.Sprintf("0197a000-0000-7000-8000-%012x", n) }

func stampOf(n int, clock int64) wire.Stamp {
	return wire.Stamp{DeviceID: "laptop", OpID: opID(n), HLC: wire.HLC{Millis: now, Counter: n % 10000, Node: "a"}.String(), Clock: clock}
}

// thread is the n-th op: a put of a thread at a clock.
func thread(n int, pk string, clock int64) wire.Op {
	return wire.Op{Table: wire.Threads, Op: wire.Put, PK: pk, Stamp: stampOf(n, clock),
		Payload: []byte(fmt.Sprintf(`{"id":%q,"title":"by op %d","status":"ready","pinned":false,"created_at":1764288000,"updated_at":1764288000}`, pk, n))}
}

func remove(n int, table wire.Table, pk string, clock int64) wire.Op {
	return wire.Op{Table: table, Op: wire.Delete, PK: pk, Stamp: stampOf(n, clock)}
}

func kv(n int, name, value string, clock int64) wire.Op {
	return wire.Op{Table: wire.KV, Op: wire.Put, PK: name, Stamp: stampOf(n, clock),
		Payload: []byte(fmt.Sprintf(`{"id":%q,"name":%q,"value":%q,"created_at":1,"updated_at":1}`, name, name, value))}
}

func notification(n int, pk, userID string, clock int64) wire.Op {
	return wire.Op{Table: wire.Notifications, Op: wire.Put, PK: pk, Stamp: stampOf(n, clock),
		Payload: []byte(fmt.Sprintf(`{"id":%q,"user_id":%q,"type":"system.warning","title":"T","created_at":1,"updated_at":1}`, pk, userID))}
}

func newOp(payload string, table wire.Table, pk string, clock int64) wire.Op {
	return wire.Op{Table: table, Op: wire.Put, PK: pk, Payload: []byte(payload),
		Stamp: wire.Stamp{DeviceID: "laptop", OpID: uuid.Must(uuid.NewV7()).String(), HLC: wire.HLC{Millis: now, Node: "a"}.String(), Clock: clock}}
}

func (w *world) push(a engine.Actor, ops ...wire.Op) wire.PushResponse {
	w.t.Helper()
	r, err := w.e.Push(context.Background(), a, wire.PushRequest{WorkspaceID: "w1", Ops: ops})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// statuses writes results as "applied 1, rejected hlc, …".
func statuses(r wire.PushResponse) string {
	out := ""
	for i, res := range r.Results {
		if i > 0 {
			out += ", "
		}
		out += string(res.Status)
		if res.ServerVersion != 0 {
			out += fmt.Sprintf(" %d", res.ServerVersion)
		}
		if res.Error != nil {
			out += " " + string(res.Error.Code)
			for field := range res.Error.Fields {
				out += " " + field
			}
		}
		if res.Winner != nil {
			out += " by " + res.Winner.Stamp.OpID[len(res.Winner.Stamp.OpID)-2:]
		}
	}
	return out
}

func (w *world) wantStatuses(r wire.PushResponse, want string) {
	w.t.Helper()
	if got := statuses(r); got != want {
		w.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func (w *world) pull(a engine.Actor, cursor int64, limit int, tables ...wire.Table) wire.PullResponse {
	w.t.Helper()
	r, err := w.e.Pull(context.Background(), a, wire.PullRequest{WorkspaceID: "w1", Cursor: cursor, Limit: limit, Tables: tables})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// seen writes a page as "1 put threads/t1, 2 delete kv/a → 2".
func seen(r wire.PullResponse) string {
	out := ""
	for _, c := range r.Changes {
		out += fmt.Sprintf("%d %s %s/%s, ", c.ServerVersion, c.Op, c.Table, c.PK)
	}
	out += fmt.Sprintf("→ %d", r.NextCursor)
	if r.HasMore {
		out += " and more"
	}
	if r.ResetRequired {
		out += " reset"
	}
	return out
}

func (w *world) wantSeen(r wire.PullResponse, want string) {
	w.t.Helper()
	if got := seen(r); got != want {
		w.t.Errorf("got  %s\nwant %s", got, want)
	}
}

// exec changes the database behind the engine's back.
func (w *world) exec(statement string) {
	w.t.Helper()
	err := w.d.Write(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
