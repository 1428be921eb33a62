package disk

import (
	"context"
	"io"
	"os"

	"or3.cloud/or3/storage"
)

// Open implements storage.Opener. A part of a blob, and one that was hashed, can
// be sent by the kernel alone (sendfile), as far as the reader is copied by
// io.Copy; any other whole blob is hashed on its way out.
func (s *Store) Open(_ context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	if err := key.Check(); err != nil {
		return nil, err
	}
	f, err := os.Open(s.path(key))
	if err != nil {
		return nil, s.missing(err, "opening a file")
	}
	content, err := open(f, key, span)
	if err != nil {
		_ = f.Close()
		return nil, failed(err, "opening a file")
	}
	return content, nil
}

func open(f *os.File, key storage.Key, span storage.Span) (*storage.Content, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	blob := storage.Blob{Key: key, Size: info.Size(), Stored: info.ModTime()}
	fitted, err := span.Within(blob.Size)
	if err != nil {
		return nil, err
	}
	if span.Whole(blob.Size) && !span.Hashed {
		return &storage.Content{Blob: blob, Span: fitted, Body: storage.Checked(blob, f)}, nil
	}
	if _, err := f.Seek(fitted.Offset, io.SeekStart); err != nil {
		return nil, err
	}
	return &storage.Content{Blob: blob, Span: fitted, Body: &section{LimitedReader: io.LimitedReader{R: f, N: fitted.Length}, f: f}}, nil
}

// section is a part of a file. It is a LimitedReader around a file, which is
// what net.TCPConn looks for.
type section struct {
	io.LimitedReader
	f *os.File
}

// WriteTo hands the bare LimitedReader on, which the kernel can copy.
func (s *section) WriteTo(w io.Writer) (int64, error) {
	if to, ok := w.(io.ReaderFrom); ok {
		return to.ReadFrom(&s.LimitedReader)
	}
	return io.Copy(w, &s.LimitedReader)
}

func (s *section) Close() error { return s.f.Close() }
