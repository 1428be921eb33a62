package file

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// sweep deletes what is due, a few files at a time under the lease, so that
// others come in between.
func (c *collecting) sweep(ctx context.Context, gone []*candidate) (err error) {
	total := c.swept + int64(len(gone))
	c.swept = total
	for len(gone) > 0 {
		c.tell(total-int64(len(gone)), total)
		n := min(batch, len(gone))
		if err := c.sweepSome(ctx, gone[:n]); err != nil {
			return err
		}
		gone = gone[n:]
	}
	c.tell(total, total)
	return nil
}

func (c *collecting) sweepSome(ctx context.Context, gone []*candidate) (err error) {
	patience := backupPatience
	if c.req.ActorID != "" {
		patience = leasePatience
	}
	waiting, stop := context.WithTimeout(ctx, patience)
	c.lease, err = HoldDeletions(waiting, c.k.db, c.k.o.Wait)
	stop()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.lease.Drop(ctx)) }()
	if err := c.catchUp(ctx); err != nil {
		return err
	}
	for _, one := range gone {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.remove(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// catchUp looks at what was written since the rows were read, and moves the
// fence there.
func (c *collecting) catchUp(ctx context.Context) error {
	head, floor, err := db.SyncHeadOf(ctx, c.k.db.Read(), c.req.WorkspaceID)
	if err != nil {
		return err
	}
	if floor > c.fence || head < c.fence { // what was written in between cannot be read any more
		return errMoved
	}
	for c.fence < head {
		rows, more, err := db.FileChangesAfter(ctx, c.k.db.Read(), c.req.WorkspaceID, c.fence, head, page)
		if err != nil {
			return err
		}
		for i := range rows {
			c.see(&rows[i])
			c.fence = rows[i].Version
		}
		if !more {
			c.fence = head
		}
	}
	return nil
}

var errMoved = fault.New(fault.Conflict, "The workspace's log moved on while its files were looked at. Collect again.")

// remove deletes one file, unless something names it meanwhile or a device
// wants it.
func (c *collecting) remove(ctx context.Context, one *candidate) error {
	if one.stays() {
		return c.unmark(ctx, one)
	}
	if c.k.removing != nil {
		c.k.removing(one.key)
	}
	begun := false
	gone, err := c.k.o.Books.forget(ctx, one.key, func(ctx context.Context, tx bun.Tx, blob *db.Blob) (bool, error) {
		if err := c.lease.Check(ctx, tx); err != nil {
			return false, err
		}
		if one.stray || blob == nil { // one that is gone is another collector's
			return one.stray && blob == nil, nil
		}
		if blob.WantedAt != one.blob.WantedAt {
			return false, nil // a device came since it was looked at
		}
		named, err := db.NamedSince(ctx, tx, one.key.Workspace, c.fence, one.key.Ref.Hex())
		one.named = one.named || named
		begun = begun || err == nil && !named
		return !named, err
	}, func(ctx context.Context) error { return c.k.o.Store.Delete(ctx, one.key) })
	switch {
	case err != nil:
		return err
	case gone:
		c.done.Deleted++
		c.done.Freed += one.blob.SizeBytes
		FileDeleted.Fire(ctx, c.k.o.Bus, Event{WorkspaceID: one.key.Workspace, Hash: one.key.Ref.String(), SizeBytes: one.blob.SizeBytes,
			MediaType: one.blob.MediaType, UserID: c.req.ActorID, At: c.k.now()})
	case one.named:
		if err := c.unmark(ctx, one); err != nil {
			return err
		}
	}
	if !gone && begun { // it was marked as damaged, and is not
		return c.k.checkAgain(ctx, one.key)
	}
	return nil
}

// SweepUploads removes what interrupted uploads left behind and will not go
// on, and their intents.
func (k *Keeper) SweepUploads(ctx context.Context) (int64, error) {
	removed, err := k.abandon(ctx)
	tidied, tidyErr := k.o.Books.Tidy(ctx)
	removed += tidied
	var sweepErr error
	if sweeper, ok := storage.As[storage.Sweeper](k.o.Store); ok {
		n, err := sweeper.Sweep(ctx, k.now().Add(-Abandoned))
		removed, sweepErr = removed+int64(n), err
	}
	k.stats.swept.Add(removed)
	return removed, errors.Join(err, tidyErr, sweepErr)
}
