package server

import (
	"sync"
	"time"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
)

// lookedMost is how many contents are remembered.
const lookedMost = 10_000

// lateAgain is how long a content is left alone that took too long: it may have
// been the machine that was busy.
const lateAgain = 10 * time.Minute

// looked remembers what was found in contents of which there is no preview, so
// that whoever asks for such a file does not have it looked into each time. The
// zero value is ready.
type looked struct {
	mu    sync.Mutex
	found map[storage.Ref]lookedAt
}

// lookedAt is what was found in a content, and until when that counts; zero for ever.
type lookedAt struct {
	inspect.Facts
	until time.Time
}

// add notes what was found, unless there is a preview. late says that the time for
// it had gone by.
func (l *looked) add(ref storage.Ref, found inspect.Facts, late bool, now time.Time) {
	seen := lookedAt{Facts: found}
	if late {
		seen.until = now.Add(lateAgain)
	}
	if len(found.Preview) > 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.found) >= lookedMost {
		clear(l.found)
	}
	if l.found == nil {
		l.found = map[storage.Ref]lookedAt{}
	}
	l.found[ref] = seen
}

// nothingMore reports whether looking into a content again would add nothing to
// what its row says.
func (l *looked) nothingMore(ref storage.Ref, known engine.FileFacts, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.found[ref]
	return ok && (found.until.IsZero() || now.Before(found.until)) && (found.Width <= 0 || found.Width == known.Width && found.Height == known.Height) && (found.Pages <= 0 || found.Pages == known.PageCount)
}
