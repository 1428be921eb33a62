package server

import (
	"context"
	"errors"
	"io"
	"mime"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
)

// Headers of uploads that go on, as the IETF's draft of resumable uploads
// names them.
const (
	headerOffset   = "Upload-Offset"   // where the body begins; in answers, how much is here
	headerComplete = "Upload-Complete" // ?0: the body is a piece, more comes with the next request
)

// tokenQuery is the query of this server's own URLs.
type tokenQuery struct {
	Token string `query:"token"`
}

// uploadReply is the answer to bytes that have arrived.
type uploadReply struct {
	OK        bool   `json:"ok"` // all of it is here and proven; it is not a file before it is committed
	StorageID string `json:"storage_id"`
	Offset    int64  `json:"offset"`
}

// uploadState is how far an upload has come.
type uploadState struct {
	Offset    int64 `json:"offset"`
	SizeBytes int64 `json:"size_bytes"`
	Complete  bool  `json:"complete"` // all of it is here: commit it
}

// redeemUpload is redeem for an upload to this server. Where files are in a
// bucket no such URL is good any more, also one from before they were.
func (r *request) redeemUpload() (storage.Grant, error) {
	if r.s.files.resumer == nil {
		return storage.Grant{}, storage.NotFound(nil)
	}
	g, _, err := r.redeem(fiber.MethodPut, policies.WorkspaceWrite)
	return g, err
}

// granted is what an upload's URL allows, in the words of the books.
func granted(g storage.Grant) file.Upload {
	return file.Upload{UserID: g.User, Key: storage.Key{Workspace: g.Workspace, Ref: g.Ref}, Size: g.Size, MediaType: g.MediaType}
}

// uploadProgress tells how much of an upload is here, so that it goes on there.
func (s *Server) uploadProgress(r *request, _ tokenQuery) (uploadState, error) {
	g, err := r.redeemUpload()
	if err != nil {
		return uploadState{}, err
	}
	u := granted(g)
	if err := s.files.books.Open(r.Ctx(), g.Upload, u); err != nil {
		return uploadState{}, err
	}
	state := uploadState{SizeBytes: g.Size}
	if state.Complete, err = s.files.arrived(r.Ctx(), u, g.Upload); err != nil {
		return uploadState{}, err
	}
	if state.Complete {
		state.Offset = g.Size
	} else if state.Offset, err = s.files.resumer.Received(r.Ctx(), u.Key, g.Upload); err != nil {
		return uploadState{}, err
	}
	r.c.Set(headerOffset, strconv.FormatInt(state.Offset, 10))
	return state, nil
}

// arrived reports whether all of an upload is here. After a restart nobody
// remembers: then bytes of the right length that no book calls damaged will do,
// for the commit reads them.
func (f *files) arrived(ctx context.Context, u file.Upload, intent string) (bool, error) {
	if f.proven.has(intent) {
		return true, nil
	}
	return f.here(ctx, u)
}

