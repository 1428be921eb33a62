// Package metrics tells what a store does and how long it takes.
package metrics

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Call is something a store has done.
type Call struct {
	Doing  string        // receive, open, stat, delete or enumerate
	Result string        // ok, cancelled or the fault's kind
	Took   time.Duration // for open, until the content was closed
	Bytes  int64         // received or read
}

// Store is a storage.Store that tells.
type Store struct {
	inner storage.Store
	tell  func(Call)
	now   func() time.Time
}

// New tells of every call of s; now is time.Now if nil.
func New(s storage.Store, tell func(Call), now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	return &Store{inner: s, tell: tell, now: now}
}

// Unwrap implements storage.Decorator.
func (s *Store) Unwrap() storage.Store { return s.inner }

func (s *Store) done(doing string, began time.Time, bytes int64, err error) {
	s.tell(Call{Doing: doing, Result: result(err), Took: s.now().Sub(began), Bytes: bytes})
}

func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, storage.ErrDamaged):
		return "damaged"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	return string(fault.KindOf(err))
}

// Receive implements storage.Receiver.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	began := s.now()
	body := &counter{from: in.Body}
	if _, ok := in.Body.(io.Seeker); !ok { // a store below may want to go back
		in.Body = body
	}
	blob, err := s.inner.Receive(ctx, in)
	if err == nil {
		body.n = blob.Size - in.Offset
	}
	s.done("receive", began, body.n, err)
	return blob, err
}

// ReceiveAll implements storage.Gatherer. It is one call for each blob, which took
// as long as all of them did.
func (s *Store) ReceiveAll(ctx context.Context, ins []storage.Incoming) []error {
	began := s.now()
	errs := storage.ReceiveAll(ctx, s.inner, ins)
	for i, err := range errs {
		bytes := ins[i].Size - ins[i].Offset
		if err != nil {
			bytes = 0
		}
		s.done("receive", began, bytes, err)
	}
	return errs
}

// Open implements storage.Opener.
func (s *Store) Open(ctx context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	began := s.now()
	content, err := s.inner.Open(ctx, key, span)
	if err != nil {
		s.done("open", began, 0, err)
		return nil, err
	}
	content.Body = &body{ReadCloser: content.Body, done: func(n int64, err error) { s.done("open", began, n, err) }}
	return content, nil
}

// Stat implements storage.Stater.
func (s *Store) Stat(ctx context.Context, key storage.Key) (storage.Blob, error) {
	began := s.now()
	blob, err := s.inner.Stat(ctx, key)
	s.done("stat", began, 0, err)
	return blob, err
}

// Delete implements storage.Deleter.
func (s *Store) Delete(ctx context.Context, key storage.Key) error {
	began := s.now()
	err := s.inner.Delete(ctx, key)
	s.done("delete", began, 0, err)
	return err
}

// Enumerate implements storage.Enumerator.
func (s *Store) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	return func(yield func(storage.Blob, error) bool) {
		began := s.now()
		var failed error
		defer func() { s.done("enumerate", began, 0, failed) }()
		for blob, err := range s.inner.Enumerate(ctx, workspace) {
			failed = err
			if !yield(blob, err) {
				return
			}
		}
	}
}

type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// body counts what is read and tells once, when it is closed.
type body struct {
	io.ReadCloser
	n    int64
	err  error
	once sync.Once
	done func(n int64, err error)
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// WriteTo leaves the copying to a body that knows how (sendfile).
func (b *body) WriteTo(w io.Writer) (int64, error) {
	to, ok := b.ReadCloser.(io.WriterTo)
	if !ok {
		return io.Copy(w, struct{ io.Reader }{b})
	}
	n, err := to.WriteTo(w)
	b.n += n
	b.err = err
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.done(b.n, errors.Join(b.err, err)) })
	return err
}

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Decorator = (*Store)(nil)
)
