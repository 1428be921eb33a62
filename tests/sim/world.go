// Package sim plays a server, its people and their devices through bad
// weather, in one goroutine, in virtual time and from one seed: the same seed is
// the same run. Requests and answers get lost, doubled, reordered and cut; the
// server dies at any statement; devices crash, run an hour ahead, stay away for
// longer than deletions are remembered; people lose rights; old copies of the
// database come back. Every answer is compared with a plain model's, and when
// the weather has cleared everything must be where it belongs.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// Config is one run.
type Config struct {
	Seed  uint64
	URL   string // of an empty database
	Steps int    // of bad weather; 0 means 400
	Trace func(line string)
}

const workspace = "0197a000-0000-7000-8000-00000000aaaa"

// person is somebody with devices.
type person struct {
	id     string
	role   string // owner, editor or viewer
	member bool
}

// actor is the person as the guard lets them in.
func (p *person) actor() engine.Actor {
	return engine.Actor{UserID: p.id, CanWrite: p.role != "viewer"}
}

// phone is a device and what the world knows of it.
type phone struct {
	*device.Device
	of      *person
	skew    time.Duration
	offline bool
	heardAt time.Time // when the server last answered it
}

// World is one run.
type World struct {
	ctx    context.Context
	rand   *rand.Rand
	trace  hash.Hash
	tell   func(string)
	millis int64 // the server's clock

	d      *db.DB
	e      *engine.Engine
	model  *Model
	knife  knife
	people []*person
	phones []*phone
	notes  *device.History

	requests []*letter
	answers  []*letter
	ledger   ledger
	leases   map[string]lease // what devices have reported, by name
	saved    []*saved
	lives    []life
	counts   map[string]int // what happened, for the summary
}

// What a run counts, beside the kinds of requests.
const (
	Killed       = "server killed"
	Acknowledged = "acknowledged" // ops, to their devices
	Lost         = "lost"         // of those, what is not there at the end and should be
)

// Run plays a whole run. An error says what is wrong; the digest of the trace
// is the same for the same seed.
func Run(ctx context.Context, c Config) (digest string, counts map[string]int, err error) {
	w, err := newWorld(ctx, c)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		closing := errors.Join(w.e.Close(), w.d.Close())
		if err == nil {
			err = closing
		}
		digest, counts = hex.EncodeToString(w.trace.Sum(nil)), w.counts
	}()
	steps := c.Steps
	if steps == 0 {
		steps = 400
	}
	for range steps {
		if err := w.step(); err != nil {
			return "", nil, err
		}
	}
	if err := w.heal(); err != nil {
		return "", nil, err
	}
	return "", nil, w.judge()
}

func newWorld(ctx context.Context, c Config) (*World, error) {
	w := &World{ctx: ctx, rand: rand.New(rand.NewPCG(c.Seed, 3)), trace: sha256.New(), tell: c.Trace, millis: 1764288000000, //nolint:gosec // repeatable on purpose
		notes: &device.History{}, model: NewModel(workspace), ledger: newLedger(), leases: map[string]lease{}, counts: map[string]int{}}
	for i, role := range []string{"owner", "editor", "viewer"} {
		w.people = append(w.people, &person{id: fmt.Sprintf("0197a000-0000-7000-8000-%012x", 0xb0+i), role: role, member: true})
	}
	if err := w.build(c.URL); err != nil {
		return nil, err
	}
	for i := range 3 + w.rand.IntN(4) {
		w.addPhone(fmt.Sprintf("d%d", i), w.people[min(i, w.rand.IntN(3))])
	}
	return w, w.start()
}

// build makes the database and the people in it.
func (w *World) build(url string) error {
	d, err := db.Open(w.ctx, db.Options{URL: url, PollEvery: -1, ForTests: db.ForTests{Hasty: true, Interrupt: w.knife.at}})
	if err != nil {
		return err
	}
	w.d = d
	if err := d.Migrate(w.ctx); err != nil {
		return err
	}
	return d.Write(w.ctx, func(ctx context.Context, tx bun.Tx) error {
		for i, p := range w.people {
			name := fmt.Sprintf("p%d", i)
			if _, err := tx.NewInsert().Model(&db.User{ID: p.id, Email: name + "@x", EmailKey: name + "@x", DisplayName: name, CreatedAt: w.millis}).Exec(ctx); err != nil {
				return err
			}
		}
		_, err := tx.NewInsert().Model(&db.Workspace{ID: workspace, Name: "w", CreatedBy: w.people[0].id, CreatedAt: w.millis}).Exec(ctx)
		return err
	})
}

// start starts the server.
func (w *World) start() error {
	e, err := engine.New(engine.Options{DB: w.d, Now: w.now})
	if err != nil {
		return err
	}
	w.e = e
	life, err := db.SettingValue(w.ctx, w.d.Read(), db.SyncHistorySetting)
	if w.model.Life == "" {
		w.model.Life = life
	}
	if err == nil && w.model.Life != life {
		err = fmt.Errorf("the server started with history %s, want %s", life, w.model.Life)
	}
	return err
}

// restart is what follows a kill.
func (w *World) restart() error {
	_ = w.e.Close()
	w.knife = knife{}
	w.counts[Killed]++
	return w.start()
}

func (w *World) now() time.Time { return time.UnixMilli(w.millis) }

// addPhone makes a device whose clock is right, wrong by minutes, or by up to
// an hour.
func (w *World) addPhone(name string, of *person) {
	p := &phone{of: of, heardAt: w.now()}
	switch w.rand.IntN(3) {
	case 0:
		p.skew = time.Duration(w.rand.Int64N(int64(2*time.Hour))) - time.Hour
	case 1:
		p.skew = time.Duration(w.rand.Int64N(int64(2*time.Minute))) - time.Minute
	}
	p.Device = device.New(device.Options{
		Workspace: workspace, Name: name, Now: func() time.Time { return w.now().Add(p.skew) },
		Rand: rand.New(rand.NewPCG(w.rand.Uint64(), 1)), History: w.notes, //nolint:gosec // repeatable on purpose
		Batch: 1 + w.rand.IntN(8), Page: 1 + w.rand.IntN(9), Coalesce: w.rand.IntN(2) == 0, Fresh: w.rand.IntN(3) == 0,
	})
	w.phones = append(w.phones, p)
}

// say adds a line to the trace.
func (w *World) say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	_, _ = fmt.Fprintln(w.trace, line)
	if w.tell != nil {
		w.tell(line)
	}
}

// pick gives one of a list by the world's dice.
func pick[T any](w *World, list []T) T { return list[w.rand.IntN(len(list))] }

// take removes and gives one of a list.
func take[T any](w *World, list *[]T) T {
	i := w.rand.IntN(len(*list))
	one := (*list)[i]
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	return one
}

// tables are what the devices write; a table may occur more than once.
var tables = []wire.Table{wire.Threads, wire.Threads, wire.Messages, wire.Messages, wire.Posts, wire.Projects, wire.KV, wire.KV, wire.FileMeta, wire.Notifications}
