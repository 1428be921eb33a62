package disk

import (
	"crypto/rand"
	"strconv"
	"sync"
)

// unnamed begins the name of a directory of incoming for what belongs to no upload.
const unnamed = "~"

// lanes are the directories of incoming in which blobs arrive that belong to no
// upload. A directory takes one new file at a time, and whoever waits for it
// spins: many small files of several calls would spend a tenth of their time on
// that, so that each call has a directory to itself.
type lanes struct {
	mu   sync.Mutex
	free []string
	made int
}

// take gives a lane that nobody has. There are as many as calls at once.
func (l *lanes) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.free) - 1; last >= 0 {
		lane := l.free[last]
		l.free = l.free[:last]
		return lane
	}
	l.made++
	return unnamed + strconv.Itoa(l.made)
}

// give gives a lane back, for the next to use the same: each is a directory that
// has to be made.
func (l *lanes) give(lane string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, lane)
}

// unnamedPart is where a blob of a lane arrives.
func (s *Store) unnamedPart(lane string) string {
	return s.under(incoming, lane, rand.Text())
}
