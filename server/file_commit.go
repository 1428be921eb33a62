package server

import (
	"context"
	"errors"
	"io"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
)

// commitRequest says that a file was sent. What it claims about the content is
// for devices that cannot wait; the server finds out by itself what it can.
type commitRequest struct {
	WorkspaceID string `json:"workspace_id" validate:"required,id"`
	Hash        string `json:"hash" validate:"required,max=71"`
	StorageID   string `json:"storage_id" validate:"required,id"`
	ProviderID  string `json:"storage_provider_id,omitzero" validate:"omitempty,max=64"`
	MediaType   string `json:"mime_type" validate:"required,max=255"`
	SizeBytes   int64  `json:"size_bytes" validate:"min=0"`
	Name        string `json:"name" validate:"required,max=255"`
	Kind        string `json:"kind" validate:"required,oneof=image pdf file"`
	Width       int64  `json:"width,omitzero" validate:"omitempty,min=0,max=10000000"`
	Height      int64  `json:"height,omitzero" validate:"omitempty,min=0,max=10000000"`
	PageCount   int64  `json:"page_count,omitzero" validate:"omitempty,min=0,max=10000000"`
}

// committed is the answer to a thing that is done.
type committed struct {
	OK bool `json:"ok"`
}

// commitTime is how long a commit may take: bytes that nobody has hashed yet
// are read.
const commitTime = 10 * time.Minute

// commitUpload makes a file of what was sent, if it is what was announced.
func (s *Server) commitUpload(r *request, in commitRequest) (committed, error) {
	u, err := fileUpload(r.Session().UserID, in.WorkspaceID, in.Hash, in.MediaType, in.SizeBytes)
	if err != nil {
		return committed{}, err
	}
	// A file that is half committed helps nobody: this goes on if the device goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Ctx()), commitTime)
	defer cancel()
	err = s.files.books.Commit(ctx, in.StorageID, u, func(ctx context.Context) (storage.Blob, error) { return s.prove(ctx, u, in.StorageID) })
	if err != nil {
		if fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable {
			s.fileFailed(ctx, u.Key, "commit", err)
		}
		return committed{}, err
	}
	s.files.proven.drop(in.StorageID)
	s.dropSuperseded(ctx, u.Key)
	r.ctx = ctx
	claimed := engine.FileFacts{Name: in.Name, StorageID: in.StorageID, Width: in.Width, Height: in.Height, PageCount: in.PageCount}
	wrote, err := s.describeFile(ctx, r.syncActor(u.Key.Workspace), u, claimed)
	if err == nil && !wrote { // nothing has put the books on the disk
		err = s.files.books.Settle(ctx)
	}
	if err != nil {
		return committed{}, err
	}
	file.UploadAfter.Fire(ctx, s.bus, s.fileEvent(u, in.StorageID))
	return committed{OK: true}, nil
}

// dropSuperseded gives the other uploads of files of a workspace up, now that they
// are there, with what has arrived of them. Those that arrive just now, or have
// arrived, their senders commit.
func (s *Server) dropSuperseded(ctx context.Context, keys ...storage.Key) {
	if s.files.resumer == nil {
		return
	}
	others, err := s.files.books.Superseded(ctx, keys...)
	s.stillReserved(err)
	for i := range others {
		id := others[i].ID
		switch {
		case s.files.uploads.under(id):
			continue
		case s.files.proven.has(id):
			err = s.files.books.Nothing(ctx, id)
		default:
			var ref storage.Ref
			if ref, err = storage.ParseRef(others[i].Hash); err == nil {
				err = s.files.resumer.Discard(ctx, storage.Key{Workspace: others[i].WorkspaceID, Ref: ref}, id)
			}
			if err == nil {
				err = s.files.books.Abandon(ctx, others[i].WorkspaceID, id)
			}
		}
		s.stillReserved(err)
	}
}

