package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Reserve makes room for an upload, for storage.UploadTTL. Uploads under way
// count against the quota, all of them together: what is reserved fits. A file
// that the workspace has needs no room and no upload; that another workspace has
// it changes nothing.
func (s *Service) Reserve(ctx context.Context, u Upload) (r Reservation, err error) {
	if err := s.check(u); err != nil {
		return r, err
	}
	id, err := newID()
	if err != nil {
		return r, err
	}
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		usage, err := db.LockStorageUsage(ctx, tx, u.Key.Workspace)
		if err != nil {
			return err
		}
		stored, err := s.stored(ctx, tx, u)
		if err != nil || stored {
			r = Reservation{Stored: stored}
			return err
		}
		now := s.o.Now()
		intent := db.UploadIntent{ID: id, WorkspaceID: u.Key.Workspace, UserID: u.UserID, Hash: u.Key.Ref.String(), SizeBytes: u.Size, MediaType: u.MediaType,
			CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(storage.UploadTTL).UnixMilli()}
		r = Reservation{Intent: id, Expires: time.UnixMilli(intent.ExpiresAt)}
		return s.reserve(ctx, tx, usage, &intent)
	})
	if err != nil {
		return Reservation{}, err
	}
	return r, nil
}

// stored reports whether the workspace has the file. One that the collector has
// marked is kept after all; one that is damaged has to come again.
func (s *Service) stored(ctx context.Context, tx bun.Tx, u Upload) (bool, error) {
	blob, err := db.FindBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String())
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || blob.DamagedAt != nil {
		return false, err
	}
	if blob.SizeBytes != u.Size {
		return false, fault.Field("size_bytes", "The file of this hash has another size. Hash it again.")
	}
	if blob.CondemnedAt != nil {
		err = db.ReviveBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String())
	}
	return err == nil, err
}

// reserve writes the intent and refuses it if the workspace's files and what
// is reserved are then too much together.
func (s *Service) reserve(ctx context.Context, tx bun.Tx, usage db.StorageUsage, intent *db.UploadIntent) error {
	before, err := db.ReservedBytes(ctx, tx, intent.WorkspaceID, intent.CreatedAt)
	if err != nil {
		return err
	}
	if err := db.InsertUploadIntent(ctx, tx, intent); err != nil {
		return err
	}
	after, err := db.ReservedBytes(ctx, tx, intent.WorkspaceID, intent.CreatedAt)
	if err != nil {
		return err
	}
	if quota := s.quota(usage); quota >= 0 && after > before && after > quota-usage.UsedBytes {
		return fault.Newf(fault.QuotaExceeded, "The file has %d bytes, and the workspace has room for %d. Delete files, or ask an owner for more room.",
			intent.SizeBytes, max(0, quota-usage.UsedBytes-before))
	}
	return nil
}

// Open makes sure that an intent is this upload's, unused and in time: before
// bytes are taken for it. An intent that was used is a Conflict; one that is
// somebody else's, for something else, expired or unknown is NotFound, all in
// the same words.
func (s *Service) Open(ctx context.Context, intent string, u Upload) error {
	found, err := db.UploadIntentByID(ctx, s.o.DB.Read(), intent)
	switch {
	case err != nil:
		return err
	case found.WorkspaceID != u.Key.Workspace, found.UserID != u.UserID, found.Hash != u.Key.Ref.String(), found.SizeBytes != u.Size, found.MediaType != u.MediaType:
		return storage.NotFound(nil)
	case found.UsedAt != nil:
		return used()
	case found.ExpiresAt <= s.o.Now().UnixMilli():
		return storage.NotFound(nil)
	}
	return nil
}

func used() error {
	return fault.New(fault.Conflict, "This upload was committed already, or took too long. Ask for a new one to send the file again.")
}
