package durable

import (
	"errors"
	"syscall"
)

// IsFull reports whether writing failed because the disk, or somebody's share
// of it, is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
