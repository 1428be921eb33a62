package disk

import (
	"context"
	"errors"
	"sync"
	"time"

	"or3.cloud/or3/storage"
)

// room keeps some of the disk free for others: a receive is promised the bytes
// it announces, and what was promised and is not written yet is not free.
type room struct {
	mu       sync.Mutex
	promised int64
}

// promise is what one receive may still write.
type promise struct {
	s     *Store
	left  int64
	fresh int64 // written since the disk was asked last
}

// askEvery is how many bytes a receive writes before it asks the disk again:
// others write to it, too.
const askEvery = 256 << 10

// promise refuses what would not leave enough of the disk free.
func (r *room) promise(s *Store, size int64) (*promise, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.leaves(r.promised, size) != nil {
		s.tidy()
		if err := s.leaves(r.promised, size); err != nil {
			return nil, err
		}
	}
	r.promised += size
	return &promise{s: s, left: size}, nil
}

// before asks the disk now and then, and ends a receive that would take what is
// to stay free: somebody else has written more than was thought.
func (p *promise) before(n int64) error {
	p.fresh += n
	if p.fresh < askEvery {
		return nil
	}
	p.fresh = 0
	p.s.tidy()
	return p.s.leaves(0, n)
}

// wrote gives back the part of the promise that is on the disk.
func (p *promise) wrote(n int64) { p.back(n) }

// end gives the rest of the promise back.
func (p *promise) end() { p.back(p.left) }

func (p *promise) back(n int64) {
	r := &p.s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, p.left)
	p.left -= n
	r.promised -= n
}

// leaves fails if so many bytes more than were promised to others would not
// leave enough of the disk free.
func (s *Store) leaves(promised, size int64) error {
	left, keep, err := s.level()
	if err != nil || left < 0 {
		return err
	}
	if left -= promised; size > left || left-size < keep {
		return storage.Full(errNoRoom)
	}
	return nil
}

// level is what is free, and what is to stay so; left is negative if that is not
// known or nothing is to stay free.
func (s *Store) level() (left, keep int64, err error) {
	if s.keepFree <= 0 {
		return -1, 0, nil
	}
	left, all, err := s.free(s.dir)
	if err != nil {
		return -1, 0, failed(err, "asking for free space")
	}
	keep = s.keepFree
	if s.keepShare > 0 && all >= 0 {
		keep = min(keep, all/s.keepShare)
	}
	return left, keep, nil
}

// tidy gives others back what interrupted uploads keep, where less is free than
// has to be: whoever goes on with one of them sends it from its start.
func (s *Store) tidy() {
	left, keep, err := s.level()
	if err != nil || left < 0 || left >= keep {
		return
	}
	_, _ = s.Sweep(context.Background(), time.Now().Add(time.Hour)) // what cannot be removed keeps nobody from being refused
}

var errNoRoom = errors.New("the file would leave less of the disk free than the server keeps")
