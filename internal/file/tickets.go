package file

import (
	"sync"
	"time"

	"or3.cloud/or3/storage"
)

// tickets remembers the intents that this process has just given out, so that
// each step of an upload need not read its own again. What it knows is only good
// for going on: whether an intent is still open is asked in the transaction that
// uses it. The zero value is ready.
type tickets struct {
	mu sync.Mutex
	by map[string]ticket
}

type ticket struct {
	upload  named
	expires time.Time
}

// mostTickets bounds what is remembered. Those that are forgotten are read.
const mostTickets = 4096

func (t *tickets) add(intent string, u Upload, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil || len(t.by) >= mostTickets {
		t.by = map[string]ticket{}
	}
	t.by[intent] = ticket{u.named(), expires}
}

// named is what an intent is compared by.
type named struct {
	userID    string
	key       storage.Key
	size      int64
	mediaType string
}

func (u Upload) named() named { return named{u.UserID, u.Key, u.Size, u.MediaType} }

// has reports whether an intent is known to be this upload's and in time.
func (t *tickets) has(intent string, u Upload, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.by[intent]
	return ok && known.upload == u.named() && known.expires.After(now)
}

func (t *tickets) drop(intent string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, intent)
}
