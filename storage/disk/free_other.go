//go:build !linux && !darwin && !windows

package disk

import (
	"errors"
	"syscall"
)

// free is not known here.
func free(string) (int64, error) { return -1, nil }

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
