package sim

import (
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// ranks keeps the highest rank per row.
type ranks map[device.Key]wire.Rank

func (r ranks) raise(k device.Key, rank wire.Rank) {
	if before, ok := r[k]; !ok || rank.Compare(before) > 0 {
		r[k] = rank
	}
}

func (r ranks) covers(k device.Key, rank wire.Rank) bool {
	highest, ok := r[k]
	return ok && highest.Compare(rank) >= 0
}

// ledger is what the world remembers beside the model: what was lawfully
// forgotten or given up.
type ledger struct {
	collected ranks // tombstones that were forgotten
	dropped   ranks // ops above a restored head that devices must give up
}

func newLedger() ledger { return ledger{collected: ranks{}, dropped: ranks{}} }

// forgot notes the tombstones a new floor takes away.
func (l *ledger) forgot(m *Model, floor int64) {
	for k, h := range m.Rows {
		if h.Op == wire.Delete && h.ServerVersion <= floor {
			l.collected.raise(k, rankOf(h.Change))
		}
	}
}

// covered tells whether a write of this rank is in the rows, or lawfully is not:
// something newer stands, or stood and was deleted, or was given up.
func (l *ledger) covered(m *Model, k device.Key, rank wire.Rank) bool {
	h, ok := m.Rows[k]
	return ok && rankOf(h.Change).Compare(rank) >= 0 || l.collected.covers(k, rank) || l.dropped.covers(k, rank)
}
