package runtime

import "sync"

// recordsKept bounds of how many plugins is remembered what they did while nothing
// of them is loaded: 120 KB each at most.
const recordsKept = 100

// record is what is remembered of a plugin: its last calls and its log, of all its
// versions. It outlives modules, for what a plugin did is asked for when it was
// stopped or its version taken back.
type record struct {
	logs   logRing
	traces traceRing

	// Under records.mu.
	modules   int   // loaded ones, which write here
	left      int64 // which module was the last to go, counted over all plugins
	forgotten bool  // it goes with its last module
}

// records are those of all plugins by their id.
type records struct {
	mu   sync.Mutex
	of   map[string]*record
	went int64
}

// begin gives a plugin's record to a module of it. It has to be followed by end.
func (s *records) begin(id string) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]*record{}
	}
	r := s.of[id]
	if r == nil {
		r = &record{}
		s.of[id] = r
	}
	r.modules++
	r.forgotten = false
	return r
}

// end is called when a module is gone. Of plugins without one those are remembered
// that had one last.
func (s *records) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.of[id]
	if r.modules--; r.modules > 0 {
		return
	}
	if r.forgotten {
		delete(s.of, id)
		return
	}
	s.went++
	r.left = s.went
	idle, oldest := 0, id
	for other, o := range s.of {
		if o.modules > 0 {
			continue
		}
		if idle++; o.left < s.of[oldest].left {
			oldest = other
		}
	}
	if idle > recordsKept {
		delete(s.of, oldest)
	}
}

// find is nil for a plugin of which nothing is remembered.
func (s *records) find(id string) *record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[id]
}

func (s *records) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.of[id]
	if r == nil {
		return
	}
	r.logs.clear()
	r.traces.clear()
	if r.forgotten = true; r.modules == 0 {
		delete(s.of, id)
	}
}

// Logs are the last lines of a plugin in a workspace, in all of them when it is "",
// the oldest first: of all its versions, whether one is loaded or not.
func (r *Runtime) Logs(id, workspace string) []Line {
	if record := r.records.find(id); record != nil {
		return record.logs.of(workspace)
	}
	return nil
}

// Traces are its last 200 calls, the newest first.
func (r *Runtime) Traces(id string) []Trace {
	if record := r.records.find(id); record != nil {
		return record.traces.all()
	}
	return nil
}

// Forget drops what is remembered of a plugin.
func (r *Runtime) Forget(id string) { r.records.forget(id) }
