package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"or3.cloud/or3/storage"
)

// Receive implements storage.Receiver.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := in.Check(); err != nil {
		return storage.Blob{}, err
	}
	if err := s.room(in.Size - in.Offset); err != nil {
		return storage.Blob{}, err
	}
	part := s.part(in.Key, in.Upload)
	release, ok := s.hold(part)
	if !ok {
		return storage.Blob{}, storage.Busy()
	}
	defer release()
	if err := s.makeDir(filepath.Dir(part)); err != nil {
		return storage.Blob{}, failed(err, "making a directory for uploads")
	}
	if err := s.fill(ctx, part, in); err != nil {
		return storage.Blob{}, s.failed(err, "receiving a file")
	}
	if err := s.publish(ctx, part, in.Key); err != nil {
		return storage.Blob{}, s.failed(errors.Join(err, dropped(os.Remove(part))), "keeping a file")
	}
	return s.Stat(ctx, in.Key)
}

// failed is the package's, and forgets which directories are there when one
// turns out not to be: somebody has tidied up.
func (s *Store) failed(err error, doing string) error {
	if errors.Is(err, os.ErrNotExist) {
		s.made.Clear()
	}
	return failed(err, doing)
}

// part is where an upload arrives: under its own name if it may go on later.
func (s *Store) part(key storage.Key, upload string) string {
	name := "~" + rand.Text()
	if upload != "" {
		name = folder(upload) + "." + key.Ref.Hex()
	}
	return filepath.Join(s.incomingDir(key.Workspace), name)
}

// fill writes the upload's bytes behind those that are there, and syncs them.
// When it fails, the file is gone, except where a named upload broke off.
func (s *Store) fill(ctx context.Context, part string, in storage.Incoming) (err error) {
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil && !keep {
			err = errors.Join(err, dropped(os.Remove(part)))
		}
	}()
	if in.Offset == 0 {
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	arrival := storage.NewArrival(in)
	if in.Offset > 0 {
		if keep, err = resume(ctx, f, arrival, in.Offset); err != nil {
			return err
		}
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	_, err = storage.Copy(ctx, writer{s, f}, arrival, *buf)
	keep = in.Upload != "" && (storage.IsStopped(err) || ctx.Err() != nil)
	if err == nil || keep {
		err = errors.Join(err, f.Sync())
	}
	return err
}

// resume hashes what arrived earlier and puts the file's end at offset. What is
// there stays if it was the caller who was wrong.
func resume(ctx context.Context, f *os.File, arrival *storage.Arrival, offset int64) (keep bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return true, err
	}
	if offset > info.Size() {
		return info.Size() > 0, storage.WrongOffset(info.Size())
	}
	if err := f.Truncate(offset); err != nil {
		return true, err
	}
	if err := arrival.Seed(ctx, f); err != nil {
		return true, err
	}
	_, err = f.Seek(offset, io.SeekStart)
	return true, err
}

// publish makes a blob of a synced file. Where a file that somebody reads
// cannot be replaced (Windows), what is there will do if it is undamaged.
func (s *Store) publish(ctx context.Context, part string, key storage.Key) error {
	path := s.path(key)
	if err := s.makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		if storage.Verify(ctx, s, key) != nil {
			return err
		}
		return os.Remove(part)
	}
	return syncDir(filepath.Dir(path))
}

// room refuses what would not leave enough of the disk free.
func (s *Store) room(size int64) error {
	if s.keepFree <= 0 {
		return nil
	}
	left, err := s.free(s.dir)
	if err != nil {
		return failed(err, "asking for free space")
	}
	if left >= 0 && (size > left || left-size < s.keepFree) {
		return storage.Full(errNoRoom)
	}
	return nil
}

var errNoRoom = errors.New("the file would leave less of the disk free than the server keeps")

// dropped forgives that what is to go is gone.
func dropped(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// 32 uploads at once take 8 MiB of these.
var buffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

type writer struct {
	s *Store
	f *os.File
}

func (w writer) Write(p []byte) (int, error) { return w.s.write(w.f, p) }
