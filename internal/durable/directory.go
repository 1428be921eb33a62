// Package durable brings to the disk what has to be there after a power cut.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// SyncDir puts a directory's names on the disk: a file that was synced is lost
// all the same while its name is not. Windows cannot, and need not; a directory
// that may be entered and not read is somebody else's.
func SyncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	return SyncOpenDir(dir)
}

// SyncOpenDir does the same for a directory that is open, and closes it.
func SyncOpenDir(dir *os.File) error {
	if runtime.GOOS == "windows" {
		return dir.Close()
	}
	err := dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // a file system that has nothing to sync
	}
	return errors.Join(err, dir.Close())
}
