package quota

import (
	"context"
	"sync"

	"or3.cloud/or3/storage"
)

// Meter is a Book in memory, for one process. It counts what a workspace holds
// the first time somebody asks.
type Meter struct {
	blobs storage.Enumerator
	limit func(ctx context.Context, workspace string) (int64, error)

	mu     sync.Mutex
	used   map[string]int64 // with what is reserved
	counts map[storage.Key]*coming
}

// coming is a blob that somebody is bringing.
type coming struct {
	size int64
	by   int
	kept bool
}

// NewMeter counts the blobs of a store. limit is a workspace's quota in bytes;
// negative is none.
func NewMeter(blobs storage.Enumerator, limit func(ctx context.Context, workspace string) (int64, error)) *Meter {
	return &Meter{blobs: blobs, limit: limit, used: map[string]int64{}, counts: map[storage.Key]*coming{}}
}

// Used is what a workspace holds and has reserved.
func (m *Meter) Used(ctx context.Context, workspace string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count(ctx, workspace)
}

func (m *Meter) count(ctx context.Context, workspace string) (int64, error) {
	if used, ok := m.used[workspace]; ok {
		return used, nil
	}
	var used int64
	for blob, err := range m.blobs.Enumerate(ctx, workspace) {
		if err != nil {
			return 0, err
		}
		used += blob.Size
	}
	m.used[workspace] = used
	return used, nil
}

// Reserve implements Book.
func (m *Meter) Reserve(ctx context.Context, key storage.Key, size int64) (Reservation, error) {
	limit, err := m.limit(ctx, key.Workspace)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	used, err := m.count(ctx, key.Workspace)
	if err != nil {
		return nil, err
	}
	c := m.counts[key]
	if c == nil {
		if limit >= 0 && size > limit-used {
			return nil, Exceeded(size, limit-used)
		}
		c = &coming{size: size}
		m.counts[key] = c
		m.used[key.Workspace] += size
	}
	c.by++
	return &reservation{m, key}, nil
}

// Forget implements Book.
func (m *Meter) Forget(_ context.Context, blob storage.Blob) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if used, counted := m.used[blob.Workspace]; counted {
		m.used[blob.Workspace] = max(0, used-blob.Size)
	}
	return nil
}

type reservation struct {
	m   *Meter
	key storage.Key
}

func (r *reservation) Keep(context.Context) error    { return r.settle(true) }
func (r *reservation) Release(context.Context) error { return r.settle(false) }

func (r *reservation) settle(kept bool) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	c := r.m.counts[r.key]
	c.kept = c.kept || kept
	if c.by--; c.by > 0 {
		return nil
	}
	delete(r.m.counts, r.key)
	if !c.kept {
		r.m.used[r.key.Workspace] -= c.size
	}
	return nil
}

var _ Book = (*Meter)(nil)
