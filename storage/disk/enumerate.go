package disk

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Enumerate implements storage.Enumerator. It holds the names of one directory
// at a time. Files that are not blobs are passed over.
func (s *Store) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		if err := s.walk(ctx, workspace, yield); err != nil {
			yield(storage.Blob{}, failed(err, "listing files"))
		}
	}
}

var errEnough = errors.New("the caller has seen enough")

func (s *Store) walk(ctx context.Context, workspace string, yield func(storage.Blob, error) bool) error {
	if err := s.here(); err != nil {
		return err
	}
	root := filepath.Join(s.dir, blobs)
	names := []string{folder(workspace)}
	if workspace == "" {
		var err error
		if names, err = list(root); err != nil {
			return err
		}
	}
	for _, name := range names {
		owner, ok := workspaceOf(name)
		if !ok {
			continue
		}
		err := s.walkWorkspace(ctx, filepath.Join(root, name), owner, yield)
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) walkWorkspace(ctx context.Context, dir, workspace string, yield func(storage.Blob, error) bool) error {
	for _, algorithm := range []string{"sha256", "md5"} {
		fans, err := list(filepath.Join(dir, algorithm))
		if err != nil {
			return err
		}
		for _, fan := range fans {
			names, err := list(filepath.Join(dir, algorithm, fan))
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := s.show(ctx, storage.Key{Workspace: workspace}, algorithm+":"+name, fan, yield); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Store) show(ctx context.Context, key storage.Key, ref, fan string, yield func(storage.Blob, error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var err error
	if key.Ref, err = storage.ParseRef(ref); err != nil || key.Check() != nil || key.Ref.String() != ref || key.Ref.Hex()[:2] != fan {
		return nil // nothing of ours
	}
	blob, err := s.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	if !yield(blob, nil) {
		return errEnough
	}
	return nil
}

// list names what is in a directory; one that is not there is empty.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}
