package engine

import (
	"strings"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// shelfSize is how much memory a shelf takes at a time.
const shelfSize = 64 << 10

// shelf keeps the changes of a page: their many small texts lie in few large
// pieces of memory, because a thousand changes would otherwise be ten thousand
// allocations.
type shelf struct {
	changes  []wire.Change
	texts    strings.Builder
	payloads []byte
	device   string // of the last change; the next is often the same one's
}

// add keeps a row that is being read.
func (s *shelf) add(r *db.Row) {
	if string(r.DeviceID) != s.device {
		s.device = string(r.DeviceID)
	}
	s.changes = append(s.changes, wire.Change{
		ServerVersion: r.ServerVersion, Table: wire.TableNamed(r.Table), PK: s.text(r.PK), Op: wire.KindNamed(r.Op), Payload: s.payload(r.Payload),
		Stamp: wire.Stamp{DeviceID: s.device, OpID: s.text(r.OpID), HLC: s.text(r.HLC), Clock: r.Clock},
	})
}

// text keeps a text. What was given out before stays where it is: a builder
// only ever appends, and when it is full the next one begins.
func (s *shelf) text(t []byte) string {
	if s.texts.Cap()-s.texts.Len() < len(t) {
		s.texts = strings.Builder{}
		s.texts.Grow(max(shelfSize, len(t)))
	}
	from := s.texts.Len()
	s.texts.Write(t)
	return s.texts.String()[from:]
}

func (s *shelf) payload(p []byte) []byte {
	if p == nil {
		return nil
	}
	if cap(s.payloads)-len(s.payloads) < len(p) {
		s.payloads = make([]byte, 0, max(shelfSize, len(p)))
	}
	from := len(s.payloads)
	s.payloads = append(s.payloads, p...)
	return s.payloads[from:len(s.payloads):len(s.payloads)]
}
