package cli

import (
	"context"
	"fmt"
	"time"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/server"
	"or3.cloud/or3/storage"
)

// listTime is how long listing all files may take.
const listTime = 10 * time.Minute

// presentFiles holds the books against what the store lists: a file that is
// missing or cut off is found without reading any.
func presentFiles(ctx context.Context, c config.Config, d *db.DB, now func() time.Time) finding {
	const check = "files"
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	lost, all, err := lostFiles(ctx, c, d, now)
	if err != nil {
		return wrong(check, "they cannot be listed: "+err.Error(), "")
	}
	if len(lost) == 0 {
		return well(check, fmt.Sprintf("%d, all there in their size", all))
	}
	text := fmt.Sprintf("%d of %d:", len(lost), all)
	for i, l := range lost {
		if i == damagedNamed {
			text += fmt.Sprintf(" and %d more", len(lost)-damagedNamed)
			break
		}
		text += " " + l + ";"
	}
	return wrong(check, text, "attach each again on a device that has it, or restore them from a backup; many at once mean a dying or a wrong disk (storage.fs_root)")
}

func lostFiles(ctx context.Context, c config.Config, d *db.DB, now func() time.Time) (lost []string, all int, err error) {
	store, err := server.OpenStore(ctx, c, now)
	if err != nil {
		return nil, 0, err
	}
	kept, err := db.AnyBlob(ctx, d.Read(), c.Storage.Provider)
	if err == nil {
		err = server.BeginFiles(store, kept) // where no server has run yet
	}
	if err != nil {
		return nil, 0, err
	}
	sizes := map[storage.Key]int64{}
	for b, err := range store.Enumerate(ctx, "") {
		if err != nil {
			return nil, 0, err
		}
		sizes[b.Key] = b.Size
	}
	workspaces, err := db.AllWorkspaceIDs(ctx, d.Read())
	if err != nil {
		return nil, 0, err
	}
	const page = 500
	for _, id := range workspaces {
		for after, more := "", true; more; {
			list, err := db.BlobsAfter(ctx, d.Read(), id, after, page)
			if err != nil {
				return nil, 0, err
			}
			for i := range list {
				b := &list[i]
				after = b.Hash
				all++
				why, err := lostWhy(ctx, store, d, b, sizes)
				if err != nil {
					return nil, 0, err
				}
				if why != "" {
					lost = append(lost, b.Hash+" of workspace "+id+" is "+why)
				}
			}
			more = len(list) == page
		}
	}
	return lost, all, nil
}

// lostWhy tells what is wrong with a file; "" is nothing. One that was not
// listed may have come since, or gone from the books: both are asked again.
func lostWhy(ctx context.Context, store storage.Store, d *db.DB, b *db.Blob, sizes map[storage.Key]int64) (string, error) {
	ref, err := storage.ParseRef(b.Hash)
	if err != nil {
		return "named by no hash", nil //nolint:nilerr // that is the finding
	}
	key := storage.Key{Workspace: b.WorkspaceID, Ref: ref}
	if size, ok := sizes[key]; ok && size == b.SizeBytes {
		return "", nil
	}
	found, err := store.Stat(ctx, key)
	missing := fault.Is(err, fault.NotFound)
	switch {
	case err != nil && !missing:
		return "", err
	case !missing && found.Size == b.SizeBytes:
		return "", nil
	}
	if _, err := db.FindBlob(ctx, d.Read(), b.WorkspaceID, b.Hash); err != nil {
		if fault.Is(err, fault.NotFound) {
			return "", nil // it has just been collected
		}
		return "", err
	}
	if missing {
		return "missing", nil
	}
	return fmt.Sprintf("%d bytes instead of %d", found.Size, b.SizeBytes), nil
}
