package file

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
)

// mark takes the collector's mark from files that are named again, and puts it
// on those that no longer are.
func (c *collecting) mark(ctx context.Context) error {
	now := c.k.now().UnixMilli()
	for _, one := range c.all {
		switch {
		case one.stray:
		case one.named && one.blob.CondemnedAt != nil:
			if err := c.unmark(ctx, one); err != nil {
				return err
			}
		case !one.named && one.mayMark(now):
			one.blob.CondemnedAt, one.fresh = &now, true
			if c.req.Dry {
				continue
			}
			if err := c.condemn(ctx, one, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// condemn marks a file, unless a device has wanted it since the books were read.
func (c *collecting) condemn(ctx context.Context, one *candidate, now int64) error {
	return c.k.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, one.key.Workspace); err != nil {
			return err
		}
		return db.CondemnUnwanted(ctx, tx, one.key.Workspace, one.key.Ref.String(), one.blob.WantedAt, now)
	})
}

// unmark keeps a file that is named after all.
func (c *collecting) unmark(ctx context.Context, one *candidate) error {
	if c.req.Dry {
		return nil
	}
	err := c.k.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, one.key.Workspace); err != nil {
			return err
		}
		return db.UnmarkBlob(ctx, tx, one.key.Workspace, one.key.Ref.String())
	})
	if err != nil || one.blob.DamagedAt == nil {
		return err
	}
	// A deletion that broke off marks what is right after all.
	if err := c.k.checkAgain(ctx, one.key); err != nil {
		c.k.o.Log.WarnContext(ctx, "a file that is kept could not be checked", "workspace_id", one.key.Workspace, "hash", one.key.Ref.String(), "error", err)
	}
	return ctx.Err()
}

// due gives the files that go, those unnamed longest first, and counts those
// that wait.
func (c *collecting) due() []*candidate {
	now := c.k.now()
	// The same while that strays get: rows that name a file may be on devices alone.
	c.done.Held = c.restored > now.Add(-max(strayFor, c.k.o.Retention)).UnixMilli()
	var gone []*candidate
	for _, one := range c.all {
		if one.stays() || one.blob.CondemnedAt == nil {
			continue
		}
		kept := c.req.Retention
		switch {
		case one.stray:
			kept = one.kept
		case c.req.Early && !c.done.Held:
			kept = 0
		}
		if since, ok := one.since(); ok && since <= now.Add(-kept).UnixMilli() {
			gone = append(gone, one)
			continue
		}
		if one.stray {
			continue
		}
		if one.fresh {
			c.done.Marked++
		}
		c.done.Waiting++
		c.done.WaitingBytes += one.blob.SizeBytes
	}
	slices.SortStableFunc(gone, func(a, b *candidate) int {
		x, _ := a.since()
		y, _ := b.since()
		return cmp.Compare(x, y)
	})
	return gone
}

// list fills in what a dry run would do.
func (c *collecting) list(gone []*candidate) {
	for _, one := range gone {
		c.done.Deleted++
		c.done.Freed += one.blob.SizeBytes
		if len(c.done.Files) == listed {
			continue
		}
		since, _ := one.since()
		c.done.Files = append(c.done.Files, Gone{Hash: one.key.Ref.String(), MediaType: one.blob.MediaType, Size: one.blob.SizeBytes,
			Since: time.UnixMilli(since), Stray: one.stray})
	}
}
