package file

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/storage"
)

// Commit makes a file of an upload. prove reads the bytes where the store keeps
// them, or knows that they are what was read on the way there; it is asked
// before anything is written, and may be slow. What it answers takes a mark of
// damage away, so that there being an object is no answer. Of any number of
// commits of one intent, one succeeds.
//
// It is on the disk with whatever is written durably next: the file's synced row,
// or Settle. Only then may it be answered.
func (s *Service) Commit(ctx context.Context, intent string, u Upload, prove func(context.Context) (storage.Blob, error)) error {
	end, err := s.commits.take(ctx, intent) // proving the same upload twice at once, one would not find what the other has moved
	if err != nil {
		return err
	}
	defer end()
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
	return s.CommitAll(ctx, []Proven{{intent, u}})[0]
}

// Proven is an upload whose bytes are in the store and were proven.
type Proven struct {
	Intent string
	Upload
}

// CommitAll is Commit for several uploads to one workspace that were proven, in
// one transaction. What is wrong with one of them is nothing to the others.
func (s *Service) CommitAll(ctx context.Context, list []Proven) []error {
	errs := make([]error, len(list))
	if len(list) == 0 {
		return errs
	}
	err := s.o.DB.WriteSoon(ctx, func(ctx context.Context, tx bun.Tx) error {
		workspace := list[0].Key.Workspace
		if _, err := db.LockStorageUsage(ctx, tx, workspace); err != nil {
			return err
		}
		now := s.o.Now().UnixMilli()
		var new []Upload
		for i := range list {
			errs[i] = nil // also when PostgreSQL runs this again
			first, err := db.UseUploadIntent(ctx, tx, list[i].Intent, now)
			if err != nil {
				return err
			}
			if !first { // used, or expired, since it was looked at
				errs[i] = used()
				continue
			}
			new = append(new, list[i].Upload)
		}
		return s.insert(ctx, tx, workspace, new, now)
	})
	for i := range list {
		errs[i] = cmp.Or(err, errs[i])
		s.tickets.drop(list[i].Intent)
	}
	return errs
}

// insert writes files of a workspace whose bytes are there and proven, or mends
// them, and counts their bytes.
func (s *Service) insert(ctx context.Context, tx bun.Tx, workspaceID string, list []Upload, now int64) error {
	blobs := make([]db.Blob, len(list))
	for i := range list {
		blobs[i] = s.blob(list[i], now)
	}
	added, err := db.InsertBlobs(ctx, tx, blobs)
	if err != nil {
		return err
	}
	more := int64(0)
	for i := range blobs {
		if added[i] {
			more += blobs[i].SizeBytes
		} else if err := db.MendBlob(ctx, tx, workspaceID, blobs[i].Hash, now); err != nil {
			return err
		}
	}
	if more == 0 {
		return nil
	}
	return db.AddStorageUsage(ctx, tx, workspaceID, more)
}

// blob is what the books say of an upload.
func (s *Service) blob(u Upload, now int64) db.Blob {
	return db.Blob{WorkspaceID: u.Key.Workspace, Hash: u.Key.Ref.String(), SizeBytes: u.Size, MediaType: u.MediaType, Provider: s.o.Provider, CreatedBy: u.UserID, CreatedAt: now}
}

// Find tells what is known of a file that can be read. One that is missing,
// not committed yet, or another workspace's is NotFound.
func (s *Service) Find(ctx context.Context, key storage.Key) (db.Blob, error) {
	return db.FindBlob(ctx, s.o.DB.Read(), key.Workspace, key.Ref.String())
}

// Damaged notes that a file's bytes are wrong, as they were when Find found it
// so: the next upload of it is asked for instead of spared. One that was sent
// again since is left alone.
func (s *Service) Damaged(ctx context.Context, found db.Blob) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.MarkBlobRead(ctx, tx, found, s.o.Now().UnixMilli())
	})
}

// Abandoned is how long what arrived of an interrupted upload is kept, so that
// it can go on.
const Abandoned = 24 * time.Hour

// Tidy removes intents that ended so long ago that their uploads cannot go on.
func (s *Service) Tidy(ctx context.Context) (removed int64, err error) {
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		removed, err = db.DeleteUploadIntents(ctx, tx, s.o.Now().Add(-Abandoned).UnixMilli())
		return err
	})
	return removed, err
}