// here reports whether all of a file's bytes are in the store, by their number.
func (f *files) here(ctx context.Context, u file.Upload) (bool, error) {
	known, err := f.books.Find(ctx, u.Key)
	if err == nil && known.DamagedAt != nil {
		return false, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	blob, err := f.store.Stat(ctx, u.Key)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && blob.Size == u.Size, err
}

// piecesPerMinute is how often a person may send a file or a piece of one: each
// of them is a connection, and a sync of the disk.
var piecesPerMinute = routeRate{PerMinute: 600, By: perPerson}

// receiveFile takes a file's bytes, or the rest of them. All that can be judged
// by the head is judged before a byte of the body is read.
func (s *Server) receiveFile(r *request) error {
	g, err := r.redeemUpload()
	if err != nil {
		return err
	}
	if v := s.limits.allow("PUT "+uploadPath, "u:"+g.User, piecesPerMinute, s.now()); !v.ok {
		return &fault.Error{Kind: fault.RateLimited, Message: "Too many pieces of uploads. Wait a moment, and send larger ones.", Retry: v.retry}
	}
	in, more, err := r.incoming(g)
	if err != nil {
		return err
	}
	length, err := r.bodyLength()
	if err != nil {
		return err
	}
	if length > g.Size-in.Offset {
		return storage.TooMuch(g.Size)
	}
	// The slowest line that is waited for needs this long.
	longest := 10*time.Minute + time.Duration((g.Size-in.Offset)/slowest)*time.Second
	if err := s.files.books.Open(r.Ctx(), g.Upload, granted(g)); err != nil {
		return err
	}
	until := time.Now().Add(longest)
	body := &bodyReader{length: length, until: until, now: time.Now}
	ctx := context.WithoutCancel(r.ctx)
	r.takeBody(body, func(from io.Reader) (any, error) {
		ctx, cancel := context.WithDeadline(ctx, until)
		defer cancel()
		end, err := s.files.uploads.begin(ctx, g.Upload, g.User, body.stop)
		if err != nil {
			return nil, err
		}
		defer end()
		in.Body = from
		arriving := func() error { return s.files.books.Arriving(ctx, g.Upload, granted(g), s.now().Add(longest)) }
		noted := make(chan error, 1)
		if in.Offset > 0 || more || length != g.Size || length > brief {
			if err := arriving(); err != nil {
				return nil, err
			}
			close(noted)
		} else {
			go func() { noted <- arriving() }()
		}
		return s.take(ctx, g, in, more, noted)
	})
	return nil
}

// brief is how many bytes are so few that the books are told of them while they
// arrive. They were asked a moment ago, so that next to never bytes are read in
// vain.
const brief = 1 << 20

// incoming reads an upload's head: its type, where it begins, and whether more
// comes with another request.
func (r *request) incoming(g storage.Grant) (in storage.Incoming, more bool, err error) {
	in = storage.Incoming{Key: storage.Key{Workspace: g.Workspace, Ref: g.Ref}, Size: g.Size, Upload: g.Upload}
	if kind, _, err := mime.ParseMediaType(r.Header(fiber.HeaderContentType)); err != nil || kind != g.MediaType {
		return in, false, fault.Newf(fault.Unsupported, "This URL takes a file of the type %s, with that Content-Type.", g.MediaType)
	}
	if at := r.Header(headerOffset); at != "" {
		if in.Offset, err = strconv.ParseInt(at, 10, 64); err != nil || in.Offset < 0 || in.Offset > g.Size {
			return in, false, fault.Field("offset", "Upload-Offset is a number of bytes inside the file.")
		}
	}
	switch r.Header(headerComplete) {
	case "", "?1":
	case "?0":
		more = true
	default:
		return in, false, fault.Field("complete", "Upload-Complete is ?0 or ?1.")
	}
	return in, more, nil
}

// take reads the body into the store. noted tells whether the books know that
// bytes of it are here.
func (s *Server) take(ctx context.Context, g storage.Grant, in storage.Incoming, more bool, noted <-chan error) (any, error) {
	reply := uploadReply{StorageID: g.Upload}
	_, err := s.files.store.Receive(ctx, in)
	if noteErr := <-noted; noteErr != nil {
		return nil, noteErr
	}
	if err == nil {
		s.files.proven.add(g.Upload, s.now())
		file.UploadReceived.Fire(ctx, s.bus, s.fileEvent(granted(g), g.Upload))
		reply.OK, reply.Offset = true, g.Size
		return reply, nil
	}
	if storage.IsStopped(err) {
		here, readErr := s.files.resumer.Received(context.WithoutCancel(ctx), in.Key, g.Upload)
		if readErr != nil {
			return nil, readErr
		}
		if here == 0 {
			s.nothingHere(context.WithoutCancel(ctx), g)
		}
		if more && !errors.Is(err, io.ErrUnexpectedEOF) {
			reply.Offset = here
			return reply, nil
		}
		return nil, stoppedAt(err, here)
	}
	s.refused(context.WithoutCancel(ctx), g, err)
	return nil, err
}

// refused tells of an upload that was not taken, and gives back what it has
// reserved.
func (s *Server) refused(ctx context.Context, g storage.Grant, err error) {
	key := storage.Key{Workspace: g.Workspace, Ref: g.Ref}
	switch fault.KindOf(err) {
	case fault.DiskFull: // what came before makes room for others, too
		dropped := s.files.resumer.Discard(ctx, key, g.Upload)
		if dropped == nil {
			dropped = s.files.books.Abandon(ctx, key.Workspace, g.Upload)
		}
		s.stillReserved(dropped)
		s.fileFailed(ctx, key, "upload", err)
		return
	case fault.Internal, fault.Unavailable:
		s.fileFailed(ctx, key, "upload", err)
	}
	s.nothingHere(ctx, g)
}

// nothingHere gives back early what an upload has reserved of which nothing is
// here.
func (s *Server) nothingHere(ctx context.Context, g storage.Grant) {
	whole, err := s.files.arrived(ctx, granted(g), g.Upload)
	var part int64
	if err == nil && !whole {
		part, err = s.files.resumer.Received(ctx, storage.Key{Workspace: g.Workspace, Ref: g.Ref}, g.Upload)
	}
	if err == nil && !whole && part == 0 {
		err = s.files.books.Nothing(ctx, g.Upload)
	}
	s.stillReserved(err)
}

func (s *Server) stillReserved(err error) {
	if err != nil {
		s.log.Warn("an upload of which nothing is kept still reserves its room for a while", "error", err)
	}
}

// stoppedAt adds to the error of an interrupted upload how much of it is here.
func stoppedAt(err error, here int64) error {
	e := *publicError(err)
	fields := map[string]string{"offset": strconv.FormatInt(here, 10)}
	for name, what := range e.Fields {
		fields[name] = what
	}
	e.Fields = fields
	return &e
}

// fileFailed tells hooks that the store has failed.
func (s *Server) fileFailed(ctx context.Context, key storage.Key, doing string, err error) {
	code := string(fault.KindOf(err))
	if errors.Is(err, storage.ErrDamaged) {
		code = "damaged"
	}
	s.log.Error("the file store", "doing", doing, "workspace_id", key.Workspace, "hash", key.Ref.String(), "code", code, "error", err)
	file.Failed.Fire(ctx, s.bus, file.ErrorEvent{WorkspaceID: key.Workspace, Hash: key.Ref.String(), Doing: doing, Code: code, Error: publicError(err).Message, At: s.now().UTC()})
}
