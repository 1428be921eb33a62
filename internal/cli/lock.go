package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
)

// lockFile in the data directory is held by the one serve that uses it. The
// system releases it when the process ends, however it ends.
const lockFile = "or3.lock"

var errLocked = errors.New("locked by another process")

// lock takes the data directory, and an SQLite database that lies elsewhere,
// for this process: SQLite means one server. The directory must exist. The
// returned function releases both; twice is safe.
func lock(c config.Config) (release func(), err error) {
	releaseDir, err := hold(filepath.Join(c.DataDir, lockFile), "the data directory "+c.DataDir)
	if err != nil {
		return nil, err
	}
	path, ok := c.Database.SQLitePath()
	if abs, absErr := filepath.Abs(path); !ok || absErr != nil || filepath.Dir(abs) == c.DataDir {
		return releaseDir, nil
	}
	if err := db.MakeDir(filepath.Dir(path)); err != nil {
		releaseDir()
		return nil, err
	}
	releaseDatabase, err := hold(path+".lock", "the database "+path)
	if err != nil {
		releaseDir()
		return nil, err
	}
	return func() { releaseDatabase(); releaseDir() }, nil
}

// hold takes one lock file; what it stands for is for the error.
func hold(path, what string) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w; check owner and mode", what, err)
	}
	if err := lockHandle(file); err != nil {
		defer file.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("another or3 serve%s uses %s; stop it, or name another directory with --data", holder(file), what)
		}
		return nil, fmt.Errorf("%s cannot be locked: %w", what, err)
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
