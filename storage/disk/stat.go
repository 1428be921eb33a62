package disk

import (
	"context"
	"os"
	"path/filepath"

	"or3.cloud/or3/storage"
)

// Stat implements storage.Stater.
func (s *Store) Stat(_ context.Context, key storage.Key) (storage.Blob, error) {
	if err := key.Check(); err != nil {
		return storage.Blob{}, err
	}
	info, err := os.Stat(s.path(key))
	if err != nil {
		return storage.Blob{}, missing(err, "looking for a file")
	}
	return storage.Blob{Key: key, Size: info.Size(), Stored: info.ModTime()}, nil
}

// Delete implements storage.Deleter. Whoever reads the blob reads it to its end.
func (s *Store) Delete(_ context.Context, key storage.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	path := s.path(key)
	err := os.Remove(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return failed(err, "deleting a file")
}
