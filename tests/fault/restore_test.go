//go:build linux

package fault

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

const (
	restoreSeed    = 2611
	restoreDevices = 9
)

// An older backup is put back while devices know more than it holds, and hold
// work they have not sent. What was acknowledged since the backup comes back
// from them; under --discard-newer it does not, and only what was not sent yet
// is written on top of what was restored.
func TestARestoredBackupAndTheDevicesAheadOfItAgree(t *testing.T) {
	sqlite := func(testing.TB) string { return "" }
	for i, c := range []struct {
		name     string
		from     func(testing.TB) string
		to       func(testing.TB) string // nil: back into the same database
		discards bool
	}{
		{name: "sqlite", from: sqlite},
		{name: "sqlite, newer work discarded", from: sqlite, discards: true},
		{name: "postgres", from: dbtest.PostgresURL},
		{name: "postgres, newer work discarded", from: dbtest.PostgresURL, discards: true},
		{name: "from sqlite on a new machine with postgres", from: sqlite, to: dbtest.PostgresURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, dataDir(t), c.from(t))
			target := s
			if c.to != nil {
				target = s.elsewhere(dataDir(t), c.to(t))
			}
			putBack(t, s, target, restoreSeed+uint64(i), c.discards)
		})
	}
}

func putBack(t *testing.T, s, target *site, seed uint64, discards bool) {
	n := s.start(t)
	f := newFleet(t, s, seed, restoreDevices, func(string) string { return n.base })

	// Until the backup: all agree on what it holds.
	f.write(t.Context(), 8)
	f.settle(t)
	f.check(t, n.base)
	file := filepath.Join(t.TempDir(), "or3.backup")
	s.cli(t, "", "backup", file)
	base := pullAfter(t, n.base, s, 0)

	// Since the backup: two devices hear nothing of it, one has a push whose
	// answer was lost, and all of them write while the server is away.
	ahead := &fleet{site: s, history: f.history, seed: seed, members: f.members[2:]}
	ahead.write(t.Context(), 12)
	ahead.settle(t)
	f.members[2].loseAnswer(t)
	acknowledged := pullAfter(t, n.base, s, 0)
	n.stop(t)
	var unsent []wire.Op
	for _, m := range f.members {
		m.write()
		m.write()
		m.device.Write(device.Write{Table: wire.Threads, PK: fmt.Sprintf("thread-%02d", m.random.IntN(sharedThreads))})
		m.device.Write(m.message("thread-00"))
		for _, p := range m.device.Pending() {
			unsent = append(unsent, p.Op)
		}
	}

	life := target.restore(t, file, discards)
	n = target.start(t)
	for _, m := range f.members {
		m.via.Base, m.via.Token = n.base, target.token
	}
	f.site = target
	took := f.settle(t)
	if err := f.equal(t.Context(), n.base); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	for _, d := range f.devices() {
		if d.Life() != life {
			t.Errorf("seed %d: %s lives in history %s, the server in %s", seed, d.Name(), d.Life(), life)
		}
	}

	log := pullAfter(t, n.base, target, 0)
	want := standing(acknowledged, unsent)
	if discards {
		want = standing(base, unsent)
	}
	if err := errors.Join(continues(base, log), same(standing(log, nil), want), f.answered(log, life, int64(len(base)))); err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	again, yielded := f.count(device.Again), f.count(device.Yielded)
	if discards != (again == 0) || discards != (yielded > 0) {
		t.Errorf("seed %d: %d writes were pushed again and %d given up (discard newer: %t)", seed, again, yielded, discards)
	}
	if discards {
		sent := map[string]bool{}
		for _, op := range unsent {
			sent[op.Stamp.OpID] = true
		}
		for _, c := range log[len(base):] {
			if !sent[c.Stamp.OpID] {
				t.Errorf("seed %d: version %d, which should have been discarded, came back: %+v", seed, c.ServerVersion, c.Stamp)
			}
		}
	}

	// Life goes on.
	f.write(t.Context(), 2)
	f.settle(t)
	if err := errors.Join(f.equal(t.Context(), n.base), continues(log, pullAfter(t, n.base, target, 0))); err != nil {
		t.Errorf("seed %d: after the restore: %v", seed, err)
	}
	n.stop(t)
	t.Logf("seed %d: backup at %d, acknowledged until %d, %d unsent, %d pushed again, %d given up; settled %s after the restore at %d",
		seed, len(base), len(acknowledged), len(unsent), again, yielded, took.Round(time.Millisecond), len(log))
}

// elsewhere is another machine that knows nothing of this one but the key.
func (s *site) elsewhere(dir, url string) *site {
	other := &site{dir: dir, workspace: s.workspace}
	for _, set := range s.env {
		if !strings.HasPrefix(set, "OR3_DATABASE_URL=") {
			other.env = append(other.env, set)
		}
	}
	if url != "" {
		other.env = append(other.env, "OR3_DATABASE_URL="+url)
	}
	return other
}

