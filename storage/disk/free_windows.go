package disk

import (
	"errors"

	"golang.org/x/sys/windows"
)

// free is what the server may still write, and what the file system has in
// all, in bytes.
func free(dir string) (left, all int64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var mine, total uint64
	if err := windows.GetDiskFreeSpaceEx(path, &mine, &total, nil); err != nil {
		return 0, 0, err
	}
	return int64(mine), int64(total), nil
}

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
