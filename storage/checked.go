package storage

import (
	"context"
	"errors"
	"hash"
	"io"
)

// Arrival reads an incoming blob and lets its last bytes through only when all
// of them are what was announced: whoever writes what it reads has, at io.EOF,
// the blob.
type Arrival struct {
	checked
	in Incoming
}

// NewArrival starts reading in.Body. With an Offset, Seed comes first.
func NewArrival(in Incoming) *Arrival {
	a := &Arrival{in: in}
	a.checked = checked{source: in.Body, ref: in.Ref, hash: in.Ref.newHash(), left: in.Size - in.Offset,
		short:  func(left int64, cause error) error { return Stopped(in.Size-left, in.Size, cause) },
		more:   func() error { return TooMuch(in.Size) },
		differ: func() error { return WrongHash(in.Ref) }}
	return a
}

// Seed hashes the bytes before Offset, which arrived earlier.
func (a *Arrival) Seed(ctx context.Context, before io.Reader) error {
	n, err := io.Copy(a.hash, withContext{ctx, io.LimitReader(before, a.in.Offset)})
	if err == nil && n < a.in.Offset {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Checked reads a whole blob and fails with ErrDamaged, before its last byte,
// if it is not the one named by its key: truncated, too long or changed.
func Checked(b Blob, body io.ReadCloser) io.ReadCloser {
	return &checkedBody{Closer: body, checked: checked{source: body, ref: b.Ref, hash: b.Ref.newHash(), left: b.Size,
		short: func(_ int64, cause error) error {
			if cause != nil {
				return cause
			}
			return Damaged(b.Key, "the end is missing")
		},
		more:   func() error { return Damaged(b.Key, "there is more than there should be") },
		differ: func() error { return Damaged(b.Key, "the content has changed") }}}
}

type checkedBody struct {
	checked
	io.Closer
}

// Verify reads a blob to its end. It is nil for a good one, ErrDamaged for one
// that is not.
func Verify(ctx context.Context, s Opener, key Key) error {
	content, err := s.Open(ctx, key, Span{})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, withContext{ctx, content.Body})
	return errors.Join(err, content.Body.Close())
}

// checked is a reader of exactly so many bytes with a hash.
type checked struct {
	source io.Reader
	ref    Ref
	hash   hash.Hash
	left   int64
	err    error // the end, one way or the other
	proven bool

	short  func(left int64, cause error) error
	more   func() error
	differ func() error
}

func (c *checked) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if c.left == 0 && !c.proven { // an empty blob
		if c.err = c.prove(); c.err == nil {
			c.err = io.EOF
		}
		return 0, c.err
	}
	if c.left == 0 {
		c.err = io.EOF
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.source.Read(p[:min(int64(len(p)), c.left)])
	c.hash.Write(p[:n])
	c.left -= int64(n)
	switch {
	case c.left == 0:
		if c.err = c.prove(); c.err != nil {
			return 0, c.err // the last bytes stay here
		}
		return n, nil
	case errors.Is(err, io.EOF):
		c.err = c.short(c.left, nil)
	case err != nil:
		c.err = c.short(c.left, err)
	}
	return n, c.err
}

// prove looks for the end of the source and compares the hash.
func (c *checked) prove() error {
	c.proven = true
	var one [1]byte
	for range 100 { // a reader may return nothing, not for ever
		switch n, err := c.source.Read(one[:]); {
		case n > 0:
			return c.more()
		case errors.Is(err, io.EOF):
			if !c.ref.matches(c.hash) {
				return c.differ()
			}
			return nil
		case err != nil:
			return c.short(0, err)
		}
	}
	return io.ErrNoProgress
}

// Copy is io.Copy that ends with its context and passes a fault through; buf
// is used as it is.
func Copy(ctx context.Context, to io.Writer, from io.Reader, buf []byte) (int64, error) {
	return io.CopyBuffer(onlyWriter{to}, withContext{ctx, from}, buf)
}

type onlyWriter struct{ io.Writer }

type withContext struct {
	ctx  context.Context
	from io.Reader
}

func (r withContext) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
