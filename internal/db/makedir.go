package db

import (
	"os"
	"path/filepath"

	"or3.cloud/or3/internal/durable"
)

// MakeDir creates a directory, and the ones above it, for their owner alone,
// and makes their names durable: after a power cut a directory whose parent was
// never synced may be gone, with everything in it that was.
func MakeDir(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	oldest := filepath.Dir(dir) // the deepest that was there before; the last to be synced
	for !exists(oldest) && oldest != filepath.Dir(oldest) {
		oldest = filepath.Dir(oldest)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for parent := dir; parent != oldest; {
		parent = filepath.Dir(parent)
		if err := durable.SyncDir(parent); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
