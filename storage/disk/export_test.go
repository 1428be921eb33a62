package disk

import (
	"os"

	"or3.cloud/or3/storage"
)

// Dir is where the store lies.
func (s *Store) Dir() string { return s.dir }

// Path is where a blob lies.
func (s *Store) Path(key storage.Key) string { return s.path(key) }

// Writing puts a function in the place of writing to a file.
func (s *Store) Writing(write func(f *os.File, p []byte) (int, error)) { s.write = write }

// Free puts a function in the place of asking the disk what is free.
func (s *Store) Free(free func(dir string) (left, all int64, err error)) { s.free = free }

// Jointly puts a function in the place of syncing the whole file system, on
// whatever the store lies.
func (s *Store) Jointly(all func(dir *os.File) error) {
	s.joint.reliable = func(*os.File) bool { return true }
	s.joint.all = all
}

// Occupy lets nobody be synced until free is called, as if one were synced just
// now.
func (s *Store) Occupy() (free func()) {
	begun, over, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	t := s.joint.begin(0)
	t.elsewhere = false
	go func() {
		defer close(left)
		defer t.end()
		_ = t.sync(1, func() error { close(begun); <-over; return nil })
	}()
	<-begun
	return func() { close(over); <-left }
}

// Waiting is how many wait to be synced.
func (s *Store) Waiting() int {
	s.joint.mu.Lock()
	defer s.joint.mu.Unlock()
	return len(s.joint.waiting)
}

// Holding reports whether the store keeps its directory open.
func (s *Store) Holding() bool {
	s.joint.mu.Lock()
	defer s.joint.mu.Unlock()
	return s.joint.root != nil
}

// Apart has every file be synced by itself.
func (s *Store) Apart() { s.joint.reliable = func(*os.File) bool { return false } }
