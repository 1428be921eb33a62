package sim_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// Many clients at once on one workspace, and now and then a statement fails or
// a commit's answer gets lost. What they saw must be explained by one log that
// grows by one at a time, and every row by one register that only rises.
func TestConcurrentHistoriesAreExplainedByOneLogAndOneRegisterPerRow(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { linear(t, dbtest.SQLiteURL(t), 1) })
	t.Run("postgres, two nodes", func(t *testing.T) { linear(t, dbtest.PostgresURL(t), 2) })
}

const (
	clients   = 6
	perClient = 40
)

// attempt is one request of a client and what it knows of it. A push that stays
// without an answer has no results.
type attempt struct {
	client       int
	from, to     int64
	ops          []wire.Op
	results      []wire.Result
	read         *device.Key // reading a row
	current      wire.Rank
	pulled       bool
	cursor, next int64
	changes      []wire.Change
}

type recorder struct {
	mu   sync.Mutex
	tick atomic.Int64
	list []attempt
}

func (r *recorder) add(a attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, a)
}

func linear(t *testing.T, url string, nodes int) {
	dice := rand.New(rand.NewPCG(7, 7))
	var rolling sync.Mutex
	interrupt := func(point string) error {
		rolling.Lock()
		defer rolling.Unlock()
		if n := dice.IntN(100); n < 5 && point == db.Committed || n < 1 {
			return &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
		}
		return nil
	}
	var engines []*engine.Engine
	var reader *db.DB
	for i := range nodes {
		d := openNode(t, url, i == 0, interrupt)
		e, err := engine.New(engine.Options{DB: d})
		for n := 0; err != nil && n < 20; n++ { // the dice may fall on its first statements
			e, err = engine.New(engine.Options{DB: d})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		engines, reader = append(engines, e), d
	}
	rec := &recorder{}
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() { client(t, rec, c, engines[c%nodes], reader) })
	}
	all.Wait()
	log := wholeLog(t, engines[0])
	checkLog(t, rec.list, log)
	checkRows(t, rec.list, log)
}

