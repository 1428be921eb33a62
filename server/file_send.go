package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
)

// downloadRequest asks where a file can be fetched.
type downloadRequest struct {
	WorkspaceID string `json:"workspace_id" validate:"required,id"`
	Hash        string `json:"hash" validate:"required,max=71"`
	StorageID   string `json:"storage_id,omitzero" validate:"omitempty,max=255"` // not needed; devices of other programs send it
	Disposition string `json:"disposition,omitzero" validate:"omitempty,oneof=inline attachment"`
	ExpiresInMS int64  `json:"expires_in_ms,omitzero" validate:"omitempty,min=1,max=86400000"` // sooner than it would
}

// downloadTicket is where a file can be fetched.
type downloadTicket struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
	SizeBytes int64     `json:"size_bytes"` // whoever sends more sends something else
}

// filePolicy is the Content-Security-Policy of people's files: whatever is in
// one, it runs nothing, loads nothing and is of no origin.
const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

// presignDownload tells where a file of the workspace can be fetched. A file
// that nobody has committed here is not there, whoever else has it.
func (s *Server) presignDownload(r *request, in downloadRequest) (downloadTicket, error) {
	ref, err := storage.ParseRef(in.Hash)
	if err != nil {
		return downloadTicket{}, err
	}
	key := storage.Key{Workspace: in.WorkspaceID, Ref: ref}
	blob, err := s.files.sound(r.Ctx(), key)
	if err != nil {
		return downloadTicket{}, err
	}
	d := storage.Disposition(in.Disposition)
	if d != storage.Inline || !inspect.Shown(blob.MediaType) {
		d = storage.Attachment
	}
	url := s.urlTime(r, key, "GET", storage.DownloadTTL, in.ExpiresInMS, d)
	name, err := s.fileName(r.Ctx(), key, blob.MediaType)
	if err != nil {
		return downloadTicket{}, err
	}
	event := s.fileEvent(file.Upload{UserID: r.Session().UserID, Key: key, Size: blob.SizeBytes, MediaType: blob.MediaType}, "")
	if s.files.presigner != nil {
		out := downloadTicket{ExpiresAt: r.Now().Add(url.life).UTC(), SizeBytes: blob.SizeBytes}
		out.URL, err = s.files.presigner.PresignDownload(r.Ctx(), key, storage.Download{Disposition: url.disposition, Name: name, MediaType: inspect.Served(blob.MediaType)}, url.life)
		if err == nil {
			file.DownloadBefore.Fire(r.Ctx(), s.bus, event)
		}
		return out, err
	}
	g := storage.Grant{Method: "GET", Workspace: key.Workspace, User: r.Session().UserID, Ref: ref, Size: blob.SizeBytes, MediaType: blob.MediaType,
		Disposition: url.disposition, Name: name, Expires: r.Now().Add(url.life).Truncate(time.Second)}
	file.DownloadBefore.Fire(r.Ctx(), s.bus, event)
	return downloadTicket{URL: r.ownURL(downloadPath, g), ExpiresAt: g.Expires.UTC(), SizeBytes: blob.SizeBytes}, nil
}

// sound finds a file that can be fetched. One that is known to be damaged is
// said to be; one that could not be read may be readable by now.
func (f *files) sound(ctx context.Context, key storage.Key) (db.Blob, error) {
	blob, err := f.books.Find(ctx, key)
	if err == nil && blob.DamagedAt != nil && blob.Damage != file.DamageUnreadable {
		err = storage.Damaged(key, "found earlier")
	}
	return blob, err
}

// fileName is what a file is called, with an extension where nobody has named it.
func (s *Server) fileName(ctx context.Context, key storage.Key, mediaType string) (string, error) {
	known, err := s.engine.File(ctx, engine.Ref{WorkspaceID: key.Workspace, ID: key.Ref.String()})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if known.Name != "" {
		return storage.FileName(known.Name), nil
	}
	return "file" + inspect.Extension(mediaType), nil
}

