package wire

import (
	"cmp"
	"strings"
)

// Rank is a write's place in the one total order of writes to a row. Two
// different ops never have the same rank, because op ids differ.
type Rank struct {
	Clock  int64  `json:"clock"`
	Delete bool   `json:"is_delete"`
	HLC    string `json:"hlc"`
	OpID   string `json:"op_id"`
}

// Compare orders by (clock, is_delete, hlc, op_id); texts compare by bytes.
func (r Rank) Compare(other Rank) int {
	if c := cmp.Compare(r.Clock, other.Clock); c != 0 {
		return c
	}
	if r.Delete != other.Delete {
		if r.Delete {
			return 1
		}
		return -1
	}
	if c := strings.Compare(r.HLC, other.HLC); c != 0 {
		return c
	}
	return strings.Compare(r.OpID, other.OpID)
}

// Outcome is what Resolve decides.
type Outcome string

// The outcomes.
const (
	Apply     Outcome = "apply"     // the op becomes the row
	Supersede Outcome = "supersede" // the row stays
)

// Resolve decides between the row's present write and an op; nil is a row that
// has never been or whose tombstone is forgotten. The newest rank wins, so any
// order of arrival ends in the same row: merging is taking a maximum.
func Resolve(current *Rank, op Rank) Outcome {
	if current == nil || op.Compare(*current) > 0 {
		return Apply
	}
	return Supersede
}

// CheckClock refuses an op whose clock is too far above its row's; current is 0
// for a row that is not there.
func CheckClock(current, clock int64) *OpError {
	if clock-current <= MaxClockLead {
		return nil
	}
	return invalid("clock", "The clock is more than 1000000 above the row's. Take the row's clock, add one and send the op again.")
}