// restore puts the backup back and gives the id of the new history.
func (s *site) restore(t *testing.T, file string, discards bool) string {
	t.Helper()
	args := []string{"restore", file}
	if discards {
		args = append(args, "--discard-newer")
	}
	said := s.cli(t, "", args...)
	if s.token == "" { // no token survives on a machine that never had one
		s.token = s.newToken(t, ownerEmail)
	}
	_, rest, _ := strings.Cut(said, "history: ")
	life, _, found := strings.Cut(rest, ";")
	if !found {
		t.Fatalf("restore names no history: %q", said)
	}
	return life
}

// loseAnswer writes and pushes, and never hears that the push arrived.
func (m *member) loseAnswer(t *testing.T) {
	t.Helper()
	m.device.Write(m.thread("thread-01"), m.message("thread-01"))
	for {
		r := m.device.Next()
		if r == nil {
			t.Fatalf("%s has nothing to push", m.device.Name())
		}
		reply := device.Ask(t.Context(), m.via, r)
		if reply.Err != nil {
			t.Fatal(reply.Err)
		}
		if r.Push != nil {
			m.device.Receive(r, device.Reply{Err: errors.New("the answer was lost")})
			return
		}
		m.device.Receive(r, reply)
	}
}

// standing is what remains of a log, and of ops that come on top of it: of each
// row the write that outranks all others.
func standing(log []wire.Change, ops []wire.Op) map[device.Key]wire.Op {
	rows := map[device.Key]wire.Op{}
	take := func(op wire.Op) {
		k := device.Key{Table: op.Table, PK: op.PK}
		if stands, ok := rows[k]; !ok || rankOf(op).Compare(rankOf(stands)) > 0 {
			rows[k] = op
		}
	}
	for _, c := range log {
		take(wire.Op{Table: c.Table, Op: c.Op, PK: c.PK, Payload: c.Payload, Stamp: c.Stamp})
	}
	for _, op := range ops {
		take(op)
	}
	return rows
}

func rankOf(op wire.Op) wire.Rank {
	return wire.Rank{Clock: op.Stamp.Clock, Delete: op.Op == wire.Delete, HLC: op.Stamp.HLC, OpID: op.Stamp.OpID}
}

// same tells the first difference between two ends.
func same(got, want map[device.Key]wire.Op) error {
	for k, w := range want {
		g, ok := got[k]
		if !ok {
			return fmt.Errorf("row %v, written by %+v, is lost", k, w.Stamp)
		}
		if g.Stamp != w.Stamp || g.Op != w.Op {
			return fmt.Errorf("row %v is %s %+v; it should be %s %+v", k, g.Op, g.Stamp, w.Op, w.Stamp)
		}
		if w.Op == wire.Delete {
			continue
		}
		a, errA := wire.Canonical(g.Payload)
		b, errB := wire.Canonical(w.Payload)
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			return fmt.Errorf("row %v holds %s and not %s", k, g.Payload, w.Payload)
		}
	}
	for k, g := range got {
		if _, ok := want[k]; !ok {
			return fmt.Errorf("row %v, written by %+v, should not be there", k, g.Stamp)
		}
	}
	return nil
}

// continues looks that a log begins as an earlier one did, and goes on without
// a gap and without writing anything twice.
func continues(before, log []wire.Change) error {
	if len(log) < len(before) {
		return fmt.Errorf("the log ends at %d, before %d", len(log), len(before))
	}
	seen := map[string]bool{}
	for i, c := range log {
		switch {
		case c.ServerVersion != int64(i+1):
			return fmt.Errorf("version %d follows %d", c.ServerVersion, i)
		case i < len(before) && c.Stamp != before[i].Stamp:
			return fmt.Errorf("version %d was %+v and is %+v", c.ServerVersion, before[i].Stamp, c.Stamp)
		case seen[c.Stamp.OpID]:
			return fmt.Errorf("op %s stands in the log twice", c.Stamp.OpID)
		}
		seen[c.Stamp.OpID] = true
	}
	return nil
}

// answered holds what people were told in this history, or of what the backup
// holds, against the log.
func (f *fleet) answered(log []wire.Change, life string, base int64) error {
	for _, e := range f.history.Events() {
		switch {
		case e.What == device.Failed || e.What == device.Gone || e.What == device.Left:
			return fmt.Errorf("op %s of %s was %s: %s", e.Op, e.Device, e.What, e.Code)
		case e.What != device.Acknowledged || e.Status == wire.Superseded || e.Life != life && e.Version > base:
		case e.Version < 1 || e.Version > int64(len(log)) || log[e.Version-1].Stamp.OpID != e.Op:
			return fmt.Errorf("op %s of %s was acknowledged as %s %d, which the log does not have there", e.Op, e.Device, e.Status, e.Version)
		}
	}
	return nil
}

func (f *fleet) count(what device.What) int {
	n := 0
	for _, e := range f.history.Events() {
		if e.What == what {
			n++
		}
	}
	return n
}