// sendFile answers a file, or a part of it, to whoever has its URL.
func (s *Server) sendFile(r *request, _ tokenQuery) (nothing, error) {
	g, session, err := r.redeem(fiber.MethodGet, policies.WorkspaceRead)
	if err != nil {
		return nothing{}, err
	}
	key := storage.Key{Workspace: g.Workspace, Ref: g.Ref}
	known, err := s.files.sound(r.Ctx(), key)
	if err != nil {
		return nothing{}, err
	}
	r.fileHeaders(g)
	etag := g.Ref.ETag()
	if tags := r.Header(fiber.HeaderIfMatch); tags != "" && !g.Ref.NotModified(strings.ReplaceAll(tags, "W/", "weak ")) {
		return nothing{}, &fault.Error{Kind: fault.Conflict, Status: fiber.StatusPreconditionFailed, Message: "The file is not the one you have a part of: its tag is " + etag + "."}
	}
	if g.Ref.NotModified(r.Header(fiber.HeaderIfNoneMatch)) {
		r.sent = true
		r.c.Status(fiber.StatusNotModified)
		return nothing{}, nil
	}
	span, partial := storage.Span{}, false
	if g.Ref.SameRange(r.Header(fiber.HeaderIfRange)) {
		if span, partial, err = storage.ParseRange(r.Header(fiber.HeaderRange), g.Size); err != nil {
			r.c.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(g.Size, 10))
			return nothing{}, err
		}
	}
	if partial {
		r.c.Set(fiber.HeaderContentRange, span.ContentRange(g.Size))
		r.c.Status(fiber.StatusPartialContent)
	}
	if err := r.fileBody(g, span, session, known); err != nil {
		r.c.Response().Header.Del(fiber.HeaderContentRange)
		return nothing{}, err
	}
	r.sent = true
	return nothing{}, nil
}

// fileHeaders are those of every answer about a file, errors aside.
func (r *request) fileHeaders(g storage.Grant) {
	d := g.Disposition
	if d != storage.Inline || !inspect.Shown(g.MediaType) {
		d = storage.Attachment
	}
	r.c.Set(fiber.HeaderContentType, inspect.Served(g.MediaType))
	r.c.Set(fiber.HeaderContentDisposition, d.Header(g.Name))
	r.c.Set(fiber.HeaderContentSecurityPolicy, filePolicy)
	r.c.Set(fiber.HeaderETag, g.Ref.ETag())
	r.c.Set(fiber.HeaderAcceptRanges, "bytes")
	r.c.Set(fiber.HeaderCacheControl, "private, max-age=300")
}

// Up to inMemory a file is read whole before its answer begins; up to readFirst
// it is read twice. Beyond, a damaged one ends before its last byte.
const (
	inMemory  = 1 << 20
	readFirst = 16 << 20
)

// fileBody opens a file and makes it the answer's body.
func (r *request) fileBody(g storage.Grant, span storage.Span, session *policies.Session, known db.Blob) error {
	whole := span.Whole(g.Size)
	length := g.Size
	if !whole {
		length = span.Length
	}
	raw := r.c.Context()
	_ = raw.SetWriteDeadline(time.Now().Add(writeTimeout + time.Duration(length/slowest)*time.Second))
	if r.c.Method() == fiber.MethodHead {
		raw.SetBodyStream(bytes.NewReader(nil), int(length))
		return nil
	}
	began := time.Now()
	content, hashed, err := r.openFile(g, span)
	if err != nil {
		return r.undamaged(g, known, err)
	}
	ended := r.fileSent(g, session, known)
	body := &sending{ReadCloser: content.Body, left: length, ended: func(left int64, err error) {
		if whole && !hashed && err == nil && left == 0 { // it is hashed now
			r.s.files.seen.add(content.Blob, began)
		}
		ended(left, err)
	}}
	if whole && !hashed && g.Size <= inMemory {
		defer func() { _ = body.Close() }()
		text := make([]byte, length)
		if _, err := io.ReadFull(body, text); err != nil {
			return r.undamaged(g, known, err)
		}
		r.c.Response().SetBodyRaw(text)
		return nil
	}
	raw.SetBodyStream(body, int(length))
	return nil
}

