package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Sweep implements storage.Sweeper: it removes what arrived in part and has
// not grown since. What is being written stays.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	if err := s.here(); err != nil {
		return 0, err
	}
	root := filepath.Join(s.dir, incoming)
	workspaces, err := list(root)
	if err != nil {
		return 0, failed(err, "looking for abandoned uploads")
	}
	for _, workspace := range workspaces {
		names, err := list(filepath.Join(root, workspace))
		if err != nil {
			return removed, failed(err, "looking for abandoned uploads")
		}
		for _, name := range names {
			gone, err := s.sweepPart(ctx, filepath.Join(root, workspace, name), before)
			if err != nil {
				return removed, failed(err, "removing an abandoned upload")
			}
			if gone {
				removed++
			}
		}
	}
	return removed, nil
}

func (s *Store) sweepPart(ctx context.Context, part string, before time.Time) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	release, ok := s.hold(part)
	if !ok {
		return false, nil
	}
	defer release()
	info, err := os.Lstat(part)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(before) {
		return false, err
	}
	return true, dropped(os.Remove(part))
}
