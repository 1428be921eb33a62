package s3

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/storage"
)

// Open implements storage.Opener.
func (s *Store) Open(ctx context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	if err := key.Check(); err != nil {
		return nil, err
	}
	var o minio.GetObjectOptions
	if span != (storage.Span{}) {
		if _, err := span.Within(1<<63 - 1); err != nil {
			return nil, err
		}
		header := "bytes=" + strconv.FormatInt(span.Offset, 10) + "-"
		if span.Length > 0 {
			header += strconv.FormatInt(span.Offset+span.Length-1, 10)
		}
		o.Set("Range", header)
	}
	body, info, header, err := s.core.GetObject(ctx, s.bucket, s.blob(key), o)
	if err != nil {
		return nil, s.unsatisfiable(ctx, key, err)
	}
	blob := storage.Blob{Key: key, Size: total(header, info.Size), Stored: info.LastModified}
	fitted, err := span.Within(blob.Size)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	body = &wording{ReadCloser: body}
	if fitted.Whole(blob.Size) {
		body = storage.Checked(blob, body)
	}
	return &storage.Content{Blob: blob, Span: fitted, Body: body}, nil
}

// unsatisfiable gives a range that begins behind the end its own words.
func (s *Store) unsatisfiable(ctx context.Context, key storage.Key, err error) error {
	var said minio.ErrorResponse
	if !errors.As(err, &said) || said.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		return failed(err, "opening a file")
	}
	blob, err := s.Stat(ctx, key)
	if err != nil {
		return err
	}
	return storage.Unsatisfiable(blob.Size)
}

// total is the whole object's size: behind the slash of a partial answer.
func total(header http.Header, size int64) int64 {
	if _, of, ok := strings.Cut(header.Get("Content-Range"), "/"); ok {
		if n, err := strconv.ParseInt(of, 10, 64); err == nil {
			return n
		}
	}
	return size
}

// wording puts what goes wrong while reading into words.
type wording struct{ io.ReadCloser }

func (w *wording) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = failed(err, "reading a file")
	}
	return n, err
}

// Stat implements storage.Stater.
func (s *Store) Stat(ctx context.Context, key storage.Key) (storage.Blob, error) {
	if err := key.Check(); err != nil {
		return storage.Blob{}, err
	}
	info, err := s.core.StatObject(ctx, s.bucket, s.blob(key), minio.StatObjectOptions{})
	if err != nil {
		return storage.Blob{}, failed(err, "looking for a file")
	}
	return storage.Blob{Key: key, Size: info.Size, Stored: info.LastModified}, nil
}

// Delete implements storage.Deleter.
func (s *Store) Delete(ctx context.Context, key storage.Key) error {
	if err := key.Check(); err != nil {
		return err
	}
	return s.remove(ctx, s.blob(key))
}

func (s *Store) remove(ctx context.Context, name string) error {
	err := s.core.RemoveObject(ctx, s.bucket, name, minio.RemoveObjectOptions{})
	if isMissing(err) {
		return nil
	}
	return failed(err, "deleting a file")
}

// Enumerate implements storage.Enumerator.
func (s *Store) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	prefix := s.prefix + "blobs/"
	if workspace != "" {
		prefix = s.workspace(workspace)
	}
	return func(yield func(storage.Blob, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for object := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if object.Err != nil {
				yield(storage.Blob{}, failed(object.Err, "listing files"))
				return
			}
			key, ok := s.keyOf(object.Key)
			if ok && !yield(storage.Blob{Key: key, Size: object.Size, Stored: object.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(storage.Blob{}, err)
		}
	}
}
