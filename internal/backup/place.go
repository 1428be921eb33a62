package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/internal/fault"
)

// atomically writes a file beside path, brings it to the disk, has it checked
// and then gives it its name. Whatever happens, path is what it was or complete.
func atomically(path string, write func(*os.File) error, check func(path string) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := check(file.Name()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(path))
}

// mayReplace refuses to write over a file that is not a backup: a slip of the
// keyboard must not cost anybody their database.
func mayReplace(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return cannotWrite(path, err)
	}
	if info.IsDir() {
		return fault.Newf(fault.Invalid, "%s is a directory. Name a file in it, such as %s.", path, filepath.Join(path, "or3.backup"))
	}
	file, err := os.Open(path)
	if err != nil {
		return cannotWrite(path, err)
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, len(markName)+1)
	if _, err := io.ReadFull(file, head); (err != nil || !strings.HasPrefix(string(head), markName)) && info.Size() > 0 {
		return fault.New(fault.Conflict, fmt.Sprintf("%s exists and is not a backup. Name another file.", path))
	}
	return nil
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || fault.Is(err, fault.DiskFull)
}
