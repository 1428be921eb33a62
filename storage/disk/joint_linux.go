package disk

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll puts everything on the disk that was written to a file system.
func syncAll(dir *os.File) error {
	for {
		err := unix.Syncfs(int(dir.Fd()))
		if err == unix.EINTR {
			continue
		}
		return os.NewSyscallError("syncfs", err)
	}
}

// syncsAll reports whether syncAll is known to end after the data, the names and
// the disk's own cache, and to tell of errors, which Linux does since 5.8. A file
// system that stands before another one (FUSE, overlay) may do anything.
func syncsAll(dir *os.File) bool {
	var name unix.Utsname
	var st unix.Statfs_t
	if unix.Uname(&name) != nil || unix.Fstatfs(int(dir.Fd()), &st) != nil {
		return false
	}
	switch st.Type {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC:
		return tellsErrors(string(bytes.TrimRight(name.Release[:], "\x00")))
	}
	return false
}

// tellsErrors reports whether a kernel of this release tells of errors in syncfs.
func tellsErrors(release string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 5 || major == 5 && minor >= 8
}

// sameDisk reports whether two files are on one file system.
func sameDisk(a, b *os.File) bool {
	var of, and unix.Stat_t
	return unix.Fstat(int(a.Fd()), &of) == nil && unix.Fstat(int(b.Fd()), &and) == nil && of.Dev == and.Dev
}
