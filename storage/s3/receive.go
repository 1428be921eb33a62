package s3

import (
	"context"
	"errors"
	"io"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Receive implements storage.Receiver, for what comes through the server: a
// restore, a preview. It cannot go on after an interruption; the parts of an
// upload from the browser can.
func (s *Store) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := in.Check(); err != nil {
		return storage.Blob{}, err
	}
	if in.Offset > 0 {
		return storage.Blob{}, fault.New(fault.Unsupported, "An upload through the server to a bucket begins at its start.")
	}
	arrival := &remembering{from: storage.NewArrival(in)}
	if in.Size == 0 && arrival.end() != nil { // nobody reads the body of an empty object
		return storage.Blob{}, arrival.err
	}
	// The arrival keeps its last bytes back unless all of them are right: the
	// bucket never sees a whole object of wrong content.
	err := s.put(ctx, in, withContext{ctx, arrival})
	switch {
	case arrival.err != nil:
		return storage.Blob{}, arrival.err
	case ctx.Err() != nil:
		return storage.Blob{}, ctx.Err()
	case err != nil:
		return storage.Blob{}, failed(err, "receiving a file")
	}
	return s.Stat(ctx, in.Key)
}

// put streams a blob to its place. Where its name is a SHA-256 the bucket gets
// that to compare, in one request of any length; else in pieces.
func (s *Store) put(ctx context.Context, in storage.Incoming, body io.Reader) error {
	o := minio.PutObjectOptions{ContentType: contentType, PartSize: throughServer, NumThreads: 1}
	sum := in.Ref.Hex()
	if in.Size == 0 {
		sum = storage.RefOf(nil).Hex()
	} else if in.Ref.Legacy() || in.Size > largestPut {
		_, err := s.core.Client.PutObject(ctx, s.bucket, s.blob(in.Key), body, in.Size, o)
		return err
	}
	o.DisableContentSha256 = true // of every chunk; the whole has one
	_, err := s.core.PutObject(ctx, s.bucket, s.blob(in.Key), body, in.Size, "", sum, o)
	return err
}

// remembering keeps the error of a body, which the client wraps and loses.
type remembering struct {
	from io.Reader
	err  error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func (r *remembering) end() error {
	_, _ = io.Copy(io.Discard, r)
	return r.err
}

// withContext ends a body with its context.
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

const (
	// throughServer is how much of a blob in pieces is in memory while it passes.
	throughServer = 8 << 20
	// largestPut is what S3 takes in one request.
	largestPut = 5 << 30
	// contentType is what the bucket says of a blob unless a URL says otherwise:
	// what somebody claims about a file is not stored beside it.
	contentType = "application/octet-stream"
)