func openNode(t *testing.T, url string, first bool, interrupt func(string) error) *db.DB {
	t.Helper()
	if first {
		d := dbtest.Open(t, url)
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&db.Workspace{ID: "w1", Name: "w1", CreatedBy: "ann", CreatedAt: 1}).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(t.Context(), db.Options{URL: url, PollEvery: -1, ForTests: db.ForTests{Hasty: true, Interrupt: interrupt}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// client pushes, reads rows and pulls. Most pushes that stay without an answer
// are sent again, as a device would.
func client(t *testing.T, rec *recorder, c int, e *engine.Engine, d *db.DB) {
	dice := rand.New(rand.NewPCG(11, uint64(c)))
	actor := engine.Actor{UserID: "ann", CanWrite: true}
	cursor := int64(0)
	for n := range perClient {
		switch dice.IntN(4) {
		case 0:
			a := attempt{client: c, pulled: true, cursor: cursor, from: rec.tick.Add(1)}
			page, err := e.Pull(t.Context(), actor, wire.PullRequest{WorkspaceID: "w1", Cursor: cursor, Limit: wire.MaxPage})
			if err != nil || page.HasMore {
				t.Errorf("pulling: %v, more %v", err, page.HasMore)
				return
			}
			a.to, a.changes, a.next = rec.tick.Add(1), page.Changes, page.NextCursor
			cursor = page.NextCursor
			rec.add(a)
		case 1:
			key := device.Key{Table: wire.KV, PK: fmt.Sprintf("r%d", dice.IntN(3))}
			a := attempt{client: c, read: &key, from: rec.tick.Add(1)}
			row, err := db.SyncRowByKey(t.Context(), d.Read(), db.RowKey{WorkspaceID: "w1", Table: string(key.Table), PK: key.PK})
			if err == nil {
				a.current = wire.Rank{Clock: row.Clock, Delete: row.Deleted != 0, HLC: row.HLC, OpID: row.OpID}
			}
			a.to = rec.tick.Add(1)
			rec.add(a)
		default:
			pushUntilKnown(t, rec, c, e, opsOf(dice, c, n), dice.IntN(10) == 0)
		}
	}
}

func opsOf(dice *rand.Rand, c, n int) []wire.Op {
	ops := make([]wire.Op, 1+dice.IntN(3))
	for i := range ops {
		pk := fmt.Sprintf("r%d", dice.IntN(3))
		ops[i] = wire.Op{Table: wire.KV, Op: wire.Put, PK: pk, Payload: fmt.Appendf(nil, `{"id":%q,"name":%q,"created_at":1,"updated_at":1}`, pk, pk),
			Stamp: wire.Stamp{DeviceID: fmt.Sprintf("c%d", c), OpID: uuid.Must(uuid.NewV7()).String(), HLC: wire.HLC{Millis: 1764288000000 + int64(n), Node: "a"}.String(), Clock: int64(n + dice.IntN(4))}}
		if dice.IntN(5) == 0 {
			ops[i].Op, ops[i].Payload = wire.Delete, nil
		}
	}
	return ops
}

func pushUntilKnown(t *testing.T, rec *recorder, c int, e *engine.Engine, ops []wire.Op, giveUp bool) {
	for range 100 {
		a := attempt{client: c, ops: ops, from: rec.tick.Add(1)}
		answer, err := e.Push(t.Context(), engine.Actor{UserID: "ann", CanWrite: true}, wire.PushRequest{WorkspaceID: "w1", Ops: ops})
		a.to, a.results = rec.tick.Add(1), answer.Results
		if err != nil {
			a.to = 1 << 60 // it may still take effect
		}
		rec.add(a)
		for _, r := range a.results {
			if r.Status == wire.Rejected {
				t.Errorf("op %s was rejected: %v", r.OpID, r.Error)
			}
		}
		if err == nil || giveUp {
			return
		}
	}
	t.Error("no answer came in 100 attempts")
}

func wholeLog(t *testing.T, e *engine.Engine) []wire.Change {
	t.Helper()
	page, err := e.Pull(t.Context(), engine.Actor{UserID: "ann", CanWrite: true}, wire.PullRequest{WorkspaceID: "w1", Limit: wire.MaxPage})
	if err != nil || page.HasMore {
		t.Fatalf("reading the log: %v, more %v", err, page.HasMore)
	}
	for i, c := range page.Changes {
		if c.ServerVersion != int64(i+1) {
			t.Fatalf("version %d stands at place %d", c.ServerVersion, i+1)
		}
	}
	return page.Changes
}

// took tells where the log has an op, 0 if nowhere.
func took(log []wire.Change, opID string) int64 {
	return int64(slices.IndexFunc(log, func(c wire.Change) bool { return c.Stamp.OpID == opID }) + 1)
}

// settled gives the pushes with the time in which they took effect: a replay
// says that an earlier attempt did, of which nothing was known.
func settled(list []attempt) []attempt {
	began := map[string]int64{}
	var out []attempt
	for _, a := range list {
		if len(a.ops) == 0 {
			out = append(out, a)
			continue
		}
		first := a.ops[0].Stamp.OpID
		if began[first] == 0 || a.from < began[first] {
			began[first] = a.from
		}
	}
	answered := map[string]bool{}
	for _, a := range list {
		if len(a.results) > 0 {
			answered[a.ops[0].Stamp.OpID] = true
			if !slices.ContainsFunc(a.results, func(r wire.Result) bool { return r.Status == wire.Applied }) {
				a.from = began[a.ops[0].Stamp.OpID]
			}
			out = append(out, a)
		}
	}
	for _, a := range list {
		if len(a.ops) > 0 && len(a.results) == 0 && !answered[a.ops[0].Stamp.OpID] {
			answered[a.ops[0].Stamp.OpID] = true
			out = append(out, a)
		}
	}
	return out
}

// logStep is a move of the log's end: an append of versions, or a look at it.
type logStep struct {
	push     bool
	from, to int64
}

func checkLog(t *testing.T, list []attempt, log []wire.Change) {
	t.Helper()
	var history []porcupine.Operation
	for _, a := range settled(list) {
		var step logStep
		switch {
		case a.pulled:
			step.to = a.next
			for i, c := range a.changes {
				if want := log[a.cursor+int64(i)]; c.ServerVersion != want.ServerVersion || c.Stamp != want.Stamp {
					t.Errorf("a pull after %d gave %+v where the log has %+v", a.cursor, c.Stamp, want.Stamp)
				}
			}
			if int64(len(a.changes)) != a.next-a.cursor {
				t.Errorf("a pull after %d gave %d changes and went on to %d", a.cursor, len(a.changes), a.next)
			}
		case len(a.ops) > 0:
			step.push = true
			for i, o := range a.ops {
				v := took(log, o.Stamp.OpID)
				if len(a.results) > 0 && a.results[i].ServerVersion != v {
					t.Errorf("op %s was answered %s %d and stands at %d", o.Stamp.OpID, a.results[i].Status, a.results[i].ServerVersion, v)
				}
				if v != 0 {
					step.to = v
					if step.from == 0 {
						step.from = v
					}
				}
			}
			if step.to == 0 {
				continue // nothing of it was applied
			}
		default:
			continue
		}
		history = append(history, porcupine.Operation{ClientId: a.client, Input: step, Call: a.from, Output: nil, Return: a.to})
	}
	model := porcupine.Model{
		Init: func() any { return int64(0) },
		Step: func(state, input, _ any) (bool, any) {
			step, end := input.(logStep), state.(int64)
			if step.push {
				return step.from == end+1, step.to
			}
			return step.to == end, end
		},
	}
	if got := porcupine.CheckOperationsTimeout(model, history, 30*time.Second); got != porcupine.Ok {
		t.Errorf("no order of %d requests explains the log: %s", len(history), got)
	}
}

// rowStep is a write to a row, or a look at it.
type rowStep struct {
	key     string
	write   bool
	rank    wire.Rank
	applied bool
	current wire.Rank // what a look saw, or the winner
}

func checkRows(t *testing.T, list []attempt, log []wire.Change) {
	t.Helper()
	var history []porcupine.Operation
	for _, a := range settled(list) {
		if a.read != nil {
			history = append(history, porcupine.Operation{ClientId: a.client, Input: rowStep{key: a.read.PK, current: a.current}, Call: a.from, Return: a.to})
		}
		for i, o := range a.ops {
			step := rowStep{key: o.PK, write: true, rank: o.Rank(), applied: took(log, o.Stamp.OpID) != 0}
			from := a.from
			if len(a.results) > 0 && a.results[i].Status == wire.Superseded {
				if a.results[i].Winner == nil {
					t.Errorf("op %s lost to nobody", o.Stamp.OpID)
					continue
				}
				win := a.results[i].Winner
				step.current = wire.Rank{Clock: win.Stamp.Clock, Delete: win.Op == wire.Delete, HLC: win.Stamp.HLC, OpID: win.Stamp.OpID}
			} else if !step.applied {
				continue // nothing is known of it, and it did nothing
			}
			history = append(history, porcupine.Operation{ClientId: a.client, Input: step, Call: from, Return: a.to})
		}
	}
	model := porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			rows := map[string][]porcupine.Operation{}
			for _, o := range history {
				key := o.Input.(rowStep).key
				rows[key] = append(rows[key], o)
			}
			var list [][]porcupine.Operation
			for _, r := range rows {
				list = append(list, r)
			}
			return list
		},
		Init: func() any { return wire.Rank{} },
		Step: func(state, input, _ any) (bool, any) {
			step, now := input.(rowStep), state.(wire.Rank)
			switch {
			case !step.write:
				return step.current == now, now
			case step.applied:
				return step.rank.Compare(now) > 0, step.rank
			}
			return step.current == now && step.rank.Compare(now) <= 0, now
		},
	}
	if got := porcupine.CheckOperationsTimeout(model, history, 30*time.Second); got != porcupine.Ok {
		t.Errorf("no order of %d reads and writes explains the rows: %s", len(history), got)
	}
}
