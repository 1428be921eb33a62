package disk

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/storage"
)

// Receive implements storage.Receiver.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := s.ReceiveAll(ctx, []storage.Incoming{in})[0]; err != nil {
		return storage.Blob{}, err
	}
	return s.Stat(ctx, in.Key)
}

// ReceiveAll implements storage.Gatherer: the bytes of all go to the disk with one
// sync, and then their names with another.
func (s *Store) ReceiveAll(ctx context.Context, ins []storage.Incoming) []error {
	defer s.tidy()
	all, largest, lane := make([]arriving, len(ins)), int64(0), ""
	for i := range ins {
		all[i].in = ins[i]
		largest = max(largest, ins[i].Size)
		if ins[i].Upload == "" && lane == "" {
			lane = s.lanes.take()
			defer s.lanes.give(lane)
		}
	}
	t := s.joint.begin(largest)
	defer t.end()
	here := s.here()
	for i := range all {
		a := &all[i]
		defer a.leave()
		if err := s.begin(a, here, lane); err != nil {
			a.err = err
		} else if err := s.fill(ctx, a, t); err != nil {
			a.err = s.failed(err, "receiving a file")
		}
	}
	s.syncBytes(all, t)
	for i := range all {
		if a := &all[i]; a.err == nil {
			s.publish(ctx, a)
		}
	}
	s.syncNames(all, t)
	errs := make([]error, len(all))
	for i := range all {
		errs[i] = all[i].err
	}
	return errs
}

// arriving is a blob on its way in. Once something about it has failed, nothing
// more is done with it.
type arriving struct {
	in      storage.Incoming
	part    string   // where it is written
	file    *os.File // from when it is written to its end
	release func()
	room    *promise
	err     error
}

// begin takes a place and room for a blob, if the store is here.
func (s *Store) begin(a *arriving, here error, lane string) (err error) {
	if err := a.in.Check(); err != nil {
		return err
	}
	if here != nil {
		return here
	}
	if a.part = s.part(a.in.Key, a.in.Upload); a.in.Upload == "" {
		a.part = s.unnamedPart(lane)
	}
	release, ok := s.hold(a.part)
	if !ok {
		return storage.Busy()
	}
	a.release = release
	if a.room, err = s.room.promise(s, a.in.Size-a.in.Offset); err != nil {
		return err
	}
	return failed(s.makeDir(filepath.Dir(a.part)), "making a directory for uploads")
}

// leave gives the place and the room back.
func (a *arriving) leave() {
	if a.room != nil {
		a.room.end()
	}
	if a.release != nil {
		a.release()
	}
}

// failed is the package's, and forgets which directories are there when one
// turns out not to be: somebody has tidied up.
func (s *Store) failed(err error, doing string) error {
	if errors.Is(err, os.ErrNotExist) {
		s.made.Clear()
	}
	return failed(err, doing)
}

// part is where an upload arrives: under its own name, for it may go on later.
func (s *Store) part(key storage.Key, upload string) string {
	return s.incomingDir(key.Workspace) + separator + folder(upload) + "." + key.Ref.Hex()
}

// fill writes the upload's bytes behind those that are there, and leaves the file
// open to be synced. When it fails, the file is gone, except where a named upload
// broke off.
func (s *Store) fill(ctx context.Context, a *arriving, t *turn) (err error) {
	flags := os.O_RDWR | os.O_CREATE
	if a.in.Offset == 0 {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(a.part, flags, 0o600)
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if err == nil {
			a.file = f
			return
		}
		err = errors.Join(err, f.Close())
		if !keep {
			err = errors.Join(err, dropped(os.Remove(a.part)))
		}
	}()
	t.of(f)
	arrival := storage.NewArrival(a.in)
	if a.in.Offset > 0 {
		if keep, err = resume(ctx, f, arrival, a.in.Offset); err != nil {
			return err
		}
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	_, err = storage.Copy(ctx, writer{s, f, a.room}, arrival, *buf)
	keep = a.in.Upload != "" && (storage.IsStopped(err) || ctx.Err() != nil)
	if err != nil && keep {
		// What could not be brought to the disk is not to be gone on with: the next
		// sync of it may succeed and say nothing of what was lost in this one.
		if lost := errors.Join(f.Sync(), durable.SyncDir(filepath.Dir(a.part))); lost != nil {
			err, keep = lost, false
		}
	}
	return err
}

// syncBytes brings what was written to the disk and closes it.
func (s *Store) syncBytes(all []arriving, t *turn) {
	s.synced(all, t, func(a *arriving) error { return a.file.Sync() })
	for i := range all {
		a := &all[i]
		if a.file == nil {
			continue
		}
		if err := errors.Join(a.err, a.file.Close()); err != nil {
			a.err = s.failed(errors.Join(err, dropped(os.Remove(a.part))), "receiving a file")
			a.file = nil
		}
	}
}

// syncNames brings the names of what was published to the disk.
func (s *Store) syncNames(all []arriving, t *turn) {
	s.synced(all, t, func(a *arriving) error { return durable.SyncDir(filepath.Dir(s.path(a.in.Key))) })
	for i := range all {
		if a := &all[i]; a.file != nil && a.err != nil {
			a.err = s.failed(a.err, "keeping a file")
		}
	}
}

// synced brings all that has not failed to the disk, each by own unless all of it
// goes at once.
func (s *Store) synced(all []arriving, t *turn, own func(a *arriving) error) {
	var left []*arriving
	for i := range all {
		if all[i].err == nil {
			left = append(left, &all[i])
		}
	}
	if len(left) == 0 {
		return
	}
	err := t.sync(len(left), func() error {
		var several sync.WaitGroup
		next := make(chan *arriving)
		for range min(syncsAtOnce, len(left)) { // those that the disk is asked for at once share what it does
			several.Go(func() {
				for a := range next {
					a.err = own(a)
				}
			})
		}
		for _, a := range left {
			next <- a
		}
		close(next)
		several.Wait()
		return nil
	})
	for _, a := range left {
		a.err = errors.Join(a.err, err)
	}
}

// syncsAtOnce is how many files of one call are synced at once where each is by
// itself.
const syncsAtOnce = 16

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

// publish makes a blob of a synced file; its name has to be synced yet. One that is
// there and undamaged is never replaced: what was proven once stays what it is,
// also where its name is a hash that others can be made to have.
func (s *Store) publish(ctx context.Context, a *arriving) {
	path := s.path(a.in.Key)
	err := s.makeDir(filepath.Dir(path))
	if err == nil {
		err = s.name(ctx, a.part, path, a.in.Key)
	}
	if err != nil {
		a.err = errors.Join(err, dropped(os.Remove(a.part)))
	}
}

// name gives a synced file the name of its blob, unless a good one has it.
func (s *Store) name(ctx context.Context, part, path string, key storage.Key) error {
	one := &s.naming[path[len(path)-1]%naming]
	one.Lock()
	defer one.Unlock()
	there, err := settle(part, path)
	if err != nil || !there {
		return err
	}
	if storage.Verify(ctx, s, key) == nil {
		return os.Remove(part)
	}
	return os.Rename(part, path)
}

// lookAndRename renames a file unless another has the name; there says that one
// has. Whoever asks has the name to itself.
func lookAndRename(part, path string) (there bool, err error) {
	if _, err := os.Lstat(path); err == nil {
		return true, nil
	}
	return false, os.Rename(part, path)
}

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
	p *promise
}

func (w writer) Write(b []byte) (int, error) {
	if err := w.p.before(int64(len(b))); err != nil {
		return 0, err
	}
	n, err := w.s.write(w.f, b)
	w.p.wrote(int64(n))
	return n, err
}
