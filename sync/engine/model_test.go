package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// model is the promises of sync in the plainest words: no database, no groups
// of pushes, no cleverness. The engine is compared with it op by op.
type model struct {
	rows map[string]wire.Op
	log  []wire.Op         // version 1 is log[0]
	seen map[string]string // op id → content
	took map[string]int    // op id → version, 0 = superseded
	who  map[string]string // row → owner of a private row
	was  map[string]bool   // rows that were ever put
	of   []string          // owner of log[0]…
}

func newModel() *model {
	return &model{rows: map[string]wire.Op{}, seen: map[string]string{}, took: map[string]int{}, who: map[string]string{}, was: map[string]bool{}}
}

func (m *model) clone() *model {
	return &model{rows: maps.Clone(m.rows), log: append([]wire.Op(nil), m.log...), seen: maps.Clone(m.seen), took: maps.Clone(m.took), who: maps.Clone(m.who), was: maps.Clone(m.was), of: slices.Clone(m.of)}
}

func content(o wire.Op) string {
	return fmt.Sprint(o.Table, o.PK, o.Op, o.Stamp.Clock, o.Stamp.HLC, string(o.Payload))
}

// push gives a status per op and the state after them.
func (m *model) push(a engine.Actor, ops []wire.Op) ([]string, *model) {
	fallen := map[string]bool{}
	for {
		next, out, more := m.clone(), make([]string, len(ops)), false
		for i, o := range ops {
			out[i] = next.op(a, o, fallen[o.Atomic])
			if strings.HasPrefix(out[i], "rejected") && o.Atomic != "" && !fallen[o.Atomic] {
				fallen[o.Atomic], more = true, true
			}
		}
		if !more {
			return out, next
		}
	}
}

func (m *model) op(a engine.Actor, o wire.Op, fallen bool) string {
	row := string(o.Table) + "/" + o.PK
	if o.Table == wire.KV && strings.HasPrefix(o.PK, "admin.") {
		return "rejected forbidden"
	}
	owner := ""
	if o.Table == wire.Notifications {
		for _, person := range []engine.Actor{ann, bob} {
			if strings.Contains(string(o.Payload), person.UserID) {
				owner = person.UserID
			}
		}
		claimed := m.was[row] && m.who[row] != "" // by who had it, not by who deleted what never was
		if owner == "" && claimed {
			owner = m.who[row]
		} else if owner == "" {
			owner = a.UserID
		}
		if owner != a.UserID || claimed && m.who[row] != a.UserID {
			return "rejected forbidden"
		}
	}
	if before, ok := m.seen[o.Stamp.OpID]; ok {
		switch {
		case before != content(o):
			return "rejected conflict"
		case m.took[o.Stamp.OpID] == 0:
			return "superseded"
		}
		return fmt.Sprintf("replayed %d", m.took[o.Stamp.OpID])
	}
	current, exists := m.rows[row]
	if m.who[row] != owner {
		current, exists = wire.Op{}, false
	}
	if o.Stamp.Clock-current.Stamp.Clock > 1_000_000 {
		return "rejected validation_error"
	}
	if fallen {
		return "rejected conflict"
	}
	m.seen[o.Stamp.OpID] = content(o)
	if exists && !beats(o, current) {
		m.took[o.Stamp.OpID] = 0
		return "superseded"
	}
	m.log, m.of = append(m.log, o), append(m.of, owner)
	m.was[row] = m.was[row] || o.Op == wire.Put
	m.rows[row], m.took[o.Stamp.OpID], m.who[row] = o, len(m.log), owner
	return fmt.Sprintf("applied %d", len(m.log))
}

func beats(o, current wire.Op) bool {
	key := func(o wire.Op) string {
		deleted := 0
		if o.Op == wire.Delete {
			deleted = 1
		}
		return fmt.Sprintf("%016d %d %s %s", o.Stamp.Clock, deleted, o.Stamp.HLC, o.Stamp.OpID)
	}
	return key(o) > key(current)
}

// drawOp makes ops that meet: few rows, few ids, few clocks.
func drawOp(t *rapid.T, a engine.Actor) wire.Op {
	n := rapid.IntRange(0, 40).Draw(t, "op id")
	clock := rapid.SampledFrom([]int64{0, 1, 2, 2, 3, 1_000_000, 1_500_000, 2_500_000}).Draw(t, "clock")
	var o wire.Op
	switch rapid.IntRange(0, 9).Draw(t, "kind of row") {
	case 0:
		owner := rapid.SampledFrom([]string{ann.UserID, bob.UserID, a.UserID}).Draw(t, "owner")
		o = notification(n, rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, "pk"), owner, clock)
	case 1:
		o = kv(n, "admin.x", "1", clock)
	case 2:
		o = kv(n, "theme", rapid.SampledFrom([]string{"dark", "light"}).Draw(t, "value"), clock)
	default:
		o = thread(n, rapid.SampledFrom([]string{"t1", "t2", "t3"}).Draw(t, "pk"), clock)
	}
	if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
		o.Op, o.Payload = wire.Delete, nil
	}
	o.Stamp.HLC = wire.HLC{Millis: now, Counter: rapid.IntRange(0, 2).Draw(t, "counter"), Node: "a"}.String()
	o.Atomic = rapid.SampledFrom([]string{"", "", "", "a", "b"}).Draw(t, "atomic")
	return o
}

