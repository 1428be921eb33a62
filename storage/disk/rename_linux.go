package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

// settle is lookAndRename in one call of the system instead of three, where the
// file system has it.
func settle(part, path string) (there bool, err error) {
	for {
		err = unix.Renameat2(unix.AT_FDCWD, part, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE)
		switch {
		case err == nil:
			return false, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EEXIST):
			return true, nil
		default: // not of this file system or this kernel, which word that in several ways; or it fails the other way, too
			return lookAndRename(part, path)
		}
	}
}
