package server

import (
	"context"
	"mime"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/sync/engine"
)

// uploadRequest asks where a file can be sent.
type uploadRequest struct {
	WorkspaceID string `json:"workspace_id" validate:"required,id"`
	Hash        string `json:"hash" validate:"required,max=71"`
	MediaType   string `json:"mime_type" validate:"required,max=255"`
	SizeBytes   *int64 `json:"size_bytes" validate:"required,min=0"`
	Name        string `json:"name,omitzero" validate:"omitempty,max=255"`
	ExpiresInMS int64  `json:"expires_in_ms,omitzero" validate:"omitempty,min=1,max=86400000"` // sooner than it would
}

// uploadTicket tells a device how to send a file, or that it need not.
type uploadTicket struct {
	AlreadyStored bool              `json:"already_stored,omitzero"`
	Method        string            `json:"method,omitzero"`
	URL           string            `json:"url,omitzero"` // absent where there are parts
	Headers       map[string]string `json:"headers,omitzero"`
	ExpiresAt     time.Time         `json:"expires_at,omitzero"`
	StorageID     string            `json:"storage_id,omitzero"`
	Offset        int64             `json:"offset,omitzero"` // bytes that are there from before
	Parts         []uploadPart      `json:"parts,omitzero"`  // what is missing of a large file; empty when nothing is
}

type uploadPart struct {
	Number int    `json:"part_number"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size_bytes"`
	URL    string `json:"url"`
}

// presignUpload reserves room for a file and tells where to send it. What
// arrived of an earlier try by the same person is not sent again.
func (s *Server) presignUpload(r *request, in uploadRequest) (uploadTicket, error) {
	u, err := fileUpload(r.Session().UserID, in.WorkspaceID, in.Hash, in.MediaType, *in.SizeBytes)
	if err != nil {
		return uploadTicket{}, err
	}
	u.Name = in.Name
	policy := file.Policy{WorkspaceID: in.WorkspaceID, UserID: u.UserID, Hash: u.Key.Ref.String(), MediaType: u.MediaType, SizeBytes: u.Size, Name: in.Name}
	if err := file.Permitted(r.Ctx(), s.bus, policy); err != nil {
		return uploadTicket{}, err
	}
	reserved, offset, err := s.files.reserve(r.Ctx(), u, r.Now())
	if err != nil {
		return uploadTicket{}, err
	}
	if reserved.Stored {
		s.dropSuperseded(r.Ctx(), u.Key) // one that broke off while another was committed
		return uploadTicket{AlreadyStored: true}, s.describeAgain(r.Ctx(), r.syncActor(u.Key.Workspace), u, in.Name)
	}
	ticket, err := s.uploadTicket(r, u, reserved, in.ExpiresInMS)
	if err != nil {
		return uploadTicket{}, err
	}
	ticket.Offset = offset
	file.UploadBefore.Fire(r.Ctx(), s.bus, s.fileEvent(u, reserved.Intent))
	return ticket, nil
}

// reserve makes room for an upload, or for the rest of one that broke off, of
// which received bytes are here.
func (f *files) reserve(ctx context.Context, u file.Upload, now time.Time) (r file.Reservation, received int64, err error) {
	_, u.Ask = storage.As[storage.Progress](f.store)
	if r, err = f.books.Reserve(ctx, u); err != nil || !r.Interrupted {
		return r, 0, err
	}
	u.Ask = false
	if received, err = f.interrupted(ctx, &u, now); err != nil {
		return r, 0, err
	}
	if r, err = f.books.Reserve(ctx, u); u.Resume != "" && r.Intent != u.Resume {
		received = 0
	}
	return r, received, err
}

// uploadTicket makes the URL, or the URLs, of an upload.
func (s *Server) uploadTicket(r *request, u file.Upload, reserved file.Reservation, expiresInMS int64) (uploadTicket, error) {
	ttl := s.urlTime(r, u.Key, "PUT", storage.UploadTTL, expiresInMS, "").life
	out := uploadTicket{Method: "PUT", StorageID: reserved.Intent, Headers: map[string]string{"Content-Type": u.MediaType}}
	if s.files.presigner != nil {
		t, err := s.files.presigner.PresignUpload(r.Ctx(), storage.Upload{Key: u.Key, ID: reserved.Intent, Size: u.Size, MediaType: u.MediaType}, ttl)
		if err != nil {
			return out, err
		}
		out.URL, out.Headers, out.ExpiresAt = t.URL, t.Headers, t.Expires.UTC()
		if t.URL == "" {
			out.Parts = []uploadPart{}
			for _, part := range t.Parts {
				out.Parts = append(out.Parts, uploadPart{Number: part.Number, Offset: part.Offset, Size: part.Size, URL: part.URL})
			}
		}
		return out, nil
	}
	g := storage.Grant{Method: "PUT", Workspace: u.Key.Workspace, User: u.UserID, Ref: u.Key.Ref, Size: u.Size, MediaType: u.MediaType,
		Upload: reserved.Intent, Expires: r.Now().Add(ttl).Truncate(time.Second)}
	out.URL, out.ExpiresAt = r.ownURL(uploadPath, g), g.Expires.UTC()
	return out, nil
}

