// Package storage keeps files by what is in them. A blob is named by the hash
// of its content and belongs to one workspace: the same bytes in two
// workspaces are two blobs, so that neither learns of the other's, and what
// happens to one never happens to the other.
//
// A store trusts nobody. What arrives is hashed on its way and becomes a blob
// only if hash and size are those announced; what is read as a whole is hashed
// again, and damaged content ends in ErrDamaged before its last byte. Who may
// read or write what is not decided here.
//
// Every backend passes the contract suite in storagetest. What only some can
// do (Resumer, Presigner, Sweeper) is found with As, through any decorators.
package storage

import (
	"context"
	"io"
	"iter"
	"time"

	"or3.cloud/or3/internal/fault"
)

// Store is what every backend can do. All methods are safe for concurrent use.
type Store interface {
	Receiver
	Opener
	Stater
	Deleter
	Enumerator
}

// Key names a blob.
type Key struct {
	Workspace string
	Ref       Ref
}

// Blob is what a store knows of one.
type Blob struct {
	Key
	Size   int64
	Stored time.Time // when it arrived here
}

// Incoming is a blob on its way in.
type Incoming struct {
	Key
	Size   int64     // of the whole blob, in bytes
	Upload string    // names the upload, so that it can go on after an interruption; "" if it need not
	Offset int64     // where Body begins; more than 0 only with a Resumer
	Body   io.Reader // the bytes from Offset on
}

// Receiver takes blobs.
type Receiver interface {
	// Receive reads Body to its end and keeps the blob durably before it
	// returns. Wrong content, too little and too much of it are refused
	// (Invalid, Oversized) and leave nothing behind, except that a Resumer keeps
	// what arrived of a named upload whose body broke off. A blob that is there
	// already is replaced by the same bytes, which mends a damaged one. Any
	// number of receives of one key end as one blob.
	Receive(ctx context.Context, in Incoming) (Blob, error)
}

// Gatherer takes several small blobs for little more than what one costs.
type Gatherer interface {
	// ReceiveAll is Receive for each of them, and gives each one's error: what is
	// wrong with one of them is nothing to the others. Bodies are read one after
	// the other.
	ReceiveAll(ctx context.Context, ins []Incoming) []error
}

// ReceiveAll has a store receive several blobs, together if it can.
func ReceiveAll(ctx context.Context, s Receiver, ins []Incoming) []error {
	if together, ok := s.(Gatherer); ok {
		return together.ReceiveAll(ctx, ins)
	}
	errs := make([]error, len(ins))
	for i := range ins {
		_, errs[i] = s.Receive(ctx, ins[i])
	}
	return errs
}

// Opener reads blobs.
type Opener interface {
	// Open reads a span of a blob. A missing blob is NotFound, a span that
	// begins behind its end Invalid with status 416. The caller closes Body.
	Open(ctx context.Context, key Key, span Span) (*Content, error)
}

// Content is an open blob.
type Content struct {
	Blob
	Span Span          // what Body holds; its Length is never 0 unless the blob is empty
	Body io.ReadCloser // a whole blob is checked as it is read, see Checked
}

// Stater looks a blob up.
type Stater interface {
	// Stat tells what is known of a blob without reading it; NotFound if it is
	// not there.
	Stat(ctx context.Context, key Key) (Blob, error)
}

// Deleter removes blobs.
type Deleter interface {
	// Delete removes a blob for good. One that is not there is no error.
	Delete(ctx context.Context, key Key) error
}

// Enumerator lists blobs.
type Enumerator interface {
	// Enumerate goes through the blobs of a workspace, of all workspaces for "",
	// in no particular order. What arrives or goes meanwhile may be missed. An
	// error ends it.
	Enumerate(ctx context.Context, workspace string) iter.Seq2[Blob, error]
}

// Progress is a store that knows how far a named upload has come.
type Progress interface {
	// Received tells how many bytes of a named upload are here, 0 if none are.
	Received(ctx context.Context, key Key, upload string) (int64, error)
}

// Resumer is a store that keeps what arrived of an interrupted upload.
type Resumer interface {
	Progress
	// Discard forgets a named upload that will not go on.
	Discard(ctx context.Context, key Key, upload string) error
}

// Prober is a store that can say in words whether it can be used just now.
type Prober interface {
	// Probe is cheap enough to be asked every few seconds.
	Probe(ctx context.Context) error
}

// Settler is a store in which a blob can be seen before it is on the disk: one
// that somebody is just receiving, or whose receive has failed or died at its end.
type Settler interface {
	// Settle returns when a blob that is there is on the disk.
	Settle(ctx context.Context, key Key) error
}

// Sweeper is a store in which abandoned uploads leave something behind.
type Sweeper interface {
	// Sweep removes what has not changed since a time and is nobody's.
	Sweep(ctx context.Context, before time.Time) (removed int, err error)
}

// Decorator is a store around another one.
type Decorator interface{ Unwrap() Store }

// As finds what a store, or one that it decorates, can do besides.
func As[T any](s Store) (T, bool) {
	for {
		if found, ok := s.(T); ok {
			return found, true
		}
		outer, ok := s.(Decorator)
		if !ok {
			var zero T
			return zero, false
		}
		s = outer.Unwrap()
	}
}

// Check refuses a key that cannot be one. Every method of a store does it first:
// backends make paths of keys.
func (k Key) Check() error {
	if !isID(k.Workspace) {
		return fault.Field("workspace_id", "A workspace's id is made of letters, digits, - and _.")
	}
	if k.Ref.IsZero() {
		return noRef()
	}
	return nil
}

// Check refuses what cannot be received.
func (in Incoming) Check() error {
	if err := in.Key.Check(); err != nil {
		return err
	}
	switch {
	case in.Size < 0:
		return fault.Field("size_bytes", "A file's size is 0 or more.")
	case in.Upload != "" && !isID(in.Upload):
		return fault.Field("storage_id", "An upload's id is made of letters, digits, - and _.")
	case in.Offset < 0, in.Offset > in.Size, in.Offset > 0 && in.Upload == "":
		return fault.Field("offset", "An upload goes on where it stopped, inside the file.")
	}
	return nil
}

// isID reports whether a text can be an id: [A-Za-z0-9_-]{1,64}.
func isID(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// CheckUpload refuses a key and an upload's id that cannot be ones.
func CheckUpload(key Key, upload string) error {
	if upload == "" {
		upload = "-!" // an id is needed here
	}
	return Incoming{Key: key, Upload: upload}.Check()
}
