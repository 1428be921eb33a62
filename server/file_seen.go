package server

import (
	"sync"
	"time"

	"or3.cloud/or3/storage"
)

// A file that was hashed is sent without being hashed again for seenFor, as
// long as nobody has written to it. One that was written so shortly before it
// was hashed that a second change could bear the same time is not remembered.
const (
	seenFor    = 10 * time.Minute
	seenMost   = 10_000
	seenSettle = time.Second
)

// seen remembers which files this process has found to be right. The zero value
// is ready.
type seen struct {
	mu    sync.Mutex
	files map[storage.Key]sight
}

type sight struct {
	stored time.Time // when the bytes were written, as the store says
	size   int64
	until  time.Time
}

// add notes that a file was hashed, beginning at a time, and is right.
func (s *seen) add(b storage.Blob, began time.Time) {
	if b.Stored.Add(seenSettle).After(began) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.files) >= seenMost {
		s.forget(began)
	}
	if s.files == nil {
		s.files = map[storage.Key]sight{}
	}
	s.files[b.Key] = sight{stored: b.Stored, size: b.Size, until: began.Add(seenFor)}
}

// forget drops what is too old, and if all are young, all.
func (s *seen) forget(now time.Time) {
	for key, known := range s.files {
		if now.After(known.until) {
			delete(s.files, key)
		}
	}
	if len(s.files) >= seenMost {
		clear(s.files)
	}
}

// has reports whether a file, as the store has it now, is one that was hashed.
func (s *seen) has(b storage.Blob, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.files[b.Key]
	return ok && known.stored.Equal(b.Stored) && known.size == b.Size && now.Before(known.until)
}

// may reports whether it is worth while to ask has.
func (s *seen) may(key storage.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.files[key]
	return ok
}
