// Package workspace keeps workspaces, their members, invites and restrictions.
//
// The right to act is checked twice: by policies.Gate before a service is
// called, and here once more inside the transaction, under the workspace's
// lock, so that someone who is demoted or removed at this moment cannot still
// act. Every act writes its audit entry in its own transaction and fires its
// hook after the commit; an act refused here is recorded too.
package workspace

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// Options are what a Service is made from.
type Options struct {
	DB    *db.DB
	Bus   *hook.Bus // nil: nobody listens
	Audit *audit.Log
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil is silence
	// SetKV writes a reserved kv row of a workspace through the sync engine,
	// so that every device learns of it. Needed by SetGuestAccess alone.
	SetKV func(ctx context.Context, workspaceID, name, value string) error
	// GuestsByDefault lets guests in where no owner has decided.
	GuestsByDefault bool
}

// Service is everything one can do with workspaces. It is safe for concurrent
// use, also by several processes on one PostgreSQL.
type Service struct {
	db    *db.DB
	bus   *hook.Bus
	audit *audit.Log
	now   func() time.Time
	log   *slog.Logger
	setKV func(ctx context.Context, workspaceID, name, value string) error

	guestsByDefault bool
}

var _ policies.Directory = (*Service)(nil)

// New makes a Service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{db: o.DB, bus: o.Bus, audit: o.Audit, now: o.Now, log: o.Log, setKV: o.SetKV, guestsByDefault: o.GuestsByDefault}
}

// newID makes a UUIDv7: ids made later sort later.
func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// moment is now, as exact as what is stored.
func (s *Service) moment() time.Time { return moment(s.now().UnixMilli()) }

// moment is a stored time (epoch ms) as a time in UTC.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