// fileUpload reads what a device says of a file it sends.
func fileUpload(userID, workspaceID, hash, mediaType string, size int64) (file.Upload, error) {
	ref, err := storage.ParseRef(hash)
	if err != nil {
		return file.Upload{}, err
	}
	kind, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return file.Upload{}, fault.Field("mime_type", "A media type is written like image/png.")
	}
	return file.Upload{UserID: userID, Key: storage.Key{Workspace: workspaceID, Ref: ref}, Size: size, MediaType: kind}, nil
}

// interrupted finds an earlier try of an upload that can go on, and how much of
// it is here, and notes which ones another device of the person has in hand: one
// that is arriving just now over another connection is left alone, and one that
// has just arrived is left to whoever sent it. Its bytes need not come again, but
// under another intent.
func (f *files) interrupted(ctx context.Context, u *file.Upload, now time.Time) (received int64, err error) {
	progress, ok := storage.As[storage.Progress](f.store)
	if !ok {
		return 0, nil
	}
	ids, err := f.books.Interrupted(ctx, *u)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		left := f.proven.left(id, now)
		if f.uploads.under(id) || f.proven.has(id) && !left {
			u.Others = append(u.Others, id)
			continue
		}
		if left {
			u.Resume = id
			return u.Size, nil
		}
		n, err := progress.Received(ctx, u.Key, id)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			u.Resume = id
			return n, nil
		}
	}
	if len(ids) == 0 || f.resumer == nil {
		return 0, nil
	}
	// All of it may be here, also since before this process began.
	if here, err := f.here(ctx, *u); err != nil || !here {
		return 0, err
	}
	return u.Size, nil
}

// urlLife is how a URL lives.
type urlLife struct {
	life        time.Duration
	disposition storage.Disposition
}

// urlTime is how long a URL lives, and what a browser does with a download,
// once the caller and the filter have been asked. Both only narrow.
func (s *Server) urlTime(r *request, key storage.Key, method string, longest time.Duration, askedMS int64, d storage.Disposition) urlLife {
	life := storage.TTL(time.Duration(askedMS)*time.Millisecond, longest)
	o := file.Narrowed(r.Ctx(), s.bus, file.URLOptions{WorkspaceID: key.Workspace, Hash: key.Ref.String(), Method: method, ExpiryMS: life.Milliseconds(), Disposition: string(d)})
	return urlLife{storage.TTL(time.Duration(o.ExpiryMS)*time.Millisecond, longest), storage.Disposition(o.Disposition)}
}

// describeAgain writes the row of a file that the workspace has, if there is
// none: the file was deleted and comes back, or its commit broke off at the end.
// There is one, and it says less than the server can find out, where a device
// wrote it just then.
func (s *Server) describeAgain(ctx context.Context, who engine.Actor, u file.Upload, name string) error {
	ref := engine.Ref{WorkspaceID: u.Key.Workspace, ID: u.Key.Ref.String()}
	known, err := s.engine.File(ctx, ref)
	described := known.StorageID != "" && (!undescribed(known) || s.files.looked.nothingMore(u.Key.Ref, known, time.Now()))
	if err == nil && described || err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	blob, err := s.files.books.Find(ctx, u.Key)
	if fault.Is(err, fault.NotFound) {
		return collectedJustNow()
	}
	if err != nil {
		return err
	}
	u.MediaType = blob.MediaType
	_, err = s.describeFile(ctx, who, u, engine.FileFacts{Name: name, StorageID: engine.StoredID})
	return err
}

// undescribed tells of a file that is kept whether nobody has looked into it:
// its row names no upload, and misses what an image or a PDF says.
func undescribed(f engine.FileFacts) bool {
	return f.StorageID == engine.StoredID && (f.Kind == "image" && f.PreviewHash == "" || f.Kind == "pdf" && f.PageCount == 0)
}

func collectedJustNow() error {
	return fault.New(fault.Conflict, "This file was collected just now. Send it again.")
}

// fileEvent is what hooks are told of an upload.
func (s *Server) fileEvent(u file.Upload, storageID string) file.Event {
	return file.Event{WorkspaceID: u.Key.Workspace, Hash: u.Key.Ref.String(), SizeBytes: u.Size, MediaType: u.MediaType, StorageID: storageID,
		UserID: u.UserID, At: s.now().UTC()}
}
