// Package quota bounds what a workspace keeps. Room is reserved before the
// first byte and settled after the last one, so that uploads at the same time
// cannot overshoot together what each of them fits into.
package quota

import (
	"context"
	"errors"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Book keeps account of what workspaces hold.
type Book interface {
	// Reserve makes room for a blob that may arrive. Without it: QuotaExceeded.
	// Reservations of one key at the same time count once.
	Reserve(ctx context.Context, key storage.Key, size int64) (Reservation, error)
	// Forget gives back the room of a blob that is gone.
	Forget(ctx context.Context, blob storage.Blob) error
}

// Reservation is room for one blob. One of its methods is called, once.
type Reservation interface {
	// Keep counts the blob as held. One that is counted already counts once.
	Keep(ctx context.Context) error
	// Release gives the room back: the blob did not arrive or was there before.
	Release(ctx context.Context) error
}

// Exceeded is the error for a blob that does not fit.
func Exceeded(size, left int64) error {
	return fault.Newf(fault.QuotaExceeded, "The file has %d bytes, and the workspace has room for %d. Delete files, or ask an owner for more room.", size, max(left, 0))
}

// Store is a storage.Store with a book.
type Store struct {
	storage.Store
	book Book
}

// New bounds what s keeps.
func New(s storage.Store, book Book) *Store { return &Store{Store: s, book: book} }

// Unwrap implements storage.Decorator.
func (s *Store) Unwrap() storage.Store { return s.Store }

// Receive implements storage.Receiver. What is there already costs nothing.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := in.Check(); err != nil {
		return storage.Blob{}, err
	}
	reserved, err := s.book.Reserve(ctx, in.Key, in.Size)
	if err != nil && !fault.Is(err, fault.QuotaExceeded) {
		return storage.Blob{}, err // who cannot count lets nothing in
	}
	// Only now, with the room reserved: whoever brings the same blob meanwhile
	// is seen here, or sees this reservation.
	_, there := s.Stat(ctx, in.Key)
	switch {
	case there == nil && err == nil:
		err = reserved.Release(ctx)
		reserved = nil
	case there == nil:
		err = nil
	case !fault.Is(there, fault.NotFound):
		err = errors.Join(there, err)
	}
	if err != nil {
		return storage.Blob{}, errors.Join(err, release(ctx, reserved))
	}
	blob, err := s.Store.Receive(ctx, in)
	if err != nil {
		return blob, errors.Join(err, release(ctx, reserved))
	}
	if reserved != nil {
		err = reserved.Keep(context.WithoutCancel(ctx))
	}
	return blob, err
}

func release(ctx context.Context, r Reservation) error {
	if r == nil {
		return nil
	}
	return r.Release(context.WithoutCancel(ctx)) // also when the caller has gone
}

// Delete implements storage.Deleter.
func (s *Store) Delete(ctx context.Context, key storage.Key) error {
	blob, err := s.Stat(ctx, key)
	if err == nil {
		if err = s.Store.Delete(ctx, key); err == nil {
			return s.book.Forget(context.WithoutCancel(ctx), blob)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Decorator = (*Store)(nil)
)
