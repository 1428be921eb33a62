package file

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Reserve makes room for an upload, for storage.UploadTTL; once bytes of it may
// be in the store, for as long as they are (see Arriving). Uploads under way count against the quota, all of them together: what is reserved fits. A file
// that the workspace has needs no room and no upload; that another workspace has
// it changes nothing.
//
// A ticket is answered before it is on the disk: after a power cut within that
// moment it is unknown, and whoever has it asks for another. That a file is there
// is on the disk when it is answered.
func (s *Service) Reserve(ctx context.Context, u Upload) (Reservation, error) {
	all, errs := s.ReserveAll(ctx, []Upload{u})
	return all[0], errs[0]
}

// ReserveAll is Reserve for several files of one workspace in one transaction.
// What is wrong with one of them is nothing to the others.
func (s *Service) ReserveAll(ctx context.Context, list []Upload) ([]Reservation, []error) {
	all, errs, ids := make([]Reservation, len(list)), make([]error, len(list)), make([]string, len(list))
	for i := range list {
		if errs[i] = s.check(list[i]); errs[i] == nil {
			ids[i], errs[i] = newID()
		}
	}
	possible := indexes(errs)
	if len(possible) == 0 {
		return all, errs
	}
	var refused []error
	err := s.o.DB.WriteSoon(ctx, func(ctx context.Context, tx bun.Tx) error {
		refused = make([]error, len(list)) // also when PostgreSQL runs this again
		usage, err := db.LockStorageUsage(ctx, tx, list[0].Key.Workspace)
		if err != nil {
			return err
		}
		left := &room{quota: s.quota(usage), used: usage.UsedBytes, most: -1}
		for _, i := range possible {
			all[i], err = s.reserveOne(ctx, tx, left, list[i], ids[i])
			if ofFile(err) {
				refused[i], err = err, nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	stored := false
	for _, i := range possible {
		errs[i] = cmp.Or(err, refused[i])
		switch {
		case errs[i] != nil:
		case all[i].Stored:
			stored = true
		case !all[i].Interrupted:
			s.tickets.add(all[i].Intent, list[i], all[i].Expires)
		}
	}
	if stored {
		err = s.Settle(ctx)
	}
	for i := range all {
		if all[i].Stored && errs[i] == nil {
			errs[i] = err
		}
		if errs[i] != nil {
			all[i] = Reservation{}
		}
	}
	return all, errs
}

// indexes are those of what has not failed.
func indexes(errs []error) (of []int) {
	for i, err := range errs {
		if err == nil {
			of = append(of, i)
		}
	}
	return of
}

// ofFile reports whether an error is about one file, and not about the database.
func ofFile(err error) bool {
	switch fault.KindOf(err) {
	case fault.QuotaExceeded, fault.RateLimited, fault.Invalid:
		return true
	}
	return false
}

// reserveOne reserves for one file in a transaction that has its workspace locked.
func (s *Service) reserveOne(ctx context.Context, tx bun.Tx, left *room, u Upload, id string) (Reservation, error) {
	stored, err := s.stored(ctx, tx, u)
	if err != nil || stored {
		return Reservation{Stored: stored}, err
	}
	now := s.o.Now()
	intent := u.intent()
	if u.Ask {
		if interrupted, err := db.AnyUnusedUploadIntent(ctx, tx, intent); err != nil || interrupted {
			return Reservation{Interrupted: interrupted}, err
		}
	}
	intent.ID, intent.CreatedAt, intent.ExpiresAt = id, now.UnixMilli(), now.Add(s.reserved(u)).UnixMilli()
	resume := u.Resume
	if resume == "" && !u.Ask { // of those it was just asked whether there are any
		if resume, err = begun(ctx, tx, intent, u.Others); err != nil {
			return Reservation{}, err
		}
	}
	err = s.reserve(ctx, tx, left, &intent, resume)
	return Reservation{Intent: intent.ID, Expires: time.UnixMilli(intent.ExpiresAt)}, err
}

// Settle returns when everything that was written before is on the disk.
func (s *Service) Settle(ctx context.Context) error { return s.o.DB.Flush(ctx) }

// mostOpen is how many open intents a person has for one file: two devices may
// send it at once, and a third goes on with what one of them sends.
const mostOpen = 2

// begun finds an open intent of the upload that is handed out again, "" if there
// is none or another one may be made beside those that others use.
func begun(ctx context.Context, tx bun.Tx, like db.UploadIntent, others []string) (string, error) {
	open, err := db.OpenUploadIntents(ctx, tx, like, like.CreatedAt)
	if err != nil {
		return "", err
	}
	for i := range open {
		if !slices.Contains(others, open[i].ID) {
			return open[i].ID, nil
		}
	}
	if len(open) < mostOpen {
		return "", nil
	}
	return open[0].ID, nil
}

// reserved is how long a ticket reserves room.
func (s *Service) reserved(u Upload) time.Duration {
	if s.o.Unseen || u.Here {
		return Abandoned
	}
	return storage.UploadTTL
}

// Arriving is Open for bytes that begin to arrive here, by a time at the latest.
// From now on they may be kept without being a file: their room stays reserved,
// and they can be committed, until they are swept. Bytes of a file that somebody
// has committed meanwhile are not taken.
func (s *Service) Arriving(ctx context.Context, intent string, u Upload, until time.Time) error {
	if err := s.Open(ctx, intent, u); err != nil {
		return err
	}
	return s.o.DB.WriteSoon(ctx, func(ctx context.Context, tx bun.Tx) error {
		if stored, err := s.stored(ctx, tx, u); err != nil || stored {
			return errors.Join(err, used())
		}
		now, end := s.o.Now(), until.Add(storage.UploadTTL)
		if kept := now.Add(Abandoned); kept.After(end) {
			end = kept
		}
		open, err := db.ExtendUploadIntent(ctx, tx, intent, now.UnixMilli(), end.UnixMilli())
		if err == nil && !open {
			err = used()
		}
		return err
	})
}

// Nothing notes that of an upload nothing is in the store any more: its room is
// reserved as after a new ticket.
func (s *Service) Nothing(ctx context.Context, intent string) error {
	s.tickets.drop(intent)
	return s.o.DB.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.ShortenUploadIntent(ctx, tx, intent, s.o.Now().Add(storage.UploadTTL).UnixMilli())
	})
}

// stored reports whether the workspace has the file, and notes that somebody
// wants it: one that the collector has marked is kept after all. One that is
// damaged has to come again.
func (s *Service) stored(ctx context.Context, tx bun.Tx, u Upload) (bool, error) {
	blob, err := db.FindBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String())
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || blob.DamagedAt != nil {
		return false, err
	}
	if blob.SizeBytes != u.Size {
		return false, fault.Field("size_bytes", "The file of this hash has another size. Hash it again.")
	}
	err = db.ReviveBlob(ctx, tx, u.Key.Workspace, u.Key.Ref.String(), s.o.Now().UnixMilli())
	return err == nil, err
}

// room is what a transaction that has a workspace locked knows of its room.
type room struct {
	quota, used int64
	most        int64 // what is reserved is not more; negative: nobody has asked yet
}

// reserve writes the intent, or renews the one that is to go on, and refuses it
// if the workspace's files and what is reserved are then too much together.
func (s *Service) reserve(ctx context.Context, tx bun.Tx, left *room, intent *db.UploadIntent, resume string) (err error) {
	if left.quota < 0 { // nothing to add up
		return write(ctx, tx, intent, resume)
	}
	if left.most < 0 {
		if left.most, err = db.MostReservedBytes(ctx, tx, intent.WorkspaceID, intent.CreatedAt); err != nil {
			return err
		}
	}
	if left.most <= (left.quota-left.used)/2-intent.SizeBytes { // it fits, whosever the others are
		err = write(ctx, tx, intent, resume)
	} else {
		err = db.Part(ctx, tx, func() error { return reserveLast(ctx, tx, left, intent, resume) })
	}
	if err == nil {
		left.most += intent.SizeBytes
	}
	return err
}

// reserveLast is reserve where there is so little room that it has to be added up
// exactly. What it wrote is to be taken back when it fails.
func reserveLast(ctx context.Context, tx bun.Tx, left *room, intent *db.UploadIntent, resume string) error {
	before, err := db.ReservedBytes(ctx, tx, intent.WorkspaceID, intent.CreatedAt)
	if err != nil {
		return err
	}
	mine, err := db.ReservedBytesOf(ctx, tx, intent.WorkspaceID, intent.UserID, intent.CreatedAt)
	if err != nil {
		return err
	}
	if err := write(ctx, tx, intent, resume); err != nil {
		return err
	}
	after, err := db.ReservedBytes(ctx, tx, intent.WorkspaceID, intent.CreatedAt)
	if err != nil {
		return err
	}
	free := left.quota - left.used
	if after > before && after > free {
		return noRoom(intent.SizeBytes, free-before)
	}
	return share(ctx, tx, intent, mine, free)
}

func noRoom(size, free int64) error {
	return fault.Newf(fault.QuotaExceeded, "The file has %s, and the workspace has room for %s. "+MakeRoom, fault.Size(size), fault.Size(max(0, free)))
}

// MakeRoom is what to do where a file finds no room: deleting alone does not make
// any before the retention is over, or an owner has not waited for it.
const MakeRoom = "Delete files for ever, then have an owner collect them under Admin, Storage, or ask for more room."

// share refuses for a while what would reserve more than half of the room that is
// left for one person, where there are others: nobody holds all of it with files
// they have begun. One file may have all there is. mine is what the person had
// reserved before.
func share(ctx context.Context, tx bun.Tx, intent *db.UploadIntent, mine, left int64) error {
	after, err := db.ReservedBytesOf(ctx, tx, intent.WorkspaceID, intent.UserID, intent.CreatedAt)
	if err != nil || after <= max(mine, left/2, intent.SizeBytes) {
		return err
	}
	others, err := db.OthersIn(ctx, tx, intent.WorkspaceID, intent.UserID)
	if err != nil || !others {
		return err
	}
	return &fault.Error{Kind: fault.RateLimited, Retry: shareWait,
		Message: "Your unfinished uploads hold half of the room that is left in this workspace. This file can come when one of them has ended."}
}

// shareWait is when whoever has reserved their share asks again.
const shareWait = 15 * time.Second

// write writes the intent, or renews the one that is to go on.
func write(ctx context.Context, tx bun.Tx, intent *db.UploadIntent, resume string) error {
	if resume != "" {
		if renewed, err := db.RenewUploadIntent(ctx, tx, resume, intent.ExpiresAt); err != nil || renewed {
			intent.ID = resume
			return err
		}
	}
	return db.InsertUploadIntent(ctx, tx, intent)
}

// intent is what an upload is written down as, without its id and its times.
func (u Upload) intent() db.UploadIntent {
	return db.UploadIntent{WorkspaceID: u.Key.Workspace, UserID: u.UserID, Hash: u.Key.Ref.String(), SizeBytes: u.Size, MediaType: u.MediaType, Name: u.Name}
}

// interrupted is how many uploads of one file by one person are looked at to
// find the one that can go on.
const interrupted = 8

// Superseded are the other open intents of files of a workspace that were just
// committed.
func (s *Service) Superseded(ctx context.Context, keys ...storage.Key) ([]db.UploadIntent, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	now, hashes := s.o.Now().UnixMilli(), make([]string, len(keys))
	for i := range keys {
		hashes[i] = keys[i].Ref.String()
	}
	// It is asked at each commit, and there is hardly ever one.
	if any, err := s.o.DB.UploadsOpen(ctx, keys[0].Workspace, hashes, now); err != nil || !any {
		return nil, err
	}
	return db.OtherUploadIntents(ctx, s.o.DB.Read(), keys[0].Workspace, hashes, now)
}

// Interrupted are the unused intents of an upload, the newest first: of one of
// them bytes may be there, so that it can go on as Upload.Resume, also when it
// has expired meanwhile.
func (s *Service) Interrupted(ctx context.Context, u Upload) ([]string, error) {
	found, err := db.UnusedUploadIntents(ctx, s.o.DB.Read(), u.intent(), interrupted)
	return idsOf(found), err
}

func idsOf(found []db.UploadIntent) []string {
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	return ids
}

// Abandon gives uploads of a workspace up: their intents reserve nothing any more,
// and cannot be used. Those that were committed stay.
func (s *Service) Abandon(ctx context.Context, workspaceID string, intents ...string) error {
	if len(intents) == 0 {
		return nil
	}
	for _, intent := range intents {
		s.tickets.drop(intent)
	}
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, workspaceID); err != nil {
			return err
		}
		for _, intent := range intents {
			if err := db.DropUploadIntent(ctx, tx, intent); err != nil {
				return err
			}
		}
		return nil
	})
}

