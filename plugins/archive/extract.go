package archive

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/internal/fault"
)

// staging begins the names of folders that are being written.
const staging = ".staging-"

// The modes of what is written, whatever the zip says.
const (
	folderMode fs.FileMode = 0o755
	fileMode   fs.FileMode = 0o644
)

// Extract writes the package into a new folder of a directory: everything goes
// into a staging folder beside it, is brought to the disk, and gets its name by
// one rename. When it fails, the directory is as it was before. A name that is
// taken is a conflict.
func (a *Archive) Extract(dir *os.Root, name string) (err error) {
	if name != path.Base(name) || !filepath.IsLocal(name) || checkPart(name) != "" {
		return fmt.Errorf("%q cannot be the name of a plugin's folder", name)
	}
	if _, err := dir.Lstat(name); err == nil {
		return fault.Newf(fault.Conflict, "%s is there already.", name)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return unwritten(err)
	}
	stage := staging + rand.Text()
	if err := dir.Mkdir(stage, folderMode); err != nil {
		return unwritten(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dir.RemoveAll(stage))
		}
	}()
	if err := a.fill(dir, stage); err != nil {
		return unwritten(err)
	}
	if err := dir.Rename(stage, name); err != nil {
		return unwritten(err)
	}
	if err := syncIn(dir, "."); err != nil {
		return unwritten(errors.Join(err, dir.RemoveAll(name)))
	}
	return nil
}

// fill writes all files below the staging folder and syncs them, then the
// folders, the deepest first.
func (a *Archive) fill(dir *os.Root, stage string) error {
	inside, err := dir.OpenRoot(stage)
	if err != nil {
		return err
	}
	defer func() { _ = inside.Close() }()
	folders := map[string]bool{".": true}
	for i := range a.members {
		m := &a.members[i]
		for above := path.Dir(m.Path); !folders[above]; above = path.Dir(above) {
			folders[above] = true
		}
		if err := inside.MkdirAll(path.Dir(m.Path), folderMode); err != nil {
			return err
		}
		if err := a.writeFile(inside, i); err != nil {
			return err
		}
	}
	deepest := slices.SortedFunc(maps.Keys(folders), func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	for _, folder := range deepest {
		if err := syncIn(inside, folder); err != nil {
			return err
		}
	}
	return nil
}

func (a *Archive) writeFile(inside *os.Root, i int) error {
	file, err := inside.OpenFile(a.members[i].Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	err = a.write(file, i)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncIn(root *os.Root, folder string) error {
	dir, err := root.Open(folder)
	if err != nil {
		return err
	}
	return durable.SyncOpenDir(dir)
}

// Sweep removes what extractions that were cut off have left in a directory, and
// says how many they were. It is for the start of the program, when nobody is
// extracting.
func Sweep(dir *os.Root) (removed int, err error) {
	names, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return 0, fmt.Errorf("looking for unfinished plugins: %w", err)
	}
	for _, entry := range names {
		if !strings.HasPrefix(entry.Name(), staging) {
			continue
		}
		if err := dir.RemoveAll(entry.Name()); err != nil {
			return removed, fmt.Errorf("removing an unfinished plugin: %w", err)
		}
		removed++
	}
	return removed, nil
}

// unwritten gives a failure to write its public words.
func unwritten(err error) error {
	switch {
	case err == nil:
		return nil
	case durable.IsFull(err):
		return fault.Wrap(err, fault.DiskFull, "The server's disk is full: the plugin was not installed and nothing of it was kept. Make room and try again.")
	}
	return fmt.Errorf("writing a plugin: %w", err)
}
