package disk

import (
	"context"
	"errors"
	"os"

	"or3.cloud/or3/internal/fault"
)

// Probe implements storage.Prober: it writes a file and takes it away.
func (s *Store) Probe(context.Context) error {
	if err := s.here(); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.dir, ".probe-*")
	if err == nil {
		_, err = s.write(f, []byte("probe"))
		err = errors.Join(err, f.Close(), dropped(os.Remove(f.Name())))
	}
	if err = failed(err, "writing into the file store "+s.dir); err != nil && !fault.Is(err, fault.DiskFull) {
		err = fault.Wrap(err, fault.Unavailable, "The directory that files are kept in cannot be written. Ask whoever runs the server to make it writable.")
	}
	return err
}
