package engine

import "sync/atomic"

// Stats is what an engine has done since it started, for metrics and the admin
// pages. Pushes over Transactions is how many devices shared a commit.
type Stats struct {
	Waiting      int   // pushes in the queue now
	Writing      int   // pushes in the transaction that is on its way
	MaxWaiting   int   // more are turned away
	Transactions int64 // committed
	Pushes       int64 // in them
	Applied      int64 // ops
	Superseded   int64 // ops
	Sweeps       int64 // times everything was collected
	Untold       int   // threads and notices that wait to be told of
	Told         int64 // notices written
	LeftOut      int64 // of too many threads and notices at once
	// What collections removed.
	CollectedChanges, CollectedTombstones, CollectedSuperseded int64
}

type stats struct {
	transactions, pushes, applied, superseded                  atomic.Int64
	sweeps, told, leftOut                                      atomic.Int64
	collectedChanges, collectedTombstones, collectedSuperseded atomic.Int64
}

// Stats tells what the engine has done.
func (e *Engine) Stats() Stats {
	waiting, writing := e.queue.depth()
	return Stats{
		Waiting: waiting, Writing: writing, MaxWaiting: e.queue.limit,
		Transactions: e.stats.transactions.Load(), Pushes: e.stats.pushes.Load(),
		Applied: e.stats.applied.Load(), Superseded: e.stats.superseded.Load(),
		Sweeps: e.stats.sweeps.Load(), Untold: e.tidings.untold(), Told: e.stats.told.Load(), LeftOut: e.stats.leftOut.Load(),
		CollectedChanges: e.stats.collectedChanges.Load(), CollectedTombstones: e.stats.collectedTombstones.Load(),
		CollectedSuperseded: e.stats.collectedSuperseded.Load(),
	}
}

func (s *stats) count(g *group) {
	s.transactions.Add(1)
	s.pushes.Add(int64(len(g.pushes)))
	s.applied.Add(int64(len(g.changes)))
	s.superseded.Add(int64(len(g.superseded)))
}

func (s *stats) collected(kind string, rows int64) {
	switch kind {
	case KindChangeLog:
		s.collectedChanges.Add(rows)
	case KindTombstones:
		s.collectedTombstones.Add(rows)
	case KindSuperseded:
		s.collectedSuperseded.Add(rows)
	}
}
