// Package file keeps the books of workspaces' files: what may be uploaded, what
// is there, and how much of its quota a workspace uses. The bytes themselves
// are a storage.Store's; who may do something is asked before.
package file

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Options are what a Service is made from.
type Options struct {
	DB       *db.DB
	Now      func() time.Time // nil means time.Now
	Provider string           // which store keeps the bytes: disk, s3
	// Quota is what a workspace may keep, in bytes, unless it has one of its own;
	// negative is no bound.
	Quota int64
	// Largest is the size of the largest file, in bytes; 0 is no bound.
	Largest int64
	// Unseen means that the bytes of uploads go to the store past this server: what
	// was reserved may be there until it is swept, so that long it counts.
	Unseen bool
	// Allowed says which media types are taken; nil takes all.
	Allowed func(mediaType string) bool
}

// Service is everything one can do with the books. It is safe for concurrent
// use, also by several processes on one PostgreSQL.
type Service struct {
	o       Options
	tickets tickets
	commits turns // by intent
}

// New makes a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{o: o}
}

// Upload is a file that a person wants to put into a workspace.
type Upload struct {
	UserID    string
	Key       storage.Key
	Size      int64
	MediaType string
	// Name is what the person calls the file, for who looks at unfinished uploads.
	Name string
	// Resume is an intent of the same upload to go on with (see Interrupted); ""
	// begins anew.
	Resume string
	// Ask means that an interrupted upload of the file, if there is one, is to be
	// told of instead of beginning a new one.
	Ask bool
	// Others are intents of the same upload that another device of this person
	// sends just now. They are handed out again only where there may be no more.
	Others []string
	// Here means that all of its bytes are with this server and about to be stored:
	// what Arriving does for others.
	Here bool
	// Derived is a file that the server has made of another one, such as a
	// preview: its type need not be one that people may send.
	Derived bool
}

// Reservation is the answer to an Upload.
type Reservation struct {
	// Stored means that the workspace has the file: nothing is to be sent.
	Stored bool
	// Interrupted means that nothing was reserved: see Upload.Ask.
	Interrupted bool
	// Intent is what the upload is known by, and works once, until Expires.
	Intent  string
	Expires time.Time
}

// Usage is how much of its quota a workspace uses.
type Usage struct {
	Used     int64
	Reserved int64 // by uploads under way
	Quota    int64 // negative: no bound
	Own      bool  // the quota is the workspace's, not the deployment's
}

func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// check refuses what no workspace takes.
func (s *Service) check(u Upload) error {
	if err := (storage.Incoming{Key: u.Key, Size: u.Size}).Check(); err != nil {
		return err
	}
	if s.o.Largest > 0 && u.Size > s.o.Largest {
		return fault.Newf(fault.Oversized, "The file has %s, and a file may have %s at most. Make it smaller, or ask who runs the server for more.", fault.Size(u.Size), fault.Size(s.o.Largest))
	}
	if s.o.Allowed != nil && !u.Derived && !s.o.Allowed(u.MediaType) {
		return fault.Newf(fault.Unsupported, "Files of the type %s are not taken here. Send it in another format.", u.MediaType)
	}
	return nil
}

// quota is what a workspace may keep.
func (s *Service) quota(u db.StorageUsage) int64 {
	if u.QuotaBytes != nil {
		return *u.QuotaBytes
	}
	return s.o.Quota
}

// Usage tells how much of its quota a workspace uses.
func (s *Service) Usage(ctx context.Context, workspaceID string) (Usage, error) {
	kept, reserved, err := s.o.DB.ReadStorageUsage(ctx, workspaceID, s.o.Now().UnixMilli())
	if err != nil {
		return Usage{}, err
	}
	return Usage{Used: kept.UsedBytes, Reserved: reserved, Quota: s.quota(kept), Own: kept.QuotaBytes != nil}, nil
}

// SetQuota gives a workspace a quota of its own, in bytes; negative is no
// bound, nil the deployment's quota again. What is there already stays.
func (s *Service) SetQuota(ctx context.Context, workspaceID string, bytes *int64) error {
	return s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.LockStorageUsage(ctx, tx, workspaceID); err != nil {
			return err
		}
		return db.SetStorageQuota(ctx, tx, workspaceID, bytes)
	})
}
