package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// act is one thing that happens: what, to which device or row, and how much.
type act struct {
	kind   string
	device int
	row    int
	clock  int64
	limit  int
	time   time.Duration
}

var acts = rapid.Custom(func(r *rapid.T) act {
	return act{
		kind: rapid.SampledFrom([]string{"put", "put", "put", "delete", "delete", "page", "pull", "report", "report", "later", "later",
			"tombstones", "changes", "sweep"}).Draw(r, "kind"),
		device: rapid.IntRange(0, 3).Draw(r, "device"),
		row:    rapid.IntRange(0, 5).Draw(r, "row"),
		clock:  rapid.Int64Range(1, 30).Draw(r, "clock"),
		limit:  rapid.IntRange(1, 3).Draw(r, "limit"),
		time:   rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour, 10 * time.Hour, 3 * day, 10 * day, 40 * day}).Draw(r, "time"),
	}
})

const day = 24 * time.Hour

// Collection never takes what a device inside the retention still needs: one
// that had everything, or reported its cursor, no longer ago than every
// collection since reached back. Such a device goes on from its cursor and ends
// with the server's rows; any other does so or is told to start over. Floors
// never fall, and live rows never go.
func TestCollectionNeverTakesWhatADeviceInsideItsRetentionNeeds(t *testing.T) {
	continued, reset := 0, 0
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w, rounds := newWorld(t, d), 15
		if d.Dialect() == db.Postgres {
			rounds = 5 // the same ones, on the slower of the two
		}
		for seed := range rounds {
			id := fmt.Sprintf("round-%d", seed)
			addWorkspaces(t, d, id)
			c := &collecting{world: w, t: t, id: id, live: map[string]string{}, continued: &continued, reset: &reset}
			for i := range 4 {
				c.devices = append(c.devices, &retainer{name: fmt.Sprintf("device-%d", i), rows: map[string]wire.Change{}, complete: w.millis.Load(), safe: true})
			}
			for i, a := range rapid.SliceOfN(acts, 60, 60).Example(seed) {
				c.at = fmt.Sprintf("seed %d, act %d (%+v)", seed, i, a)
				c.do(a)
			}
			for i := range c.devices {
				c.at = fmt.Sprintf("seed %d, at the end, device %d", seed, i)
				c.pull(c.devices[i], 1000)
			}
		}
	})
	if continued < 100 || reset < 20 {
		t.Errorf("only %d devices went on and %d started over: the test has lost its point", continued, reset)
	}
}

// retainer is a device that takes the server's word and writes nothing itself.
type retainer struct {
	name     string
	cursor   int64
	rows     map[string]wire.Change // tombstones too
	complete int64                  // when it last had everything, epoch ms
	reported int64                  // as of when the server knows its cursor; 0 = not, or not any more
	said     int64                  // the cursor it reported then
	safe     bool                   // every collection since it had everything found it inside the retention
}

type collecting struct {
	*world
	t                *testing.T
	id, at           string
	n                int
	devices          []*retainer
	live             map[string]string // pk → op id, what the rows must be
	written          []int64           // when each version was, epoch ms
	floor            int64
	continued, reset *int
}

func (c *collecting) do(a act) {
	c.t.Helper()
	d := c.devices[a.device]
	switch a.kind {
	case "put", "delete":
		c.n++
		pk := fmt.Sprintf("t%d", a.row)
		op := thread(c.n, pk, a.clock)
		if a.kind == "delete" {
			op = remove(c.n, wire.Threads, pk, a.clock)
		}
		r, err := c.e.Push(c.t.Context(), ann, wire.PushRequest{WorkspaceID: c.id, Ops: []wire.Op{op}})
		c.must(err)
		if r.Results[0].Status == wire.Applied {
			c.written = append(c.written, c.millis.Load())
			if delete(c.live, pk); op.Op == wire.Put {
				c.live[pk] = op.Stamp.OpID
			}
		}
	case "page":
		c.page(d, a.limit)
	case "pull":
		c.pull(d, a.limit)
	case "report":
		_, err := c.e.UpdateCursor(c.t.Context(), ann, wire.CursorRequest{WorkspaceID: c.id, DeviceID: d.name, Version: d.cursor})
		c.must(err)
		c.reported(d)
	case "later":
		c.millis.Add(a.time.Milliseconds())
	case "tombstones":
		c.collect(a.time, c.e.CollectTombstones)
	case "changes":
		c.collect(a.time, c.e.CollectChangeLog)
	case "sweep":
		c.collect(engine.Retention, c.e.CollectChangeLog)
		c.collect(engine.Retention, c.e.CollectTombstones)
	}
}

