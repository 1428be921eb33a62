package runtime

import (
	"slices"
	"sync"
	"time"
)

// Outcome is how a call ended.
type Outcome string

// The outcomes.
const (
	OK          Outcome = "ok"
	GuestError  Outcome = "error"       // the guest said that something went wrong
	Trap        Outcome = "trap"        // its code did what it must not
	Exit        Outcome = "exit"        // it ended itself
	Timeout     Outcome = "timeout"     // its budget was over
	TooMuch     Outcome = "too_much"    // output, a host call's payload or the number of host calls
	NotCreated  Outcome = "not_created" // there was no instance to be made
	HostError   Outcome = "host_error"  // a host function failed
	Canceled    Outcome = "canceled"    // the caller went away
	Busy        Outcome = "busy"        // its turn did not come
	Paused      Outcome = "paused"      // the breaker is open
	Quarantined Outcome = "quarantined" // and stays so until an owner decides
	Unloaded    Outcome = "unloaded"    // the module was closed
	Misuse      Outcome = "misuse"      // input too large, no such export
	BadAnswer   Outcome = "bad_answer"  // what it answered is of no use, see [Call.Read]
	Declined    Outcome = "declined"    // it ran, and answered that it did not do it
)

// blames tells the outcomes that are the plugin's fault. What a filter answers
// depends on the question: one that it answers badly must not silence it for
// everybody else's.
func (o Outcome) blames(export string) bool {
	switch o {
	case BadAnswer:
		return export != filterExport
	case GuestError, Trap, Exit, Timeout, TooMuch, NotCreated:
		return true
	}
	return false
}

// Trace is what became of one call, and where its time went.
type Trace struct {
	At        time.Time     `json:"at"`
	Ended     time.Time     `json:"ended"`   // calls that run at once end in another order
	Version   string        `json:"version"` // of the plugin
	Workspace string        `json:"workspace"`
	Export    string        `json:"export"`
	About     string        `json:"about"` // as [Call] has it
	Outcome   Outcome       `json:"outcome"`
	Queue     time.Duration `json:"queue"`       // waiting for a turn
	Create    time.Duration `json:"instantiate"` // 0 for an instance that was there
	Guest     time.Duration `json:"guest"`       // without host functions
	Host      time.Duration `json:"host"`        // in host functions
	HostCalls int           `json:"host_calls"`
	Memory    int64         `json:"memory"` // bytes of the instance afterwards
	Input     int           `json:"input"`
	Output    int           `json:"output"`
	Lines     int           `json:"log_lines"`
	// What the call might have used.
	Budget        time.Duration `json:"budget"`
	MostMemory    int64         `json:"most_memory"`
	MostHostCalls int           `json:"most_host_calls"`
}

// Whole is how long the call lasted.
func (t *Trace) Whole() time.Duration { return t.Queue + t.Create + t.Guest + t.Host }

const tracesKept = 200

// traceRing keeps the last calls of a plugin.
type traceRing struct {
	mu   sync.Mutex
	ring [tracesKept]Trace
	n    int
}

func (t *traceRing) add(trace Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring[t.n%tracesKept] = trace
	t.n++
}

func (t *traceRing) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring, t.n = [tracesKept]Trace{}, 0
}

// all returns them, the newest first.
func (t *traceRing) all() []Trace {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Trace, 0, min(t.n, tracesKept))
	for i := max(0, t.n-tracesKept); i < t.n; i++ {
		out = append(out, t.ring[i%tracesKept])
	}
	slices.Reverse(out)
	return out
}
