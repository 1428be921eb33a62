package wire

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// HLC is a hybrid logical clock's reading: wall time, a counter for what
// happens within a millisecond or before the wall clock catches up, and the
// node that read it. Its text is fixed in width, so it sorts as bytes:
//
//	1764288000000:0001:k3f9x0ab
type HLC struct {
	Millis  int64  // epoch ms, 0…9999999999999
	Counter int    // 0…9999
	Node    string // 1–16 of [a-z0-9]
}

const (
	maxMillis  = 9_999_999_999_999
	maxCounter = 9999
)

// String formats the reading.
func (h HLC) String() string { return fmt.Sprintf("%013d:%04d:%s", h.Millis, h.Counter, h.Node) }

var errHLC = errors.New("an HLC is 13 digits of milliseconds, a colon, 4 digits, a colon and 1–16 of [a-z0-9]")

// ParseHLC reads a reading's text.
func ParseHLC(s string) (HLC, error) {
	if len(s) < 20 || len(s) > 35 || s[13] != ':' || s[18] != ':' || !digits(s[:13]) || !digits(s[14:18]) {
		return HLC{}, errHLC
	}
	for i := 19; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return HLC{}, errHLC
		}
	}
	millis, _ := strconv.ParseInt(s[:13], 10, 64)
	counter, _ := strconv.Atoi(s[14:18])
	return HLC{Millis: millis, Counter: counter, Node: s[19:]}, nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Clock makes readings for one node, each later than the one before and than
// every reading it was told about, unless the wall clock was set back. It is safe for concurrent use.
type Clock struct {
	now  func() time.Time
	node string

	mu   sync.Mutex
	last HLC
}

// NewClock makes a clock; node is 1–16 of [a-z0-9] and no other clock's.
func NewClock(now func() time.Time, node string) *Clock { return &Clock{now: now, node: node} }

// Next reads the clock.
func (c *Clock) Next() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	// A wall clock that was set back must not leave this node ahead of it for
	// longer than others would believe.
	if wall := c.now(); wall.UnixMilli() > c.last.Millis || wall.Add(MaxHLCLead).UnixMilli() < c.last.Millis {
		c.last = HLC{Millis: wall.UnixMilli()}
	} else {
		c.last = after(c.last)
	}
	c.last.Node = c.node
	return c.last.String()
}

// Observe tells the clock of another node's reading. One that is further ahead
// of the wall clock than the server accepts is ignored: following it would only
// get this node's own ops refused.
func (c *Clock) Observe(text string) {
	seen, err := ParseHLC(text)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	latest := c.now().Add(MaxHLCLead).UnixMilli()
	if seen.Millis > latest {
		return
	}
	if c.last.Millis > latest { // made before the wall clock was set back; Next would drop both
		c.last = HLC{}
	}
	if seen.Millis > c.last.Millis || seen.Millis == c.last.Millis && seen.Counter > c.last.Counter {
		c.last.Millis, c.last.Counter = seen.Millis, seen.Counter
	}
}

// NextHLC is the reading that follows a valid one, of the same node.
func NextHLC(text string) string {
	h, err := ParseHLC(text)
	if err != nil {
		return text
	}
	next := after(h)
	next.Node = h.Node
	return next.String()
}

func after(h HLC) HLC {
	if h.Counter < maxCounter {
		return HLC{Millis: h.Millis, Counter: h.Counter + 1}
	}
	return HLC{Millis: min(h.Millis+1, maxMillis)}
}
