package server

import (
	"maps"
	"sync"

	"or3.cloud/or3/internal/db"
)

// jobTurns say which job is next: that of the plugin whose turn was longest ago,
// never more than pluginJobsEach of one plugin at once. So a plugin with slow jobs
// in very many workspaces keeps no other one waiting for more than one of them.
type jobTurns struct {
	ended chan struct{} // holds one when a job has ended

	mu      sync.Mutex
	running map[db.PluginRun]bool  // by key
	begun   map[db.PluginRun]int64 // of which list, by when it was made
	of      map[string]int         // running, by plugin
	turn    map[string]int64       // the last one, by plugin
	turns   int64
}

func newJobTurns() *jobTurns {
	return &jobTurns{ended: make(chan struct{}, 1), running: map[db.PluginRun]bool{}, begun: map[db.PluginRun]int64{}, of: map[string]int{}, turn: map[string]int64{}}
}

// next is the job of the list that may begin now, nil if none may. The list has
// those first that wait longest.
func (t *jobTurns) next(list []due) *due {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.running) >= pluginJobsAside {
		return nil
	}
	var best *due
	for i := range list {
		d := &list[i]
		// Of a list each begins once.
		if began, ok := t.begun[d.key()]; ok && began >= d.StartedAt || t.running[d.key()] || t.of[d.PluginID] >= pluginJobsEach {
			continue
		}
		if best == nil || t.turn[d.PluginID] < t.turn[best.PluginID] {
			best = d
		}
	}
	return best
}

func (t *jobTurns) begin(d *due) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns++
	t.running[d.key()], t.begun[d.key()], t.turn[d.PluginID] = true, d.StartedAt, t.turns
	t.of[d.PluginID]++
}

func (t *jobTurns) end(d *due) {
	t.mu.Lock()
	delete(t.running, d.key())
	t.of[d.PluginID]--
	t.mu.Unlock()
	select {
	case t.ended <- struct{}{}:
	default:
	}
}

// underWay are the jobs that run.
func (t *jobTurns) underWay() map[db.PluginRun]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.running)
}

// idle reports whether nothing runs.
func (t *jobTurns) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.running) == 0
}
