package engine

import (
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// op is an op with what is known about it before stored rows are looked at.
type op struct {
	*wire.Op
	text   *string // the payload as it will be stored; nil for a delete
	digest string
	owner  string // whose private row it says it is; "" is everybody's or not said
	author string // author_user_id of a message, "" when not said
	list   listing
	// refused is set when the op is wrong or forbidden whatever is stored.
	refused *wire.OpError
}

func prepare(a Actor, workspaceID string, o *wire.Op, now time.Time) op {
	checked, wrong := o.Check(workspaceID, now)
	p := op{Op: o, digest: checked.Digest, owner: ownerOf(o, checked.Payload)}
	// Whether an op is permitted comes before whether it is right: someone who
	// may not write here learns nothing else.
	if p.refused = permit(a, o, p.owner, wrong != nil); p.refused == nil {
		p.refused = wrong
	}
	if p.refused != nil || o.Op == wire.Delete {
		return p
	}
	text := string(checked.Text())
	p.text = &text
	p.list = listingOf(o.Table, checked.Payload)
	if o.Table == wire.Messages {
		p.author = checked.Payload.String("author_user_id")
	}
	return p
}

// ownerOf gives the person an op says its row belongs to.
func ownerOf(o *wire.Op, payload wire.Payload) string {
	if o.Table == wire.Notifications {
		return payload.String("user_id")
	}
	owner, _ := wire.PersonalKV(o.Table, o.PK)
	return owner
}

// private reports whether rows like this one belong to one person.
func private(o *wire.Op) bool {
	if o.Table == wire.Notifications {
		return true
	}
	_, personal := wire.PersonalKV(o.Table, o.PK)
	return personal
}

// permit judges an op by what it says about itself; what the stored row says is
// judged in the transaction.
func permit(a Actor, o *wire.Op, owner string, malformed bool) *wire.OpError {
	switch {
	case a.Server:
		return nil
	case wire.Reserved(o.Table, o.PK):
		return forbid("Only the server writes this row.")
	case !private(o):
		if !a.CanWrite {
			return forbid("You may read this workspace but not write in it.")
		}
	case owner == a.UserID && owner != "":
	case o.Table == wire.Notifications && owner == "" && (o.Op == wire.Delete && !malformed || a.CanWrite):
		// A delete need not say whose row it is. A put must, and is refused as wrong.
	default:
		return forbid("This row belongs to somebody else.")
	}
	return nil
}

func forbid(message string) *wire.OpError {
	return &wire.OpError{Code: fault.Forbidden, Message: message}
}
