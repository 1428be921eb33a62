package device

import (
	"sync"

	"or3.cloud/or3/sync/wire"
)

// What is what happened to an op.
type What string

// What can happen to an op, in the order of its life.
const (
	Made         What = "made"         // the person wrote it
	Coalesced    What = "coalesced"    // a newer unsent op took its place: Into
	Sent         What = "sent"         // it went out
	Unknown      What = "unknown"      // no answer came; it will be sent again
	Acknowledged What = "acknowledged" // answered applied, superseded or replayed: Status, Version
	Restamped    What = "restamped"    // its clock was refused; it goes on as Into
	Failed       What = "failed"       // refused for good and shown: Code
	Gone         What = "gone"         // its row has gone meanwhile; shown
	Discarded    What = "discarded"    // the person let a failed op go
	Again        What = "again"        // acknowledged once, lost by the server, pushed anew
	Exported     What = "exported"     // the device was wiped; what it had not sent was given to the person
	Left         What = "left"         // an op pushed anew was not this person's to write
	Yielded      What = "yielded"      // acknowledged once, given up for a restored state (discard_newer)
)

// Event is one thing that happened to an op on a device. Number counts the
// events of a History.
type Event struct {
	Number  int
	Device  string
	What    What
	Op      string
	Into    string
	Key     Key
	Stamp   wire.Stamp // of Into, when there is one
	Status  wire.Status
	Version int64
	Life    string // history_id of the answer that acknowledged it
	Code    string
	Delete  bool
	Seen    string // with Made: the latest HLC the device had met
	At      int64  // with Made: the device's clock as it corrects it, epoch ms
}

// History collects the events of devices. It is safe for concurrent use.
type History struct {
	mu     sync.Mutex
	events []Event
}

// Note adds an event.
func (h *History) Note(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.Number = len(h.events) + 1
	h.events = append(h.events, e)
}

// Events gives what was noted so far.
func (h *History) Events() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events[:len(h.events):len(h.events)]
}

// note says what happened to an op; e holds what else there is to say.
func (d *Device) note(what What, p *Pending, e Event) {
	if d.o.History == nil {
		return
	}
	e.What, e.Device, e.Key, e.Delete = what, d.o.Name, p.key(), p.Op.Op == wire.Delete
	if e.Op == "" {
		e.Op = p.Op.Stamp.OpID
	}
	e.Stamp = p.Op.Stamp
	d.o.History.Note(e)
}
