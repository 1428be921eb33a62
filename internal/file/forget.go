package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// removeTime is how long the deletion of one file's bytes may take: a
// transaction waits for it, and others wait for that.
const removeTime = 5 * time.Second

// Condemn is the collector's mark of a file that nothing needs. Whoever wants
// to put the file there until it is forgotten takes the mark away.
func (s *Service) Condemn(ctx context.Context, key storage.Key) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, key.Workspace); err != nil {
			return err
		}
		return db.CondemnBlob(ctx, tx, key.Workspace, key.Ref.String(), s.o.Now().UnixMilli())
	})
}

// Forget deletes a condemned file, or one that no book names: remove deletes
// its bytes, and its room is given back. gone is false, and nothing happens,
// when the file is wanted: the mark is gone, or an upload of it is under way.
//
// remove runs inside the transaction that takes the file out of the books.
// Nobody reserves or commits in the workspace until both are done, so that the
// bytes it deletes are never those that a device has just sent. It may run more
// than once, and must not use the database.
//
// A process that dies between the two leaves a row without bytes. The row is
// therefore marked as damaged before: whoever comes then is asked for the file.
func (s *Service) Forget(ctx context.Context, key storage.Key, remove func(context.Context) error) (gone bool, err error) {
	hash := key.Ref.String()
	unwanted, err := s.unwanted(ctx, key, func(ctx context.Context, tx bun.Tx, _ *db.Blob) error {
		return db.MarkBlobDamaged(ctx, tx, key.Workspace, hash, s.o.Now().UnixMilli())
	})
	if err != nil || !unwanted {
		return false, err
	}
	return s.unwanted(ctx, key, func(ctx context.Context, tx bun.Tx, blob *db.Blob) error {
		if blob != nil {
			if _, err := db.DeleteBlob(ctx, tx, key.Workspace, hash); err != nil {
				return err
			}
			if err := db.AddStorageUsage(ctx, tx, key.Workspace, -blob.SizeBytes); err != nil {
				return err
			}
		}
		ctx, stop := context.WithTimeout(ctx, removeTime)
		defer stop()
		return remove(ctx)
	})
}

// unwanted does something about a file, with its workspace locked, unless the
// file is wanted; done tells whether it did. blob is nil if no book names it.
func (s *Service) unwanted(ctx context.Context, key storage.Key, do func(ctx context.Context, tx bun.Tx, blob *db.Blob) error) (done bool, err error) {
	hash := key.Ref.String()
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = false // also when PostgreSQL runs this again
		if _, err := db.LockStorageUsage(ctx, tx, key.Workspace); err != nil {
			return err
		}
		coming, err := db.UploadUnderWay(ctx, tx, key.Workspace, hash, s.o.Now().UnixMilli())
		if err != nil || coming {
			return err
		}
		blob, err := db.FindBlob(ctx, tx, key.Workspace, hash)
		switch {
		case fault.Is(err, fault.NotFound):
			done = true
			return do(ctx, tx, nil)
		case err != nil || blob.CondemnedAt == nil:
			return err
		}
		done = true
		return do(ctx, tx, &blob)
	})
	return done && err == nil, err
}
