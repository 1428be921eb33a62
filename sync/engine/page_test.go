package engine

import (
	"testing"

	"or3.cloud/or3/internal/db"
)

// at gives a change of a version and, when given, of an atomic group.
func at(version int64, group ...string) db.Row {
	r := db.Row{ServerVersion: version}
	if len(group) > 0 {
		r.AtomicKey = []byte(group[0])
	}
	return r
}

// heavy is at with a payload of so many bytes.
func heavy(bytes int, version int64, group ...string) db.Row {
	r := at(version, group...)
	r.Payload = make([]byte, bytes)
	return r
}

// filled is a page that was shown changes until it had enough.
func filled(p page, changes []db.Row) page {
	for i := range changes {
		if !p.takes(&changes[i]) {
			break
		}
	}
	return p
}

func TestAPageSpeaksForEverythingThatWasLookedAt(t *testing.T) {
	const limit, full = 2, 2 + 99
	for _, c := range []struct {
		name    string
		changes []db.Row // what is visible from the cursor on
		last    int64    // the end of the window
		head    int64
		n       int
		next    int64
		more    bool
	}{
		{"nothing visible, the head within the window", nil, 100, 50, 0, 50, false},
		{"nothing visible in the whole window", nil, 100, 500, 0, 100, true},
		{"everything fits", []db.Row{at(3), at(7)}, 100, 9, 2, 9, false},
		{"the limit cuts", []db.Row{at(3), at(7), at(8)}, 100, 9, 2, 7, true},
		{"the window cuts", []db.Row{at(3), at(101)}, 100, 200, 1, 100, true},
		{"the window cuts before anything", []db.Row{at(101)}, 100, 200, 0, 100, true},
		{"a group overruns the limit", []db.Row{at(3), at(7, "a"), at(8, "a"), at(9)}, 100, 9, 3, 8, true},
		{"a group overruns the window", []db.Row{at(100, "a"), at(101, "a"), at(102)}, 100, 200, 2, 101, true},
		{"a group overruns the window to the head", []db.Row{at(100, "a"), at(101, "a")}, 100, 101, 2, 101, false},
		{"its weight cuts", []db.Row{heavy(pageBytes+1, 3), at(4)}, 100, 9, 1, 3, true},
		{"its weight cuts at the end of the window", []db.Row{heavy(pageBytes+1, 3), at(101)}, 100, 200, 1, 100, true},
		{"a group overruns the weight", []db.Row{heavy(pageBytes, 3, "a"), heavy(1, 4, "a"), heavy(1, 5, "a"), at(6)}, 100, 9, 3, 5, true},
		{"two groups side by side are two", []db.Row{at(3, "a"), at(4, "a"), at(5, "b")}, 100, 5, 2, 4, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := filled(page{limit: limit, full: full, last: c.last, head: c.head}, c.changes)
			if next, more := p.progress(); p.n != c.n || next != c.next || more != c.more {
				t.Errorf("got %d changes, next %d, more %v; want %d, %d, %v", p.n, next, more, c.n, c.next, c.more)
			}
		})
	}
	t.Run("as many as were asked for say nothing about what follows", func(t *testing.T) {
		var changes []db.Row
		for v := range int64(full) {
			changes = append(changes, at(v+1, "a"))
		}
		p := filled(page{limit: limit, full: full, last: 1000, head: 500}, changes)
		if next, more := p.progress(); p.n != full || next != full || !more {
			t.Errorf("got %d changes, next %d, more %v", p.n, next, more)
		}
	})
}
