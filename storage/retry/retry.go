// Package retry asks a store again that does not answer just now. It repeats
// only what may be repeated: an upload whose body can go back to its start, and
// a list of which nothing was seen yet.
package retry

import (
	"bytes"
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Options say how often and how long.
type Options struct {
	Attempts int           // in all; 0 is 4
	First    time.Duration // the first pause; 0 is 100 ms. Each next one is twice as long.
	Longest  time.Duration // of any pause; 0 is 5 s
	// Wait pauses; nil waits for the time or the context.
	Wait func(ctx context.Context, d time.Duration) error
	// Retrying is told of each failure that is tried again; may be nil.
	Retrying func(doing string, attempt int, err error)
}

// Store is a storage.Store that asks again.
type Store struct {
	storage.Store
	o Options
}

// New asks s again where it fails for the moment.
func New(s storage.Store, o Options) *Store {
	if o.Attempts <= 0 {
		o.Attempts = 4
	}
	if o.First <= 0 {
		o.First = 100 * time.Millisecond
	}
	if o.Longest <= 0 {
		o.Longest = 5 * time.Second
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	return &Store{Store: s, o: o}
}

// Unwrap implements storage.Decorator.
func (s *Store) Unwrap() storage.Store { return s.Store }

func (s *Store) again(ctx context.Context, doing string, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if attempt >= s.o.Attempts || !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return err
		}
		if s.o.Retrying != nil {
			s.o.Retrying(doing, attempt, err)
		}
		if s.o.Wait(ctx, s.pause(attempt)) != nil {
			return err
		}
	}
}

// pause is between half of what it should be and all of it, so that many who
// failed together do not come back together.
func (s *Store) pause(attempt int) time.Duration {
	d := min(s.o.First<<(attempt-1), s.o.Longest)
	return d/2 + rand.N(d/2+1)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Receive implements storage.Receiver.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (blob storage.Blob, err error) {
	body, ok := in.Body.(io.Seeker)
	if !ok {
		return s.Store.Receive(ctx, in)
	}
	start, err := body.Seek(0, io.SeekCurrent)
	if err != nil {
		return s.Store.Receive(ctx, in)
	}
	err = s.again(ctx, "receive", func() error {
		if _, err := body.Seek(start, io.SeekStart); err != nil {
			return err
		}
		blob, err = s.Store.Receive(ctx, in)
		return err
	})
	return blob, err
}

// ReceiveAll implements storage.Gatherer. Those that the store did not take for
// the moment are tried again one by one.
func (s *Store) ReceiveAll(ctx context.Context, ins []storage.Incoming) []error {
	errs := storage.ReceiveAll(ctx, s.Store, ins)
	for i, err := range errs {
		body, ok := ins[i].Body.(*bytes.Reader)
		if !ok || !fault.Is(err, fault.Unavailable) {
			continue
		}
		if _, err := body.Seek(0, io.SeekStart); err == nil {
			_, errs[i] = s.Receive(ctx, ins[i])
		}
	}
	return errs
}

// Open implements storage.Opener. Only the opening is tried again: what was
// read cannot be taken back.
func (s *Store) Open(ctx context.Context, key storage.Key, span storage.Span) (content *storage.Content, err error) {
	err = s.again(ctx, "open", func() error {
		content, err = s.Store.Open(ctx, key, span)
		return err
	})
	return content, err
}

// Stat implements storage.Stater.
func (s *Store) Stat(ctx context.Context, key storage.Key) (blob storage.Blob, err error) {
	err = s.again(ctx, "stat", func() error {
		blob, err = s.Store.Stat(ctx, key)
		return err
	})
	return blob, err
}

// Delete implements storage.Deleter.
func (s *Store) Delete(ctx context.Context, key storage.Key) error {
	return s.again(ctx, "delete", func() error { return s.Store.Delete(ctx, key) })
}

// Enumerate implements storage.Enumerator.
func (s *Store) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		seen := false
		err := s.again(ctx, "enumerate", func() error {
			for blob, err := range s.Store.Enumerate(ctx, workspace) {
				if err != nil && !seen {
					return err
				}
				seen = true
				if !yield(blob, err) || err != nil {
					return nil
				}
			}
			return nil
		})
		if err != nil {
			yield(storage.Blob{}, err)
		}
	}
}

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Decorator = (*Store)(nil)
)
