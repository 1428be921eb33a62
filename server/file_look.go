package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
)

// Bounds of looking into files. Nobody's file waits long for somebody else's:
// it goes without a preview then.
const (
	looksAtOnce  = 2                // each may take some 200 MiB of memory for a moment
	lookPatience = 5 * time.Second  // for a place
	lookTime     = 20 * time.Second // for one file, once it has a place
)

// look finds out what the content of an image or a PDF says about it. What
// cannot be found out is missing, and no reason to refuse a file.
func (s *Server) look(ctx context.Context, u file.Upload) inspect.Facts {
	if !inspect.Shown(u.MediaType) || u.Size > inspect.MaxBytes || u.Size == 0 {
		return inspect.Facts{}
	}
	found, err := s.files.look(ctx, u)
	if err != nil {
		s.log.Info("not everything about a file could be found out", "workspace_id", u.Key.Workspace, "hash", u.Key.Ref.String(), "error", err)
	}
	return found
}

func (f *files) look(ctx context.Context, u file.Upload) (found inspect.Facts, err error) {
	waiting, stop := context.WithTimeout(ctx, f.patience)
	leave, err := f.looks.take(waiting, u.UserID)
	stop()
	if err != nil {
		return found, err
	}
	defer leave()
	done, err := f.looking.begin(u.Key.Ref)
	if err != nil {
		return found, err
	}
	defer done()
	asked := ctx
	ctx, stop = context.WithTimeout(ctx, lookTime)
	defer stop()
	content, err := f.whole(ctx, u.Key)
	if err != nil {
		return found, err
	}
	if u.MediaType == "application/pdf" {
		found.Pages, err = inspect.PDF(ctx, content)
	} else {
		found, err = inspect.Image(ctx, content)
	}
	if asked.Err() == nil { // a content that takes too long mostly takes as long again
		f.looked.add(u.Key.Ref, found, ctx.Err() != nil, time.Now())
	}
	return found, err
}

// whole reads a file into memory.
func (f *files) whole(ctx context.Context, key storage.Key) ([]byte, error) {
	content, err := f.store.Open(ctx, key, storage.Span{})
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, content.Blob.Size)
	b := bytes.NewBuffer(text)
	_, err = b.ReadFrom(io.LimitReader(content.Body, inspect.MaxBytes+1))
	return b.Bytes(), errors.Join(err, content.Body.Close())
}

// preview is an image's, on its way to being a file.
type preview struct {
	of     file.Upload
	bytes  []byte
	u      file.Upload
	intent string
	stored bool
	err    error
}

// previewOf is what is to be kept of what was found in an image; nil for none.
func previewOf(of file.Upload, found inspect.Facts) *preview {
	if len(found.Preview) == 0 {
		return nil
	}
	return &preview{of: of, bytes: found.Preview, u: file.Upload{UserID: of.UserID, Key: storage.Key{Workspace: of.Key.Workspace, Ref: storage.RefOf(found.Preview)},
		Size: int64(len(found.Preview)), MediaType: found.PreviewType, Derived: true}}
}

// hash names a preview that was kept.
func (p *preview) hash() string {
	if p == nil || p.err != nil {
		return ""
	}
	return p.u.Key.Ref.String()
}

// keepPreviews keeps images' previews as files of the same workspace, all with the
// transactions and syncs of one. One for which there is no room is not kept.
func (s *Server) keepPreviews(ctx context.Context, list []*preview) {
	firsts := map[storage.Ref]*preview{} // two images may have the same
	var each []*preview
	for _, p := range list {
		if firsts[p.u.Key.Ref] == nil {
			firsts[p.u.Key.Ref] = p
			each = append(each, p)
		}
	}
	if len(each) == 0 {
		return
	}
	s.bringPreviews(ctx, each)
	for _, p := range list {
		p.err = firsts[p.u.Key.Ref].err
		if p.err == nil {
			continue
		}
		level := s.log.Warn
		if fault.Is(p.err, fault.QuotaExceeded) || fault.Is(p.err, fault.DiskFull) {
			level = s.log.Info
		}
		level("an image has no preview", "workspace_id", p.of.Key.Workspace, "hash", p.of.Key.Ref.String(), "error", p.err)
	}
}

// bringPreviews brings previews of one workspace into the store and the books.
func (s *Server) bringPreviews(ctx context.Context, each []*preview) {
	going := func() []*preview {
		return slices.DeleteFunc(slices.Clone(each), func(p *preview) bool { return p.err != nil || p.stored })
	}
	uploads := make([]file.Upload, len(each))
	for i, p := range each {
		uploads[i] = p.u
	}
	reserved, errs := s.files.books.ReserveAll(ctx, uploads)
	for i, p := range each {
		p.intent, p.stored, p.err = reserved[i].Intent, reserved[i].Stored, errs[i]
	}
	list := going()
	ins := make([]storage.Incoming, len(list))
	for i, p := range list {
		ins[i] = storage.Incoming{Key: p.u.Key, Size: p.u.Size, Body: bytes.NewReader(p.bytes)}
	}
	for i, err := range storage.ReceiveAll(ctx, s.files.store, ins) {
		list[i].err = err
	}
	list = going()
	proven := make([]file.Proven, len(list))
	for i, p := range list {
		proven[i] = file.Proven{Intent: p.intent, Upload: p.u}
	}
	for i, err := range s.files.books.CommitAll(ctx, proven) {
		list[i].err = err
	}
	for _, p := range each {
		if p.err != nil && p.intent != "" {
			p.err = errors.Join(p.err, s.files.books.Abandon(context.WithoutCancel(ctx), p.u.Key.Workspace, p.intent))
		}
	}
}