// reported notes as of when a device that has said its cursor counts: now when
// it has come on since or lacks nothing, else when what it lacks was written.
func (c *collecting) reported(d *retainer) {
	at := c.millis.Load()
	if int(d.cursor) < len(c.written) {
		lacks := c.written[d.cursor]
		moved := d.reported == 0 || d.said != d.cursor
		if !moved || lacks < at-engine.Retention.Milliseconds() {
			at = max(lacks, d.reported)
		}
	}
	d.reported, d.said = at, d.cursor
}

// collect collects, and notes which devices that puts outside the retention.
func (c *collecting) collect(retention time.Duration, collect func(context.Context, engine.Actor, wire.CollectRequest) (wire.CollectResponse, error)) {
	c.t.Helper()
	r, err := collect(c.t.Context(), ann, wire.CollectRequest{WorkspaceID: c.id, RetentionSeconds: int64(retention / time.Second)})
	c.must(err)
	c.rises(r.TombstoneFloor)
	cutoff := c.millis.Load() - retention.Milliseconds()
	for _, d := range c.devices {
		if d.reported < cutoff {
			d.reported = 0 // the server has forgotten it
		}
		if d.reported == 0 && d.complete < cutoff {
			d.safe = false
		}
	}
}

func (c *collecting) rises(floor int64) {
	c.t.Helper()
	if floor < c.floor {
		c.t.Fatalf("%s: the floor fell from %d to %d", c.at, c.floor, floor)
	}
	c.floor = floor
}

// pull asks for pages until there are no more.
func (c *collecting) pull(d *retainer, limit int) {
	c.t.Helper()
	for c.page(d, limit) {
	}
}

// page asks for one page, and starts over when told to.
func (c *collecting) page(d *retainer, limit int) (more bool) {
	c.t.Helper()
	r, err := c.e.Pull(c.t.Context(), bob, wire.PullRequest{WorkspaceID: c.id, Cursor: d.cursor, Limit: limit})
	c.must(err)
	c.rises(r.TombstoneFloor)
	if r.ResetRequired {
		if d.safe || len(r.Changes) > 0 {
			c.t.Fatalf("%s: at cursor %d, floor %d, a device inside the retention is told to start over", c.at, d.cursor, r.TombstoneFloor)
		}
		*c.reset++
		s := c.snapshot()
		d.rows, d.cursor = map[string]wire.Change{}, s.HighWatermark
		for _, row := range s.Items {
			d.rows[row.PK] = row
		}
		return true
	}
	for pk, row := range d.rows {
		if row.Op == wire.Delete && row.ServerVersion <= r.TombstoneFloor {
			delete(d.rows, pk)
		}
	}
	for _, change := range r.Changes {
		if old, known := d.rows[change.PK]; !known || rankOfChange(change).Compare(rankOfChange(old)) > 0 {
			d.rows[change.PK] = change
		}
	}
	d.cursor = r.NextCursor
	if !r.HasMore {
		*c.continued++
		d.complete, d.safe = c.millis.Load(), true
		c.same(d)
	}
	return r.HasMore
}

func (c *collecting) snapshot() wire.SnapshotResponse {
	c.t.Helper()
	s, err := c.e.Snapshot(c.t.Context(), bob, wire.SnapshotRequest{WorkspaceID: c.id, PageSize: 1000})
	c.must(err)
	return s
}

// same holds a device that has everything against the server, and the server
// against what was written.
func (c *collecting) same(d *retainer) {
	c.t.Helper()
	s, live := c.snapshot(), 0
	if len(s.Items) != len(d.rows) {
		c.t.Fatalf("%s: the device has %d rows, the server %d", c.at, len(d.rows), len(s.Items))
	}
	for _, row := range s.Items {
		if own := d.rows[row.PK]; own.Stamp != row.Stamp || own.Op != row.Op || string(own.Payload) != string(row.Payload) {
			c.t.Fatalf("%s: the device has %+v, the server %+v", c.at, own, row)
		}
		if row.Op == wire.Put {
			live++
			if c.live[row.PK] != row.Stamp.OpID {
				c.t.Fatalf("%s: %s is by %s and should be by %q", c.at, row.PK, row.Stamp.OpID, c.live[row.PK])
			}
		}
	}
	if live != len(c.live) {
		c.t.Fatalf("%s: %d live rows of %d", c.at, live, len(c.live))
	}
}

func rankOfChange(c wire.Change) wire.Rank {
	return wire.Rank{Clock: c.Stamp.Clock, Delete: c.Op == wire.Delete, HLC: c.Stamp.HLC, OpID: c.Stamp.OpID}
}
