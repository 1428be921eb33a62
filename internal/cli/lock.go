package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockFile in the data directory is held by the one serve that uses it. The
// system releases it when the process ends, however it ends.
const lockFile = "or3.lock"

var errLocked = errors.New("locked by another process")

// lock takes the data directory (which must exist) for this process. The
// returned function releases it; twice is safe.
func lock(dir string) (release func(), err error) {
	path := filepath.Join(dir, lockFile)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be written: %w; check its owner and mode", dir, err)
	}
	if err := lockHandle(file); err != nil {
		defer file.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("another or3 serve%s uses the data directory %s; stop it, or name another directory with --data", holder(file), dir)
		}
		return nil, fmt.Errorf("the data directory %s cannot be locked: %w", dir, err)
	}
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // only for the message above
	}
	return func() { _ = file.Close() }, nil
}

// holder says which process holds the lock, as far as the file tells.
func holder(file io.ReaderAt) string {
	text := make([]byte, 20)
	n, _ := file.ReadAt(text, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
