package wire

import (
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends the answer as JSON. Payloads are passed through as they
// are stored, which is most of what makes a page of a thousand changes cheap.
func (r *PullResponse) AppendJSON(b []byte) []byte {
	b = appendChanges(append(grow(b, r.Changes), `{"changes":`...), r.Changes)
	b = strconv.AppendInt(append(b, `,"next_cursor":`...), r.NextCursor, 10)
	b = strconv.AppendBool(append(b, `,"has_more":`...), r.HasMore)
	if r.ResetRequired {
		b = append(b, `,"reset_required":true`...)
	}
	return append(r.History.appendJSON(b), '}')
}

// AppendJSON appends the answer as JSON.
func (r *PushResponse) AppendJSON(b []byte) []byte {
	b = append(b, `{"results":[`...)
	for i := range r.Results {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.Results[i].appendJSON(b)
	}
	b = strconv.AppendInt(append(b, `],"server_version":`...), r.ServerVersion, 10)
	return append(r.History.appendJSON(b), '}')
}

// AppendJSON appends the change as JSON.
func (c *Change) AppendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"server_version":`...), c.ServerVersion, 10)
	b = appendText(append(b, `,"table":`...), string(c.Table))
	b = appendText(append(b, `,"pk":`...), c.PK)
	b = appendText(append(b, `,"op":`...), string(c.Op))
	if len(c.Payload) > 0 {
		b = append(append(b, `,"payload":`...), c.Payload...)
	}
	b = appendText(append(b, `,"stamp":{"device_id":`...), c.Stamp.DeviceID)
	b = appendText(append(b, `,"op_id":`...), c.Stamp.OpID)
	b = appendText(append(b, `,"hlc":`...), c.Stamp.HLC)
	b = strconv.AppendInt(append(b, `,"clock":`...), c.Stamp.Clock, 10)
	return append(b, `}}`...)
}

func appendChanges(b []byte, changes []Change) []byte {
	b = append(b, '[')
	for i := range changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = changes[i].AppendJSON(b)
	}
	return append(b, ']')
}

func (r *Result) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"op_id":`...), r.OpID)
	b = appendText(append(b, `,"status":`...), string(r.Status))
	if r.ServerVersion != 0 {
		b = strconv.AppendInt(append(b, `,"server_version":`...), r.ServerVersion, 10)
	}
	if r.Error != nil {
		b = r.Error.appendJSON(append(b, `,"error":`...))
	}
	if r.Winner != nil {
		b = r.Winner.AppendJSON(append(b, `,"winner":`...))
	}
	return append(b, '}')
}

func (e *OpError) appendJSON(b []byte) []byte {
	b = appendText(append(b, `{"code":`...), string(e.Code))
	b = appendText(append(b, `,"message":`...), e.Message)
	if len(e.Fields) > 0 {
		b = append(b, `,"fields":{`...)
		for i, name := range slices.Sorted(maps.Keys(e.Fields)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(append(appendText(b, name), ':'), e.Fields[name])
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func (h *History) appendJSON(b []byte) []byte {
	b = appendText(append(b, `,"history_id":`...), h.HistoryID)
	b = strconv.AppendInt(append(b, `,"tombstone_floor":`...), h.TombstoneFloor, 10)
	return strconv.AppendInt(append(b, `,"server_time":`...), h.ServerTime, 10)
}

// appendText appends a JSON string; what is not valid UTF-8 becomes U+FFFD.
// Ids, stamps and names of tables stand between the quotes as they are.
func appendText(b []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// isPlain reports printable ASCII that JSON does not escape.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// grow makes room for changes, so that a page is not copied while it is written.
func grow(b []byte, changes []Change) []byte {
	size := 512
	for i := range changes {
		c := &changes[i]
		size += 180 + len(c.PK) + len(c.Payload) + len(c.Stamp.DeviceID) + len(c.Stamp.OpID) + len(c.Stamp.HLC)
	}
	return slices.Grow(b, size)
}

// AppendJSON appends the page as JSON.
func (r *SnapshotResponse) AppendJSON(b []byte) []byte {
	b = appendChanges(append(grow(b, r.Items), `{"items":`...), r.Items)
	b = strconv.AppendInt(append(b, `,"high_watermark":`...), r.HighWatermark, 10)
	b = strconv.AppendInt(append(b, `,"base_version":`...), r.BaseVersion, 10)
	b = strconv.AppendBool(append(b, `,"discard_newer":`...), r.DiscardNewer)
	if r.NextPageToken != "" {
		b = appendText(append(b, `,"next_page_token":`...), r.NextPageToken)
	}
	return append(r.History.appendJSON(b), '}')
}