func short(r wire.Result) string {
	out := string(r.Status)
	if r.ServerVersion != 0 {
		out += fmt.Sprintf(" %d", r.ServerVersion)
	}
	if r.Error != nil {
		out += " " + string(r.Error.Code)
	}
	return out
}

func TestTheEngineDoesWhatTheModelSays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		runs := 0
		rapid.Check(t, func(rt *rapid.T) {
			runs++
			id := fmt.Sprintf("model%d", runs)
			addWorkspaces(t, d, id)
			m := newModel()
			for range rapid.IntRange(1, 8).Draw(rt, "pushes") {
				a := rapid.SampledFrom([]engine.Actor{ann, bob}).Draw(rt, "actor")
				ops := make([]wire.Op, rapid.IntRange(1, 8).Draw(rt, "ops"))
				for i := range ops {
					ops[i] = drawOp(rt, a)
				}
				want, after := m.push(a, ops)
				r, err := w.e.Push(t.Context(), a, wire.PushRequest{WorkspaceID: id, Ops: ops})
				if err != nil { // no op was permitted
					if slices.ContainsFunc(want, func(s string) bool { return s != "rejected forbidden" }) {
						rt.Fatalf("refused with %v, the model says %q", err, want)
					}
					continue
				}
				for i := range r.Results {
					if got := short(r.Results[i]); got != want[i] {
						rt.Fatalf("op %d of %+v: %s, the model says %s", i, ops, got, want[i])
					}
				}
				m = after
			}
			w.sound(id)
			compareRows(rt, w, id, m)
			comparePages(rt, w, id, m)
		})
	})
}

// compareRows holds the rows in the database against the model's.
func compareRows(rt *rapid.T, w *world, id string, m *model) {
	var stored []db.SyncRow
	if err := w.d.Read().NewSelect().Model(&stored).Where("workspace_id = ?", id).Scan(w.t.Context()); err != nil {
		rt.Fatal(err)
	}
	var got, want []string
	for _, r := range stored {
		payload := ""
		if r.Payload != nil {
			payload = *r.Payload
		}
		got = append(got, fmt.Sprint(r.TableName, "/", r.PK, r.Clock, r.HLC, r.OpID, r.Deleted, r.OwnerUserID, payload))
	}
	for row, o := range m.rows {
		deleted := int64(0)
		if o.Op == wire.Delete {
			deleted = 1
		}
		want = append(want, fmt.Sprint(row, o.Stamp.Clock, o.Stamp.HLC, o.Stamp.OpID, deleted, m.who[row], string(o.Payload)))
	}
	sort.Strings(got)
	sort.Strings(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		rt.Fatalf("rows are\n%s\nthe model says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// comparePages pulls everything in small pages, as both persons.
func comparePages(rt *rapid.T, w *world, id string, m *model) {
	limit := rapid.IntRange(1, 5).Draw(rt, "limit")
	for _, a := range []engine.Actor{ann, bob} {
		var got, want []string
		for cursor := int64(0); ; {
			r, err := w.e.Pull(w.t.Context(), a, wire.PullRequest{WorkspaceID: id, Cursor: cursor, Limit: limit})
			if err != nil {
				rt.Fatal(err)
			}
			for _, c := range r.Changes {
				got = append(got, fmt.Sprint(c.ServerVersion, c.Table, c.PK, c.Op, c.Stamp, string(c.Payload)))
			}
			if r.HasMore && r.NextCursor <= cursor {
				rt.Fatalf("the cursor stands at %d", cursor)
			}
			if cursor = r.NextCursor; !r.HasMore {
				if cursor != int64(len(m.log)) {
					rt.Fatalf("the last cursor is %d, the model's %d", cursor, len(m.log))
				}
				break
			}
		}
		for v, o := range m.log {
			if o.Table == wire.Notifications && m.of[v] != a.UserID {
				continue
			}
			want = append(want, fmt.Sprint(v+1, o.Table, o.PK, o.Op, o.Stamp, string(o.Payload)))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			rt.Fatalf("pulled\n%s\nthe model says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
