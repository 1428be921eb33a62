package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
)

// dripping is a line over which something comes each time the clock has moved.
type dripping struct {
	net.Conn
	each  int
	every time.Duration
	now   time.Time
}

func (d *dripping) Read(p []byte) (int, error) {
	d.now = d.now.Add(d.every)
	return min(d.each, len(p)), nil
}

func (d *dripping) SetReadDeadline(time.Time) error { return nil }

// Somebody announces a large file and sends a byte now and then: the place is
// somebody else's before long. A slow line is none of that.
func TestAnUploadOfAByteNowAndThenGivesItsPlaceBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		each int
		stop bool
	}{"a byte now and then": {1, true}, "a slow line": {slowest * 20, false}, "a little less": {slowest*20 - 1, true}} {
		line := &dripping{each: c.each, every: 20 * time.Second, now: time.Unix(1_000_000, 0)}
		body := &bodyReader{length: 100 * int64(c.each), until: line.now.Add(24 * time.Hour), now: func() time.Time { return line.now }}
		body.attach(line)
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, body, make([]byte, slowest*20))
		if stopped := errors.Is(err, errTooSlow); stopped != c.stop || stopped && n != 3*int64(c.each) || !stopped && (n != body.length || err != nil) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
}

// Somebody has all places they get, one of them for a file that is arriving, and
// sends it once more with others: it is told apart, so that nobody discards it.
func TestWhatIsArrivingIsKnownWhereThereIsNoPlace(t *testing.T) {
	t.Parallel()
	u := newUploads()
	for i := range uploadsOfOne {
		if _, err := u.begin(t.Context(), fmt.Sprint("upload ", i), "person", func() {}); err != nil {
			t.Fatal(err)
		}
	}
	held, _, err := u.enter("person", func() {}, "upload 7", "another")
	if !fault.Is(err, fault.Unavailable) || len(held) != 1 || held["upload 7"] == nil {
		t.Errorf("held are %v, %v", held, err)
	}
}

// Four people hold every place they get. The fifth still sends a file.
func TestAFewPeopleDoNotKeepEverybodyElseFromUploading(t *testing.T) {
	t.Parallel()
	u := newUploads()
	taken := map[string]int{}
	for person := range 5 {
		for i := range 300 {
			who := fmt.Sprint("person ", person)
			_, err := u.begin(t.Context(), fmt.Sprintf("%s, %d", who, i), who, func() {})
			switch {
			case err == nil:
				taken[who]++
			case !fault.Is(err, fault.Unavailable):
				t.Fatal(err)
			}
		}
	}
	for who, n := range taken {
		if n < uploadsCrowded || n > uploadsOfOne {
			t.Errorf("%s has %d places", who, n)
		}
	}
	if len(taken) != 5 || u.count() > uploadsOfAll-200 {
		t.Errorf("taken are %v", taken)
	}
}
