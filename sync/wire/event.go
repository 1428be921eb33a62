package wire

import "strconv"

// The events of a stream (text/event-stream).
const (
	EventChanges = "changes" // data: changes, next_cursor, history_id; its id is next_cursor
	EventResync  = "resync"  // data: reason; pull instead. The last event of its stream
	EventBye     = "bye"     // data: reason; the server ends the stream
)

// Why a stream tells its reader to pull.
const (
	ResyncHistory = "history_changed" // the server was restored: pull says what to do
	ResyncReset   = "reset_required"  // the cursor is below the floor or above the head
	ResyncBehind  = "behind"          // more has happened than a stream carries
)

// Why a stream ends.
const (
	ByeSession     = "session_ended" // signed out, token revoked, password changed, disabled
	ByeRemoved     = "removed"       // no member any more, or the workspace was deleted
	ByeForbidden   = "forbidden"     // workspace.read was taken away
	ByeStopping    = "stopping"      // the server stops; connect again
	ByeUnavailable = "unavailable"   // the server cannot tell whether the reader may go on; connect again
)

// EncodeForEvent gives a change as JSON on one line: raw line ends can only
// stand between the tokens of a payload, where a blank says the same.
func (c *Change) EncodeForEvent() []byte {
	b := c.AppendJSON(make([]byte, 0, 256+len(c.Payload)))
	for i := range b {
		if b[i] == '\n' || b[i] == '\r' {
			b[i] = ' '
		}
	}
	return b
}

// AppendChangesEvent appends a whole event with changes that EncodeForEvent made.
func AppendChangesEvent(b []byte, changes [][]byte, next int64, historyID string) []byte {
	b = strconv.AppendInt(append(b, "event: changes\nid: "...), next, 10)
	b = append(b, "\ndata: {\"changes\":["...)
	for i, c := range changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, c...)
	}
	b = strconv.AppendInt(append(b, `],"next_cursor":`...), next, 10)
	b = appendText(append(b, `,"history_id":`...), historyID)
	return append(b, "}\n\n"...)
}

// AppendReasonEvent appends an event that says why: EventResync or EventBye.
func AppendReasonEvent(b []byte, event, reason string) []byte {
	b = append(append(b, "event: "...), event...)
	b = appendText(append(b, "\ndata: {\"reason\":"...), reason)
	return append(b, "}\n\n"...)
}
