//go:build linux

package fault

import (
	"fmt"
	"sync"

	"or3.cloud/or3/sync/wire"
)

// ledger is what the devices were told, against which the server's log is held.
type ledger struct {
	mu    sync.Mutex
	sent  map[string]wire.Op     // everything that was ever sent
	told  map[string]wire.Result // what the first answer said
	log   []wire.Change          // versions 1… as they were pulled
	place map[string]int64       // op id → version in log
}

func newLedger() *ledger {
	return &ledger{sent: map[string]wire.Op{}, told: map[string]wire.Result{}, place: map[string]int64{}}
}

func (l *ledger) sending(ops []wire.Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range ops {
		l.sent[op.Stamp.OpID] = op
	}
}

// answered writes down an acknowledgement. Anything but an op that took effect,
// or lost to a newer write, is a fault of the server here.
func (l *ledger) answered(results []wire.Result) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range results {
		op, known := l.sent[r.OpID]
		switch {
		case !known:
			return fmt.Errorf("an answer for op %s, which nobody sent", r.OpID)
		case r.Status == wire.Rejected:
			return fmt.Errorf("op %s was rejected: %w", r.OpID, r.Error)
		case r.Status == wire.Superseded && op.Table == wire.Messages:
			return fmt.Errorf("op %s on a row of its own was superseded", r.OpID)
		case r.Status != wire.Superseded && r.ServerVersion < 1:
			return fmt.Errorf("op %s is %s without a version", r.OpID, r.Status)
		}
		if first, again := l.told[r.OpID]; again {
			if r.Status == wire.Applied || first.ServerVersion != r.ServerVersion || (first.Status == wire.Superseded) != (r.Status == wire.Superseded) {
				return fmt.Errorf("op %s was told %s %d, then %s %d", r.OpID, first.Status, first.ServerVersion, r.Status, r.ServerVersion)
			}
			continue
		}
		if r.Status == wire.Applied && l.place[r.OpID] != 0 {
			return fmt.Errorf("op %s, in the log as %d, was applied again as %d", r.OpID, l.place[r.OpID], r.ServerVersion)
		}
		l.told[r.OpID] = r
	}
	return nil
}

// head is how far the log was read.
func (l *ledger) head() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.log))
}

// count is how many ops were acknowledged.
func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.told)
}

// pulled adds changes to the log: versions without gaps, each op once, as sent.
func (l *ledger) pulled(changes []wire.Change) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		op, known := l.sent[c.Stamp.OpID]
		switch {
		case c.ServerVersion != int64(len(l.log)+1):
			return fmt.Errorf("version %d follows %d", c.ServerVersion, len(l.log))
		case !known || op.PK != c.PK || op.Table != c.Table || op.Stamp != c.Stamp:
			return fmt.Errorf("version %d holds an op that nobody sent so: %+v", c.ServerVersion, c.Stamp)
		case l.place[c.Stamp.OpID] != 0:
			return fmt.Errorf("op %s stands in the log twice, as %d and %d", c.Stamp.OpID, l.place[c.Stamp.OpID], c.ServerVersion)
		}
		l.log = append(l.log, c)
		l.place[c.Stamp.OpID] = c.ServerVersion
	}
	return nil
}

// check holds what was told against the log that was read.
func (l *ledger) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.told {
		if got := l.place[id]; got != placeOf(r) {
			return fmt.Errorf("op %s was acknowledged as %s %d; the log of %d versions has it at %d", id, r.Status, r.ServerVersion, len(l.log), got)
		}
	}
	return nil
}

// lost is how many ops check complains of.
func (l *ledger) lost() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, r := range l.told {
		if l.place[id] != placeOf(r) {
			n++
		}
	}
	return n
}

// placeOf is where in the log an op stands after this answer; 0 is nowhere.
func placeOf(r wire.Result) int64 {
	if r.Status == wire.Superseded {
		return 0
	}
	return r.ServerVersion
}
