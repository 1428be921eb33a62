package engine

import (
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// op is an op with what is known about it before stored rows are looked at.
type op struct {
	*wire.Op
	text    *string // the payload as it will be stored; nil for a delete
	digest  string
	owner   string            // whose private row it says it is; "" is everybody's or not said
	authors []author          // who a message or thread says made it
	long    map[string]string // texts longer than allowed, by field: they may only stay
	news    bool              // others will want to hear of this message, if it is a new one
	list    listing
	fresh   bool // there was no live row before; known once it was applied
	// refused is set when the op is wrong or forbidden whatever is stored.
	refused *wire.OpError
	// mayRepeat is set when it is refused only because the person may not write
	// here: what they pushed while they might is still answered as then.
	mayRepeat bool
}

func prepare(a Actor, workspaceID string, o *wire.Op, now time.Time) op {
	checked, wrong := o.Check(workspaceID, now)
	p := op{Op: o, digest: checked.Digest, owner: ownerOf(o, checked.Payload)}
	// Whether an op is permitted comes before whether it is right: someone who
	// may not write here learns nothing else.
	malformed := wrong != nil && wrong.Fields["hlc"] == "" // a clock ahead says nothing about the op
	if p.refused = permit(a, o, p.owner, malformed); p.refused == nil {
		p.refused = wrong
	} else {
		p.mayRepeat = wrong == nil && !private(o) && !wire.Reserved(o.Table, o.PK)
	}
	if p.refused != nil || o.Op == wire.Delete {
		return p
	}
	text := string(checked.Text())
	p.text = &text
	p.list = listingOf(o.Table, checked.Payload)
	p.long = checked.Payload.TooLong()
	p.authors = authorsOf(o.Table, checked.Payload, text)
	p.news = o.Table == wire.Messages && isNews(checked.Payload, now)
	return p
}

// author is a person a payload names as who made the row, and where.
type author struct{ field, id string }

// authorsOf gives whom a message or thread names as its author. A thread's are
// no fields of the schema: any JSON may stand there, and a text alone is a name.
func authorsOf(t wire.Table, payload wire.Payload, text string) []author {
	var all []author
	add := func(field, id string) {
		if id != "" {
			all = append(all, author{field, id})
		}
	}
	switch t {
	case wire.Messages:
		add("author_user_id", payload.String("author_user_id"))
	case wire.Threads:
		var f struct {
			User  any `json:"author_user_id"`
			Older any `json:"author_id"`
		}
		readFields(text, &f)
		user, _ := f.User.(string)
		older, _ := f.Older.(string)
		add("author_user_id", user)
		add("author_id", older)
	}
	return all
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
	case namesAnother(o, a.UserID):
		return forbid("This row belongs to somebody else.")
	case !private(o):
		if !a.CanWrite && !mistake.On(mistake.ViewerWrites) {
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

// namesAnother tells whether a notification's id says that it is another person's.
func namesAnother(o *wire.Op, userID string) bool {
	person, ok := wire.PersonalNotice(o.Table, o.PK)
	return ok && person != userID
}

func forbid(message string) *wire.OpError {
	return &wire.OpError{Code: fault.Forbidden, Message: message}
}
