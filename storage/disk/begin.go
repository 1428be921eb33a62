package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/internal/fault"
)

// marker is the file that tells a store's directory from the empty mount point
// of a disk that is not there. It lies on the disk with the blobs.
const marker = "or3-files"

const markerText = "Files of OR3 Cloud are kept here. Without this file the server takes the directory for one whose disk is not mounted.\n"

// Begin makes the directory a store. Where files are kept already, so that there
// has to be one, an empty or missing directory is left alone: its disk is not
// mounted, or the path is wrong, and every call fails as Unavailable until it
// is there. A directory with blobs is a store in any case. What an earlier process
// was writing, and nobody can go on with, is removed.
func (s *Store) Begin(kept bool) error {
	err := s.here()
	if fault.Is(err, fault.Unavailable) {
		if kept && !s.hasBlobs() {
			return nil
		}
		err = s.mark()
	}
	for _, sub := range []string{blobs, incoming} {
		if err == nil {
			err = s.makeDir(filepath.Join(s.dir, sub))
		}
	}
	if err == nil {
		err = s.dropUnnamed()
	}
	if err != nil {
		return fmt.Errorf("opening the file store %s: %w; make the directory writable for the server", s.dir, err)
	}
	return nil
}

// dropUnnamed removes what arrived in part without a name to go on with. One
// process writes here at a time, and this one has not begun.
func (s *Store) dropUnnamed() error {
	root := filepath.Join(s.dir, incoming)
	dirs, err := list(root)
	for _, dir := range dirs {
		if !strings.HasPrefix(dir, unnamed) {
			continue
		}
		parts, failed := list(filepath.Join(root, dir))
		err = errors.Join(err, failed)
		for _, part := range parts {
			err = errors.Join(err, dropped(os.Remove(filepath.Join(root, dir, part))))
		}
	}
	return err
}

// hasBlobs reports whether an earlier program has kept something here.
func (s *Store) hasBlobs() bool {
	names, err := list(filepath.Join(s.dir, blobs))
	for _, name := range names {
		if strings.HasPrefix(name, "w_") {
			return err == nil
		}
	}
	return false
}

func (s *Store) mark() error {
	if err := s.makeDir(s.dir); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, marker), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(markerText)
	return errors.Join(err, f.Sync(), f.Close(), durable.SyncDir(s.dir))
}

// here fails unless the directory is a store. What is asked about a blob that is
// not there, and whatever would write, asks this first: nothing is missing, and
// nothing is to be made, where the disk is not.
func (s *Store) here() error {
	_, err := os.Stat(filepath.Join(s.dir, marker))
	if errors.Is(err, fs.ErrNotExist) {
		s.made.Clear()
		return fault.Wrap(fmt.Errorf("%s has no file %s: mount the disk, or set storage.fs_root to where files are kept; to begin with none on purpose, make that file", s.dir, marker),
			fault.Unavailable, "The directory that files are kept in is not there. Ask whoever runs the server to mount its disk.")
	}
	return failed(err, "looking for the file store")
}
