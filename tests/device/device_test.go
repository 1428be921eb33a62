package device_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

var start = time.UnixMilli(1764288000000)

// world is an engine over SQLite with one workspace, and the history of all
// devices.
type world struct {
	t       *testing.T
	e       *engine.Engine
	history *device.History
}

func newWorld(t *testing.T) *world {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&db.Workspace{ID: "w1", Name: "w1", CreatedBy: "ann", CreatedAt: 1}).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Options{DB: d, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return &world{t: t, e: e, history: &device.History{}}
}

func (w *world) transport(user string) *device.Direct {
	return &device.Direct{Engine: w.e, Actor: engine.Actor{UserID: user, CanWrite: true}}
}

// device makes one whose wall clock is wrong by skew.
func (w *world) device(name string, skew time.Duration) *device.Device {
	return device.New(device.Options{Workspace: "w1", Name: name, Now: func() time.Time { return start.Add(skew) },
		Rand: rand.New(rand.NewPCG(1, uint64(len(name)))), History: w.history})
}

func (w *world) sync(d *device.Device) {
	w.t.Helper()
	if err := d.Sync(w.t.Context(), w.transport("ann")); err != nil {
		w.t.Fatal(err)
	}
}

func thread(pk, title string) device.Write {
	return device.Write{Table: wire.Threads, PK: pk, Payload: fmt.Appendf(nil,
		`{"id":%q,"title":%q,"status":"ready","pinned":false,"created_at":1764288000,"updated_at":1764288000}`, pk, title)}
}

func (w *world) same(a, b *device.Device) {
	w.t.Helper()
	rowsA, digestA := a.Digest(true)
	rowsB, digestB := b.Digest(true)
	if rowsA != rowsB || digestA != digestB {
		w.t.Errorf("%s holds %d rows (%s), %s %d (%s)", a.Name(), rowsA, digestA, b.Name(), rowsB, digestB)
	}
}

func TestTwoDevicesThatWroteApartHoldTheSameAfterwards(t *testing.T) {
	w := newWorld(t)
	a, b := w.device("a", 0), w.device("bb", -time.Hour)
	a.Write(thread("t1", "from a"), thread("t2", "from a"))
	b.Write(thread("t1", "from b"))
	b.Write(device.Write{Table: wire.Threads, PK: "t1"})
	w.sync(a)
	w.sync(b)
	w.sync(a)
	a.Poke()
	w.sync(a)
	w.same(a, b)
	if row, ok := a.Row(device.Key{Table: wire.Threads, PK: "t1"}); !ok || !row.Deleted {
		t.Errorf("t1 is %+v on a, want b's later delete", row)
	}
	if len(a.Pending())+len(b.Pending()) != 0 {
		t.Error("an outbox is not empty")
	}
}

func TestADeviceAnHourAheadCorrectsItsClockAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	a, b := w.device("a", time.Hour), w.device("bb", 0)
	a.Write(thread("t1", "from the future"))
	a.Write(thread("t2", "x"), thread("t3", "y"))
	w.sync(a)
	w.sync(b)
	w.same(a, b)
	if len(a.Pending())+len(a.Failed()) != 0 || len(b.Rows()) != 3 {
		t.Errorf("a keeps %v and %v, b holds %d rows", a.Pending(), a.Failed(), len(b.Rows()))
	}
	restamped := 0
	for _, e := range w.history.Events() {
		if e.What == device.Restamped {
			restamped++
		}
	}
	if restamped != 3 {
		t.Errorf("%d ops were stamped anew, want 3", restamped)
	}
}

func TestAnAnswerThatGotLostIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	a := w.device("a", 0)
	id := a.Write(thread("t1", "once"))[0]
	w.sync(w.device("other", 0))
	for r := a.Next(); r != nil; r = a.Next() {
		reply := device.Ask(t.Context(), w.transport("ann"), r)
		if r.Push != nil && r.Number < 3 {
			reply = device.Reply{Err: errors.New("the connection was cut")}
		}
		a.Receive(r, reply)
		if r.Push != nil {
			a.Restart()
		}
	}
	var lives []string
	for _, e := range w.history.Events() {
		if e.Op == id {
			lives = append(lives, string(e.What)+string(e.Status))
		}
	}
	if got := fmt.Sprint(lives); got != "[made sent unknown sent acknowledgedreplayed]" {
		t.Errorf("the op's life was %s", got)
	}
}
