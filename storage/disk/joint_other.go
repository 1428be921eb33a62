//go:build !linux

package disk

import (
	"errors"
	"os"
)

func syncAll(*os.File) error { return errors.ErrUnsupported }

func syncsAll(*os.File) bool { return false }

func sameDisk(*os.File, *os.File) bool { return false }
