package disk

import (
	"context"
	"os"
	"path/filepath"

	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/storage"
)

// Stat implements storage.Stater.
func (s *Store) Stat(_ context.Context, key storage.Key) (storage.Blob, error) {
	if err := key.Check(); err != nil {
		return storage.Blob{}, err
	}
	info, err := os.Stat(s.path(key))
	if err != nil {
		return storage.Blob{}, s.missing(err, "looking for a file")
	}
	return storage.Blob{Key: key, Size: info.Size(), Stored: info.ModTime()}, nil
}

// Settle implements storage.Settler. A blob's bytes were synced before it had
// its name; its name may not be.
func (s *Store) Settle(_ context.Context, key storage.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	if err := durable.SyncDir(filepath.Dir(s.path(key))); err != nil {
		return s.missing(err, "bringing a file's name to the disk")
	}
	return nil
}

// Delete implements storage.Deleter. Whoever reads the blob reads it to its end.
func (s *Store) Delete(_ context.Context, key storage.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	path := s.path(key)
	err := os.Remove(path)
	if os.IsNotExist(err) {
		return s.here()
	}
	if err == nil {
		err = durable.SyncDir(filepath.Dir(path))
	}
	return failed(err, "deleting a file")
}
