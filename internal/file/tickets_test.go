package file

import (
	"testing"
	"time"

	"or3.cloud/or3/storage"
)

// What is remembered of a ticket lets nobody go on with anything else than it
// is for.
func TestATicketIsGoodForItsOwnUploadAlone(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	own := Upload{UserID: "u1", Key: storage.Key{Workspace: "w1", Ref: storage.RefOf([]byte("a"))}, Size: 1, MediaType: "text/plain", Resume: "i0", Ask: true}
	var known tickets
	known.add("i1", own, now.Add(time.Minute))
	for name, c := range map[string]struct {
		intent string
		change func(*Upload)
		at     time.Time
		want   bool
	}{
		"its own":             {"i1", func(u *Upload) { u.Resume, u.Ask = "", false }, now, true},
		"another's person":    {"i1", func(u *Upload) { u.UserID = "u2" }, now, false},
		"another's workspace": {"i1", func(u *Upload) { u.Key.Workspace = "w2" }, now, false},
		"another file":        {"i1", func(u *Upload) { u.Key.Ref = storage.RefOf([]byte("b")) }, now, false},
		"another size":        {"i1", func(u *Upload) { u.Size = 2 }, now, false},
		"another type":        {"i1", func(u *Upload) { u.MediaType = "image/png" }, now, false},
		"too late":            {"i1", func(*Upload) {}, now.Add(time.Minute), false},
		"unknown":             {"i2", func(*Upload) {}, now, false},
	} {
		u := own
		if c.change(&u); known.has(c.intent, u, c.at) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
	known.drop("i1")
	if known.has("i1", own, now) {
		t.Error("it is good after it was used")
	}
	for range mostTickets + 10 {
		id, _ := newID()
		known.add(id, own, now.Add(time.Minute))
	}
	if n := len(known.by); n > mostTickets {
		t.Errorf("%d tickets are remembered", n)
	}
}