// prove makes sure that the bytes are here, are those of the hash, and are what
// the media type says. Those that are something else go.
func (s *Server) prove(ctx context.Context, u file.Upload, intent string) (blob storage.Blob, err error) {
	if s.files.presigner != nil {
		blob, err = s.files.presigner.CommitUpload(ctx, storage.Upload{Key: u.Key, ID: intent, Size: u.Size, MediaType: u.MediaType})
		if progress, ok := storage.As[storage.Progress](s.files.store); ok && storage.IsStopped(err) {
			here, readErr := progress.Received(ctx, u.Key, intent)
			err = errors.Join(readErr, stoppedAt(err, here))
		}
	} else {
		blob, err = s.files.proveHere(ctx, u, intent)
	}
	if err != nil {
		return storage.Blob{}, err
	}
	head, err := s.files.head(ctx, u.Key, u.Size)
	if err != nil {
		return storage.Blob{}, err
	}
	if inspect.Is(u.MediaType, head) {
		return blob, nil
	}
	if err := s.files.discard(ctx, u.Key, intent); err != nil {
		s.log.Warn("a file that is not what it says could not be removed; the collector will", "hash", u.Key.Ref.String(), "error", err)
	}
	return storage.Blob{}, notOfType(u.MediaType)
}

func notOfType(mediaType string) error {
	return fault.Newf(fault.Unsupported, "What was sent is no %s. Send the file with the type it has.", mediaType)
}

// proveHere knows that the bytes are right because this process has hashed them
// on their way, or reads them.
func (f *files) proveHere(ctx context.Context, u file.Upload, intent string) (storage.Blob, error) {
	if !f.proven.has(intent) {
		err := storage.Verify(ctx, f.store, u.Key)
		if fault.Is(err, fault.NotFound) || errors.Is(err, storage.ErrDamaged) {
			here, readErr := f.resumer.Received(ctx, u.Key, intent)
			if readErr != nil {
				return storage.Blob{}, readErr
			}
			return storage.Blob{}, stoppedAt(storage.Stopped(here, u.Size, nil), here)
		}
		if settler, ok := storage.As[storage.Settler](f.store); err == nil && ok { // who received it may not have come so far
			err = settler.Settle(ctx, u.Key)
		}
		if err != nil {
			return storage.Blob{}, err
		}
	}
	blob, err := f.store.Stat(ctx, u.Key)
	if fault.Is(err, fault.NotFound) { // it was here: somebody has removed it from the disk
		f.proven.drop(intent)
		return storage.Blob{}, stoppedAt(storage.Stopped(0, u.Size, nil), 0)
	}
	return blob, err
}

// head reads a file's beginning.
func (f *files) head(ctx context.Context, key storage.Key, size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	content, err := f.store.Open(ctx, key, storage.Span{Length: min(size, inspect.HeadBytes)})
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(content.Body, inspect.HeadBytes))
	return head, errors.Join(err, content.Body.Close())
}

// discard gives an upload up and removes its bytes, unless somebody else has
// committed the same.
func (f *files) discard(ctx context.Context, key storage.Key, intent string) error {
	f.proven.drop(intent)
	if err := f.books.Abandon(ctx, key.Workspace, intent); err != nil {
		return err
	}
	_, err := f.books.Forget(ctx, key, func(ctx context.Context) error { return f.store.Delete(ctx, key) })
	return err
}

// describeFile writes the synced row of a file: what the server finds out about
// it, and where it finds out nothing what its device claims. wrote is false when
// the row says it already.
func (s *Server) describeFile(ctx context.Context, who engine.Actor, u file.Upload, claimed engine.FileFacts) (wrote bool, err error) {
	return s.engine.DescribeFile(ctx, who, engine.Ref{WorkspaceID: u.Key.Workspace, ID: u.Key.Ref.String()}, s.facts(ctx, u, claimed))
}

// facts are what there is to say about a file, and keeps its preview.
func (s *Server) facts(ctx context.Context, u file.Upload, claimed engine.FileFacts) engine.FileFacts {
	facts, small := s.factsOf(ctx, u, claimed)
	if small != nil {
		s.keepPreviews(ctx, []*preview{small})
		facts.PreviewHash = small.hash()
	}
	return facts
}

// factsOf are what there is to say about a file, and its preview, which is to be
// kept yet; nil for none.
func (s *Server) factsOf(ctx context.Context, u file.Upload, claimed engine.FileFacts) (engine.FileFacts, *preview) {
	facts := claimed
	facts.MediaType, facts.Kind, facts.SizeBytes, facts.Provider = u.MediaType, inspect.Kind(u.MediaType), u.Size, s.config.Storage.Provider
	found := s.look(ctx, u)
	if found.Width <= 0 && found.Pages <= 0 {
		return facts, nil
	}
	facts.Width, facts.Height, facts.PageCount = found.Width, found.Height, found.Pages
	return facts, previewOf(u, found)
}
