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
// transaction waits for it, and others of the workspace wait for that. On SQLite
// every other write of the server does, so that a bucket gets less.
const (
	removeTime       = 5 * time.Second
	removeTimeSQLite = time.Second
)

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
	return s.forget(ctx, key, func(context.Context, bun.Tx, *db.Blob) (bool, error) { return true, nil }, remove)
}

// forget is Forget for a collector who has something to say in each of the two
// transactions: may is asked when the file's workspace is locked.
func (s *Service) forget(ctx context.Context, key storage.Key, may permission, remove func(context.Context) error) (gone bool, err error) {
	hash := key.Ref.String()
	unwanted, err := s.unwanted(ctx, key, may, func(ctx context.Context, tx bun.Tx, _ *db.Blob) error {
		return db.MarkBlobDamaged(ctx, tx, key.Workspace, hash, s.o.Now().UnixMilli())
	})
	if err != nil || !unwanted {
		return false, err
	}
	return s.unwanted(ctx, key, may, func(ctx context.Context, tx bun.Tx, blob *db.Blob) error {
		limit := removeTime
		if s.o.DB.Dialect() == db.SQLite {
			limit = removeTimeSQLite
		}
		removing, stop := context.WithTimeout(ctx, limit)
		defer stop()
		if err := remove(removing); err != nil || blob == nil {
			return err
		}
		if _, err := db.DeleteBlob(ctx, tx, key.Workspace, hash); err != nil {
			return err
		}
		return db.AddStorageUsage(ctx, tx, key.Workspace, -blob.SizeBytes)
	})
}

// permission says whether a file may go; blob is nil if no book names it.
type permission func(ctx context.Context, tx bun.Tx, blob *db.Blob) (bool, error)

// unwanted does something about a file, with its workspace locked, unless the
// file is wanted; done tells whether it did. blob is nil if no book names it.
func (s *Service) unwanted(ctx context.Context, key storage.Key, may permission, do func(ctx context.Context, tx bun.Tx, blob *db.Blob) error) (done bool, err error) {
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
		found, err := db.FindBlob(ctx, tx, key.Workspace, hash)
		blob := &found
		switch {
		case fault.Is(err, fault.NotFound):
			blob = nil
		case err != nil || found.CondemnedAt == nil:
			return err
		}
		if ok, err := may(ctx, tx, blob); err != nil || !ok {
			return err
		}
		done = true
		return do(ctx, tx, blob)
	})
	return done && err == nil, err
}
