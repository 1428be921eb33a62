package file

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/storage"
)

// Commit makes a file of an upload. prove reads the bytes where the store keeps
// them, or knows that they are what was read on the way there; it is asked
// before anything is written, and may be slow. What it answers takes a mark of
// damage away, so that there being an object is no answer. Of any number of
// commits of one intent, one succeeds.
func (s *Service) Commit(ctx context.Context, intent string, u Upload, prove func(context.Context) (storage.Blob, error)) error {
	if err := s.Open(ctx, intent, u); err != nil {
		return err
	}
	blob, err := prove(ctx)
	if err != nil {
		return err
	}
	if blob.Key != u.Key || blob.Size != u.Size {
		return storage.WrongHash(u.Key.Ref)
	}
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, u.Key.Workspace); err != nil {
			return err
		}
		now := s.o.Now().UnixMilli()
		first, err := db.UseUploadIntent(ctx, tx, intent, now)
		if err != nil {
			return err
		}
		if !first { // used, or expired, since it was looked at
			return used()
		}
		added, err := db.InsertBlob(ctx, tx, &db.Blob{WorkspaceID: u.Key.Workspace, Hash: u.Key.Ref.String(), SizeBytes: u.Size, MediaType: u.MediaType,
			Provider: s.o.Provider, CreatedBy: u.UserID, CreatedAt: now})
		if err != nil {
			return err
		}
		if !added {
			return db.MendBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String())
		}
		return db.AddStorageUsage(ctx, tx, u.Key.Workspace, u.Size)
	})
}

// Find tells what is known of a file that can be read. One that is missing,
// not committed yet, or another workspace's is NotFound.
func (s *Service) Find(ctx context.Context, key storage.Key) (db.Blob, error) {
	return db.FindBlob(ctx, s.o.DB.Read(), key.Workspace, key.Ref.String())
}

// Damaged notes that a file's bytes are wrong: the next upload of it is asked
// for instead of spared.
func (s *Service) Damaged(ctx context.Context, key storage.Key) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.MarkBlobDamaged(ctx, tx, key.Workspace, key.Ref.String(), s.o.Now().UnixMilli())
	})
}

// Tidy removes intents that have ended and cannot be mistaken for new ones any
// more.
func (s *Service) Tidy(ctx context.Context) (removed int64, err error) {
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		removed, err = db.DeleteUploadIntents(ctx, tx, s.o.Now().Add(-storage.UploadTTL).UnixMilli())
		return err
	})
	return removed, err
}
