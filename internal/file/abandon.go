package file

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// abandon removes what uploads sent whose reservation ended unused: nothing is
// in the store that no quota counts. Bytes that were there before the upload
// began are not its own: after a restore the books may only not know them.
func (k *Keeper) abandon(ctx context.Context) (removed int64, err error) {
	now := k.now()
	var failed error
	for after, more := "", true; more; {
		ended, err := db.EndedUploadIntents(ctx, k.db.Read(), after, now.UnixMilli(), now.Add(-Abandoned).UnixMilli(), page)
		if err != nil {
			return removed, err
		}
		for i := range ended {
			after = ended[i].ID
			gone, oneErr := k.abandonOne(ctx, ended[i])
			if gone {
				removed++
			}
			if oneErr == nil {
				continue
			}
			if ctx.Err() != nil || fault.Is(oneErr, fault.Unavailable) {
				return removed, oneErr
			}
			// One that cannot be removed keeps nobody from the others.
			k.o.Log.WarnContext(ctx, "what an upload left behind cannot be removed", "workspace_id", ended[i].WorkspaceID, "hash", ended[i].Hash, "error", oneErr)
			failed = oneErr
		}
		more = len(ended) == page
	}
	return removed, failed
}

// abandonOne removes what one upload sent, and its intent; gone is false when
// its bytes arrive just now.
func (k *Keeper) abandonOne(ctx context.Context, i db.UploadIntent) (gone bool, err error) {
	ref, err := storage.ParseRef(i.Hash)
	if err != nil {
		return false, err
	}
	key := storage.Key{Workspace: i.WorkspaceID, Ref: ref}
	if still, err := k.o.Books.ended(ctx, i.ID); err != nil || !still {
		return false, err
	}
	if err := k.dropPart(ctx, key, i); err != nil {
		if fault.Is(err, fault.Conflict) {
			return false, nil
		}
		return false, err
	}
	blob, err := k.o.Store.Stat(ctx, key)
	if err == nil && !blob.Stored.Before(time.UnixMilli(i.CreatedAt).Truncate(time.Second)) { // some stores know seconds alone
		_, err = k.o.Books.forget(ctx, key, func(_ context.Context, _ bun.Tx, blob *db.Blob) (bool, error) { return blob == nil, nil },
			func(ctx context.Context) error { return k.o.Store.Delete(ctx, key) })
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	return true, k.o.Books.abandonEnded(ctx, key, i.ID)
}

// UnderWay are the uploads of everybody that are open.
func (s *Service) UnderWay(ctx context.Context) ([]db.UploadIntent, error) {
	return db.AllOpenUploadIntents(ctx, s.o.DB.Read(), s.o.Now().UnixMilli())
}

// Unfinished lists the largest open uploads of a workspace and counts all.
func (s *Service) Unfinished(ctx context.Context, workspaceID string, limit int) ([]db.OpenUpload, int64, error) {
	return db.OpenUploadsIn(ctx, s.o.DB.Read(), workspaceID, s.o.Now().UnixMilli(), limit)
}

// UnfinishedOne is an open upload of a workspace. One that has ended, or is
// another workspace's, is NotFound.
func (s *Service) UnfinishedOne(ctx context.Context, workspaceID, id string) (db.UploadIntent, error) {
	i, err := db.UploadIntentByID(ctx, s.o.DB.Read(), id)
	if err == nil && (i.WorkspaceID != workspaceID || i.UsedAt != nil || i.ExpiresAt <= s.o.Now().UnixMilli()) {
		return db.UploadIntent{}, storage.NotFound(nil)
	}
	return i, err
}

// Release gives an open upload up before its time, with what it has sent: its
// person may not go on with it, or somebody needs the room. Its bytes must not be
// arriving.
func (k *Keeper) Release(ctx context.Context, i db.UploadIntent) error {
	books := k.o.Books
	books.tickets.drop(i.ID)
	err := books.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, i.WorkspaceID); err != nil {
			return err
		}
		return db.ShortenUploadIntent(ctx, tx, i.ID, books.o.Now().UnixMilli())
	})
	if err == nil {
		_, err = k.abandonOne(ctx, i)
	}
	return err
}

// dropPart removes what has arrived of an upload without being whole.
func (k *Keeper) dropPart(ctx context.Context, key storage.Key, i db.UploadIntent) error {
	if resumer, ok := storage.As[storage.Resumer](k.o.Store); ok {
		return resumer.Discard(ctx, key, i.ID)
	}
	if presigner, ok := storage.As[storage.Presigner](k.o.Store); ok {
		return presigner.AbandonUpload(ctx, storage.Upload{Key: key, ID: i.ID, Size: i.SizeBytes, MediaType: i.MediaType})
	}
	return nil
}
