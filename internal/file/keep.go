package file

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Small files whose bytes are all here need no ticket: nothing is reserved for
// them, and their room is looked for when they are written into the books, in the
// transaction that has their workspace locked. Two rows less are written and
// changed for each of them.

// Unreserved tells which of several files of one workspace can be stored and kept
// (KeepAll) without a reservation: the workspace may have them and has not, nobody
// has begun to send them, and there is room for all of them. Of the others
// ReserveAll tells what is to become of them. intents are what the uploads are
// known by.
func (s *Service) Unreserved(ctx context.Context, list []Upload) (intents []string, err error) {
	intents = make([]string, len(list))
	hashes := make([]string, len(list))
	for i := range list {
		hashes[i] = list[i].Key.Ref.String()
	}
	if len(list) == 0 {
		return intents, nil
	}
	known, err := s.o.DB.KnownFiles(ctx, list[0].Key.Workspace, hashes)
	if err != nil {
		return intents, err
	}
	var new []int
	bytes := int64(0)
	for i := range list {
		if !known[hashes[i]] && s.check(list[i]) == nil {
			new, bytes = append(new, i), bytes+list[i].Size
		}
	}
	usage, err := s.Usage(ctx, list[0].Key.Workspace)
	if err != nil || usage.Quota >= 0 && usage.Used+usage.Reserved+bytes > usage.Quota {
		return intents, err
	}
	for _, i := range new {
		if intents[i], err = newID(); err != nil {
			return intents, err
		}
	}
	return intents, nil
}

// KeepAll is CommitAll for several uploads to one workspace that nothing was
// reserved for. there finds the bytes of one in the store. It is asked while
// nobody can forget files of the workspace: what it finds then is not what a
// collector is about to delete. What it does not find is NotFound, and can be
// stored and kept again.
func (s *Service) KeepAll(ctx context.Context, list []Upload, there func(context.Context, storage.Key) (storage.Blob, error)) []error {
	errs := make([]error, len(list))
	if len(list) == 0 {
		return errs
	}
	workspace := list[0].Key.Workspace
	err := s.o.DB.WriteSoon(ctx, func(ctx context.Context, tx bun.Tx) error {
		clear(errs) // also when PostgreSQL runs this again
		usage, err := db.LockStorageUsage(ctx, tx, workspace)
		if err != nil {
			return err
		}
		s.find(ctx, list, errs, there)
		now := s.o.Now().UnixMilli()
		left := room{quota: s.quota(usage), used: usage.UsedBytes}
		if left.quota >= 0 {
			if left.most, err = db.ReservedBytes(ctx, tx, workspace, now); err != nil {
				return err
			}
		}
		var new []Upload
		for _, i := range indexes(errs) {
			if errs[i], err = fits(ctx, tx, &left, list[i]); err != nil {
				return err
			}
			if errs[i] == nil {
				new = append(new, list[i])
			}
		}
		return s.insert(ctx, tx, workspace, new, now)
	})
	for i := range errs {
		errs[i] = cmp.Or(err, errs[i])
	}
	return errs
}

// findTime is how long the store may take to find the bytes of one request. A disk
// looks at no context: it is asked for no more files then.
const findTime = time.Second

// find makes sure that the bytes of uploads are in the store.
func (s *Service) find(ctx context.Context, list []Upload, errs []error, there func(context.Context, storage.Key) (storage.Blob, error)) {
	ctx, stop := context.WithTimeout(ctx, findTime)
	defer stop()
	for i := range list {
		if errs[i] = ctx.Err(); errs[i] != nil {
			continue
		}
		blob, err := there(ctx, list[i].Key)
		if err == nil && blob.Size != list[i].Size {
			err = storage.WrongHash(list[i].Key.Ref)
		}
		errs[i] = err
	}
}

// fits says whether there is room for a file in the books, and takes it. One that
// somebody has just put there needs none.
func fits(ctx context.Context, tx bun.Tx, left *room, u Upload) (refused, err error) {
	free := left.quota - left.used - left.most
	if left.quota < 0 || u.Size <= free {
		left.used += u.Size
		return nil, nil
	}
	_, err = db.FindBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String())
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return noRoom(u.Size, free), nil
}
