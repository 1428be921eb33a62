package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"or3.cloud/or3/internal/durable"
)

// makeDir makes a directory, and those above it, for their owner alone, and
// their names durable before anything is kept in them. What was made once is
// remembered: nobody but this store removes directories, and it never does.
func (s *Store) makeDir(dir string) error {
	if _, done := s.made.Load(dir); done {
		return nil
	}
	parent := filepath.Dir(dir)
	if dir != s.dir { // above the store's own directory others answer for durability
		if err := s.makeDir(parent); err != nil {
			return err
		}
	} else if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Also when it was there: whoever made it may have died before this.
	if err := durable.SyncDir(parent); err != nil {
		return err
	}
	s.made.Store(dir, struct{}{})
	return nil
}
