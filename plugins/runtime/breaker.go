package runtime

import "time"

// The breaker's numbers. A plugin that keeps failing costs every page a budget;
// so it is left alone for a while, and for good when that did not help.
const (
	failuresToOpen = 3
	failureWindow  = time.Minute
	firstPause     = 30 * time.Second
	longestPause   = 15 * time.Minute
	opensToStop    = 3
	openWindow     = time.Hour
)

// breaker decides for one plugin in one workspace whether it is called. Time
// comes from outside.
type breaker struct {
	failures    []time.Time // of the last minute
	opens       []time.Time // of the last hour: each time a pause began, also after a call that only found out
	pause       time.Duration
	until       time.Time // not before, while open
	open        bool
	probing     bool // one call finds out whether it is better
	quarantined bool
}

// allow says whether a call may go, and when to come again if not. Each that may
// go has to be followed by one of succeeded, failed or abandoned.
func (b *breaker) allow(now time.Time) (ok bool, retry time.Duration) {
	switch {
	case b.quarantined:
		return false, 0
	case !b.open:
		return true, 0
	case now.Before(b.until):
		return false, b.until.Sub(now)
	case b.probing:
		return false, time.Second
	}
	b.probing = true
	return true, 0
}

func (b *breaker) succeeded() {
	b.failures = nil
	b.open, b.probing = false, false
}

// abandoned is a call that told nothing about the plugin.
func (b *breaker) abandoned() { b.probing = false }

// failed reports whether the plugin is quarantined by this failure.
func (b *breaker) failed(now time.Time) (quarantined bool) {
	if b.open {
		if b.probing { // others began before it opened
			b.probing = false
			b.pause = min(2*b.pause, longestPause)
			b.opens = append(since(b.opens, now.Add(-openWindow)), now)
			return b.paused(now)
		}
		return false
	}
	b.failures = append(since(b.failures, now.Add(-failureWindow)), now)
	if len(b.failures) < failuresToOpen {
		return false
	}
	b.failures = nil
	b.opens = append(since(b.opens, now.Add(-openWindow)), now)
	b.open, b.pause = true, firstPause<<(len(b.opens)-1)
	return b.paused(now)
}

// paused begins a pause, and reports whether it is one too many.
func (b *breaker) paused(now time.Time) (quarantined bool) {
	b.until = now.Add(b.pause)
	b.quarantined = len(b.opens) >= opensToStop
	return b.quarantined
}

// since leaves out what is before.
func since(times []time.Time, before time.Time) []time.Time {
	for len(times) > 0 && !times[0].After(before) {
		times = times[1:]
	}
	return times
}

// quiet says that there is nothing worth remembering.
func (b *breaker) quiet(now time.Time) bool {
	return !b.open && !b.quarantined && len(since(b.failures, now.Add(-failureWindow))) == 0 && len(since(b.opens, now.Add(-openWindow))) == 0
}
