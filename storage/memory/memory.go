// Package memory keeps blobs in memory: for tests, and for nothing that anybody
// wants to see again.
package memory

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"or3.cloud/or3/storage"
)

// Store is a storage.Store. The zero Store is empty and ready.
type Store struct {
	// Now tells the time; time.Now if nil.
	Now func() time.Time

	mu    sync.Mutex
	blobs map[storage.Key]kept
	parts map[upload]*part
}

type kept struct {
	content []byte // never changed in place
	stored  time.Time
}

type upload struct {
	storage.Key
	id string
}

type part struct {
	content []byte
	changed time.Time
	busy    bool
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Receive implements storage.Receiver.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := in.Check(); err != nil {
		return storage.Blob{}, err
	}
	before, err := s.begin(in)
	if err != nil {
		return storage.Blob{}, err
	}
	content := bytes.NewBuffer(slices.Clone(before))
	arrival := storage.NewArrival(in)
	if err = arrival.Seed(ctx, bytes.NewReader(before)); err == nil {
		_, err = storage.Copy(ctx, content, arrival, make([]byte, 32<<10))
	}
	return s.end(ctx, in, content.Bytes(), err)
}

// begin takes what arrived earlier; no other may send the same upload until end.
func (s *Store) begin(in storage.Incoming) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Upload == "" {
		return nil, nil
	}
	id := upload{in.Key, in.Upload}
	p := s.parts[id]
	switch {
	case p == nil && in.Offset > 0:
		return nil, storage.WrongOffset(0)
	case p == nil:
		p = &part{}
		if s.parts == nil {
			s.parts = map[upload]*part{}
		}
		s.parts[id] = p
	case p.busy:
		return nil, storage.Busy()
	case in.Offset > int64(len(p.content)):
		return nil, storage.WrongOffset(int64(len(p.content)))
	}
	p.busy = true
	return p.content[:in.Offset], nil
}

func (s *Store) end(ctx context.Context, in storage.Incoming, content []byte, err error) (storage.Blob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := upload{in.Key, in.Upload}
	if err != nil {
		if in.Upload != "" && (storage.IsStopped(err) || ctx.Err() != nil) {
			s.parts[id] = &part{content: content, changed: s.now()}
		} else {
			delete(s.parts, id)
		}
		return storage.Blob{}, err
	}
	delete(s.parts, id)
	if s.blobs == nil {
		s.blobs = map[storage.Key]kept{}
	}
	s.blobs[in.Key] = kept{content: content, stored: s.now()}
	return s.blobs[in.Key].blob(in.Key), nil
}

func (k kept) blob(key storage.Key) storage.Blob {
	return storage.Blob{Key: key, Size: int64(len(k.content)), Stored: k.stored}
}

func (s *Store) find(key storage.Key) (kept, error) {
	if err := key.Check(); err != nil {
		return kept{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.blobs[key]
	if !ok {
		return kept{}, storage.NotFound(errAbsent)
	}
	return k, nil
}

var errAbsent = errors.New("not in memory")

// Open implements storage.Opener.
func (s *Store) Open(_ context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	k, err := s.find(key)
	if err != nil {
		return nil, err
	}
	blob := k.blob(key)
	fitted, err := span.Within(blob.Size)
	if err != nil {
		return nil, err
	}
	body := io.NopCloser(bytes.NewReader(k.content[fitted.Offset:][:fitted.Length]))
	if span.Whole(blob.Size) {
		body = storage.Checked(blob, body)
	}
	return &storage.Content{Blob: blob, Span: fitted, Body: body}, nil
}

// Stat implements storage.Stater.
func (s *Store) Stat(_ context.Context, key storage.Key) (storage.Blob, error) {
	k, err := s.find(key)
	return k.blob(key), err
}

// Delete implements storage.Deleter.
func (s *Store) Delete(_ context.Context, key storage.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, key)
	return nil
}

// Enumerate implements storage.Enumerator: what was there when it began.
func (s *Store) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		s.mu.Lock()
		blobs := maps.Clone(s.blobs)
		s.mu.Unlock()
		for key, k := range blobs {
			if err := ctx.Err(); err != nil {
				yield(storage.Blob{}, err)
				return
			}
			if (workspace == "" || key.Workspace == workspace) && !yield(k.blob(key), nil) {
				return
			}
		}
	}
}

// Received implements storage.Resumer.
func (s *Store) Received(_ context.Context, key storage.Key, id string) (int64, error) {
	if err := storage.CheckUpload(key, id); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parts[upload{key, id}]; p != nil {
		return int64(len(p.content)), nil
	}
	return 0, nil
}

// Discard implements storage.Resumer.
func (s *Store) Discard(_ context.Context, key storage.Key, id string) error {
	if err := storage.CheckUpload(key, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parts[upload{key, id}]; p != nil && p.busy {
		return storage.Busy()
	}
	delete(s.parts, upload{key, id})
	return nil
}

// Sweep implements storage.Sweeper.
func (s *Store) Sweep(_ context.Context, before time.Time) (removed int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.parts {
		if !p.busy && p.changed.Before(before) {
			delete(s.parts, id)
			removed++
		}
	}
	return removed, nil
}

// Damage changes a blob's stored bytes, for tests of what happens then.
func (s *Store) Damage(key storage.Key, change func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.blobs[key]
	k.content = change(slices.Clone(k.content))
	s.blobs[key] = k
}

var (
	_ storage.Store   = (*Store)(nil)
	_ storage.Resumer = (*Store)(nil)
	_ storage.Sweeper = (*Store)(nil)
)