// openFile opens a file that is to be sent. A whole one is hashed as it is read,
// unless this process has hashed the same bytes shortly before.
func (r *request) openFile(g storage.Grant, span storage.Span) (content *storage.Content, hashed bool, err error) {
	f, key, ctx := r.s.files, storage.Key{Workspace: g.Workspace, Ref: g.Ref}, context.WithoutCancel(r.ctx)
	whole := span.Whole(g.Size)
	if whole && g.Size > inMemory && g.Size <= readFirst {
		if err := f.readFirst(r.ctx, key); err != nil {
			return nil, false, err
		}
	}
	span.Hashed = whole && g.Size > 0 && f.seen.may(key)
	content, err = f.store.Open(ctx, key, span)
	if err == nil && span.Hashed && !f.seen.has(content.Blob, time.Now()) {
		_ = content.Body.Close()
		span.Hashed = false
		content, err = f.store.Open(ctx, key, span)
	}
	if err == nil && content.Blob.Size != g.Size {
		err = errors.Join(storage.Damaged(key, "its length has changed"), content.Body.Close())
	}
	return content, span.Hashed, err
}

// readFirst makes sure that a file is right before a byte of it is sent.
func (f *files) readFirst(ctx context.Context, key storage.Key) error {
	began := time.Now()
	blob, err := f.store.Stat(ctx, key)
	if err != nil || f.seen.has(blob, began) {
		return err
	}
	if err := storage.Verify(ctx, f.store, key); err != nil {
		return err
	}
	f.seen.add(blob, began)
	return nil
}

// undamaged notes what is wrong with a file's bytes, and passes the error on.
// A file that the books have and the store does not is as good as damaged.
func (r *request) undamaged(g storage.Grant, known db.Blob, err error) error {
	key := storage.Key{Workspace: g.Workspace, Ref: g.Ref}
	if fault.Is(err, fault.NotFound) {
		err = storage.Damaged(key, "it is gone")
	}
	r.s.fileDamaged(context.WithoutCancel(r.ctx), key, known, err)
	return err
}

// fileDamaged marks a file whose bytes were found to be wrong, so that it is
// asked for anew. known is what the books said when the bytes were opened: one
// that was mended since is right.
func (s *Server) fileDamaged(ctx context.Context, key storage.Key, known db.Blob, err error) {
	if err == nil {
		return
	}
	if errors.Is(err, storage.ErrDamaged) {
		s.files.damaged.Add(1)
		if marked := s.files.books.Damaged(ctx, known); marked != nil {
			s.log.Error("a damaged file could not be marked", "hash", key.Ref.String(), "error", marked)
		}
	}
	s.fileFailed(ctx, key, "download", err)
}

// fileSent is told how the sending of a file has ended.
func (r *request) fileSent(g storage.Grant, session *policies.Session, known db.Blob) func(left int64, err error) {
	s, ctx, key := r.s, context.WithoutCancel(r.ctx), storage.Key{Workspace: g.Workspace, Ref: g.Ref}
	event := s.fileEvent(file.Upload{UserID: session.UserID, Key: key, Size: g.Size, MediaType: g.MediaType}, "")
	return func(left int64, err error) {
		switch {
		case errors.Is(err, storage.ErrDamaged) && g.Size > inMemory: // smaller ones have been answered
			s.fileDamaged(ctx, key, known, err)
		case err == nil && left == 0:
			file.DownloadAfter.Fire(ctx, s.bus, event)
		}
	}
}

// sending is a body on its way out. It tells once how it ended, when it is closed.
type sending struct {
	io.ReadCloser
	left  int64
	err   error
	once  sync.Once
	ended func(left int64, err error)
}

func (b *sending) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// WriteTo leaves the copying to the store's body, which may know a shorter way.
func (b *sending) WriteTo(w io.Writer) (int64, error) {
	to, ok := b.ReadCloser.(io.WriterTo)
	if !ok {
		return io.Copy(w, struct{ io.Reader }{b})
	}
	n, err := to.WriteTo(w)
	b.left -= n
	b.err = err
	return n, err
}

func (b *sending) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.ended(b.left, b.err) })
	return err
}
