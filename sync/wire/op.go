package wire

import (
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
)

// Stamp says who wrote an op and when, in the device's own reckoning. It
// travels with the row for ever: every device ranks by it.
type Stamp struct {
	DeviceID string `json:"device_id"` // 1–64 characters
	OpID     string `json:"op_id"`     // a lower-case UUID, unique in its workspace
	HLC      string `json:"hlc"`       // see HLC
	Clock    int64  `json:"clock"`     // 0…MaxClock; raised by every write to the row
}

// Op is one write to one row. Payload is the whole row of a put; a delete
// needs none. Ops of one push with the same Atomic apply all or none.
type Op struct {
	Table   Table          `json:"table" enum:"threads,messages,projects,posts,kv,file_meta,notifications"`
	Op      Kind           `json:"op" enum:"put,delete"`
	PK      string         `json:"pk"`
	Payload jsontext.Value `json:"payload,omitzero"`
	Stamp   Stamp          `json:"stamp"`
	Atomic  string         `json:"atomic,omitzero"`

	// malformed is why DecodePush could not read this op. It is judged like
	// any other bad op, so that its neighbours are not held up.
	malformed *OpError
}

// Rank is the op's place in the order of writes.
func (o *Op) Rank() Rank {
	return Rank{Clock: o.Stamp.Clock, Delete: o.Op == Delete, HLC: o.Stamp.HLC, OpID: o.Stamp.OpID}
}

// Change is an applied op as other devices receive it. A delete has no payload.
type Change struct {
	ServerVersion int64          `json:"server_version"`
	Table         Table          `json:"table" enum:"threads,messages,projects,posts,kv,file_meta,notifications"`
	PK            string         `json:"pk"`
	Op            Kind           `json:"op" enum:"put,delete"`
	Payload       jsontext.Value `json:"payload,omitzero"`
	Stamp         Stamp          `json:"stamp"`
}

// OpError is why one op was rejected. Fields names what is wrong, in the words
// of the payload or of the stamp.
type OpError struct {
	Code    fault.Kind        `json:"code" enum:"validation_error,forbidden,conflict,oversized,server_error"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitzero"`
}

// Error implements error.
func (e *OpError) Error() string { return string(e.Code) + ": " + e.Message }

// invalid is a rejection about one field.
func invalid(field, message string) *OpError {
	return &OpError{Code: fault.Invalid, Message: message, Fields: map[string]string{field: message}}
}
