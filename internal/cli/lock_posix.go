//go:build !windows

package cli

import (
	"errors"
	"os"
	"syscall"
)

func lockHandle(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
