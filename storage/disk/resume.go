package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"or3.cloud/or3/storage"
)

// Received implements storage.Resumer.
func (s *Store) Received(_ context.Context, key storage.Key, upload string) (int64, error) {
	if err := storage.CheckUpload(key, upload); err != nil {
		return 0, err
	}
	info, err := os.Stat(s.part(key, upload))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, s.here()
	}
	if err != nil {
		return 0, failed(err, "looking for an upload")
	}
	return info.Size(), nil
}

// Discard implements storage.Resumer.
func (s *Store) Discard(_ context.Context, key storage.Key, upload string) error {
	if err := storage.CheckUpload(key, upload); err != nil {
		return err
	}
	part := s.part(key, upload)
	release, ok := s.hold(part)
	if !ok {
		return storage.Busy()
	}
	defer release()
	return failed(dropped(os.Remove(part)), "discarding an upload")
}
