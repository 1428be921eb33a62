package file

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// What a check finds wrong with a file's bytes.
const (
	DamageMissing = "missing" // there are none
	DamageSize    = "size"    // too few or too many
	DamageContent = "content" // others

	DamageUnreadable = "unreadable" // they could not be read just then; they are sent all the same if they can be, and looked at again soon
)

// lookAgain is how soon a file that could not be read is looked at again.
const lookAgain = time.Hour

// Checked is what a check has done so far.
type Checked struct {
	Files, Bytes int64
	Damaged      int64
	Mended       int64 // marked before, and right after all
}

// Check reads the bytes of every file that was not looked at for
// KeeperOptions.CheckEvery and holds them against its name, those first for
// whom it is longest ago, no faster than CheckRate. What it finds is noted in
// the books: a damaged file is never sent whole, and the next device that has
// it is asked to send it. It may stop at any moment and goes on where it was.
// If there is anything to look at, it is written down as a run; one at a time
// checks, and another is a Conflict.
func (k *Keeper) Check(ctx context.Context) (Checked, error) {
	before := k.now().Add(-k.o.CheckEvery).UnixMilli()
	files, _, err := db.CountToCheck(ctx, k.db.Read(), k.toCheck(before))
	if err != nil || files == 0 {
		return Checked{}, err
	}
	r, err := k.begin(ctx, db.FileRun{Kind: db.FileScrub, Total: files}, false)
	if err != nil {
		return Checked{}, err
	}
	return k.checking(ctx, r, before)
}

// StartCheck begins to check every file now, whenever it was looked at, and
// gives the run's id; do is called with what is left to do, and returns before
// that is done.
func (k *Keeper) StartCheck(ctx context.Context, actorID string, do func(func())) (id string, err error) {
	before := k.now().UnixMilli()
	files, _, err := db.CountToCheck(ctx, k.db.Read(), k.toCheck(before))
	if err != nil {
		return "", err
	}
	r, err := k.begin(ctx, db.FileRun{Kind: db.FileScrub, ActorID: actorID, Total: files}, false)
	if err != nil {
		return "", err
	}
	do(func() {
		if _, err := k.checking(ctx, r, before); err != nil && ctx.Err() == nil {
			k.o.Log.ErrorContext(ctx, "checking files failed", "error", err)
		}
	})
	return r.row.ID, nil
}

// checking checks as a run and tells of it.
func (k *Keeper) checking(ctx context.Context, r *run, before int64) (done Checked, err error) {
	tell := func() {
		r.tell(ctx, func(row *db.FileRun) {
			row.Looked, row.Bytes, row.Found = done.Files, done.Bytes, done.Damaged
			row.Total = max(row.Total, row.Looked)
		})
	}
	err = k.check(ctx, before, &done, tell)
	tell()
	r.end(ctx, err, false)
	if err == nil {
		k.stats.ends.Store(k.now().UnixMilli())
	}
	return done, err
}

// toCheck is what is due: every file last looked at before a time, and those that
// could not be read sooner.
func (k *Keeper) toCheck(before int64) db.ToCheck {
	return db.ToCheck{Before: before, Again: max(before, k.now().Add(-lookAgain).UnixMilli()), Damage: DamageUnreadable}
}

func (k *Keeper) check(ctx context.Context, before int64, done *Checked, tell func()) error {
	for due := k.toCheck(before); ; {
		list, err := db.BlobsToCheck(ctx, k.db.Read(), due, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := k.checkOne(ctx, &list[i], done); err != nil {
				return err
			}
			tell()
		}
	}
}

