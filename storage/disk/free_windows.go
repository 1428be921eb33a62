package disk

import (
	"errors"

	"golang.org/x/sys/windows"
)

// free is what the server may still write, in bytes.
func free(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var left uint64
	if err := windows.GetDiskFreeSpaceEx(path, &left, nil, nil); err != nil {
		return 0, err
	}
	return int64(left), nil
}

func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
