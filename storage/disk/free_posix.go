//go:build linux || darwin

package disk

import (
	"errors"

	"golang.org/x/sys/unix"
)

// free is what the server may still write, and what the file system has in
// all, in bytes.
func free(dir string) (left, all int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize), nil
}

func isFull(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