// checkOne looks at one file and writes down how it is.
func (k *Keeper) checkOne(ctx context.Context, b *db.Blob, done *Checked) error {
	damage, read, err := k.damageOf(ctx, b)
	if err != nil {
		return err
	}
	done.Files++
	done.Bytes += read
	k.stats.checked.Add(1)
	k.stats.checkedBytes.Add(read)
	now, marked := k.now().UnixMilli(), false
	err = k.db.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if damage == "" {
			return db.MarkBlobChecked(ctx, tx, *b, now)
		}
		marked, err = db.MarkBlobFound(ctx, tx, *b, damage, now)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case marked:
		done.Damaged++
		if b.DamagedAt == nil {
			k.stats.damaged.Add(1)
			k.o.Log.ErrorContext(ctx, "a file is damaged; put it there again from a device that has it", "workspace_id", b.WorkspaceID, "hash", b.Hash, "damage", damage)
			Failed.Fire(ctx, k.o.Bus, ErrorEvent{WorkspaceID: b.WorkspaceID, Hash: b.Hash, Doing: "check", Code: "damaged", Error: damage, At: k.now()})
		}
	case damage == "" && b.DamagedAt != nil && b.CondemnedAt == nil:
		done.Mended++
		k.stats.mended.Add(1)
	}
	return nil
}

// damageOf reads a file's bytes; "" is right.
func (k *Keeper) damageOf(ctx context.Context, b *db.Blob) (damage string, read int64, err error) {
	ref, err := storage.ParseRef(b.Hash)
	if err != nil {
		return "", 0, err
	}
	key := storage.Key{Workspace: b.WorkspaceID, Ref: ref}
	found, err := k.o.Store.Stat(ctx, key)
	switch {
	case fault.Is(err, fault.NotFound):
		return DamageMissing, 0, nil
	case err != nil:
		damage, err = k.unreadable(ctx, b, err)
		return damage, 0, err
	case found.Size != b.SizeBytes:
		return DamageSize, 0, nil
	}
	paced := &paced{Opener: k.o.Store, k: k}
	err = storage.Verify(ctx, paced, key)
	switch {
	case err == nil:
		return "", paced.read, nil
	case errors.Is(err, storage.ErrDamaged):
		return DamageContent, paced.read, nil
	case fault.Is(err, fault.NotFound): // gone between the two
		return DamageMissing, paced.read, nil
	}
	damage, err = k.unreadable(ctx, b, err)
	return damage, paced.read, err
}

// unreadable tells a file that cannot be read from a store that cannot: a disk
// says of a bad sector, or of a directory that it may not enter, in its own
// words. One such file keeps nobody from the others.
func (k *Keeper) unreadable(ctx context.Context, b *db.Blob, err error) (damage string, _ error) {
	if ctx.Err() != nil || fault.Is(err, fault.Unavailable) {
		return "", err
	}
	if prober, ok := storage.As[storage.Prober](k.o.Store); ok {
		if down := prober.Probe(ctx); down != nil && !fault.Is(down, fault.DiskFull) {
			return "", errors.Join(down, err)
		}
	}
	k.o.Log.WarnContext(ctx, "a file cannot be read", "workspace_id", b.WorkspaceID, "hash", b.Hash, "error", err)
	return DamageUnreadable, nil
}

// checkAgain looks at one file out of turn.
func (k *Keeper) checkAgain(ctx context.Context, key storage.Key) error {
	b, err := db.FindBlob(ctx, k.db.Read(), key.Workspace, key.Ref.String())
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil {
		err = k.checkOne(ctx, &b, &Checked{})
	}
	return err
}

// paced reads no faster than the keeper may.
type paced struct {
	storage.Opener
	k    *Keeper
	read int64
}

// Open implements storage.Opener.
func (p *paced) Open(ctx context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	content, err := p.Opener.Open(ctx, key, span)
	if err == nil {
		content.Body = &pacedBody{ReadCloser: content.Body, ctx: ctx, p: p}
	}
	return content, err
}

type pacedBody struct {
	io.ReadCloser
	ctx context.Context
	p   *paced
	due int64 // bytes that were read and not waited for
}

// pause is what is waited for at once: a tenth of a second of reading.
const pauses = 10

// Read implements io.Reader. It waits for as long as what was read should have
// taken.
func (b *pacedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.p.read += int64(n)
	rate := b.p.k.o.CheckRate
	if rate <= 0 {
		return n, err
	}
	if b.due += int64(n); b.due >= rate/pauses {
		if waited := b.p.k.o.Wait(b.ctx, time.Duration(float64(b.due)/float64(rate)*float64(time.Second))); waited != nil {
			return n, waited
		}
		b.due = 0
	}
	return n, err
}
