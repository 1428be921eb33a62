package db

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
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
	if runtime.GOOS == "windows" { // cannot, and need not
		return nil
	}
	for parent := dir; parent != oldest; {
		parent = filepath.Dir(parent)
		if err := syncDir(parent); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// syncDir puts a directory's names on the disk. One that may be entered and not
// read is somebody else's.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // a file system that has nothing to sync
	}
	return errors.Join(err, dir.Close())
}