// ended tells whether an intent still waits for nothing any more: its device may
// have renewed it, or used it.
func (s *Service) ended(ctx context.Context, intent string) (bool, error) {
	found, err := db.UploadIntentByID(ctx, s.o.DB.Read(), intent)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && found.UsedAt == nil && found.ExpiresAt <= s.o.Now().UnixMilli(), err
}

// abandonEnded gives an upload up whose time is over; one that was renewed
// meanwhile stays.
func (s *Service) abandonEnded(ctx context.Context, key storage.Key, intent string) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, key.Workspace); err != nil {
			return err
		}
		return db.DropEndedUploadIntent(ctx, tx, intent, s.o.Now().UnixMilli())
	})
}

// Open makes sure that an intent is this upload's, unused and in time: before
// bytes are taken for it. An intent that was used is a Conflict; one that is
// somebody else's, for something else, expired or unknown is NotFound, all in
// the same words.
func (s *Service) Open(ctx context.Context, intent string, u Upload) error {
	if s.tickets.has(intent, u, s.o.Now()) {
		return nil
	}
	found, err := db.UploadIntentByID(ctx, s.o.DB.Read(), intent)
	switch {
	case err != nil:
		return err
	case found.WorkspaceID != u.Key.Workspace, found.UserID != u.UserID, found.Hash != u.Key.Ref.String(), found.SizeBytes != u.Size, found.MediaType != u.MediaType:
		return storage.NotFound(nil)
	case found.UsedAt != nil:
		return used()
	case found.ExpiresAt <= s.o.Now().UnixMilli():
		return storage.NotFound(nil)
	}
	return nil
}

func used() error {
	return fault.New(fault.Conflict, "This upload was committed already, or took too long. Ask for a new one to send the file again.")
}
