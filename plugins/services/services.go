// Package services is what a plugin's guest may ask the server for: the
// implementations of plugins/host.Services.
//
// Each host call passes the same checks in the same order: the capability was
// granted, the person for whom the plugin works may do it (a plugin that works
// for itself, "plugin:<id>", has what was granted and no more), the quota has
// room, and what is written is in the audit log. Who asks and where comes from the
// call that runs ([plugins.RunningCall]) and from [host.Caller], never from the
// guest.
package services

import (
	"context"
	"log/slog"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// Options are what the services need. What belongs to other rooms of this floor
// comes as functions and small interfaces.
type Options struct {
	DB    *db.DB
	Audit *audit.Log
	Bus   *hook.Bus        // nil: nobody listens
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil is silence
	// May is can() for a person: nil, or a fault that says why not.
	May func(ctx context.Context, s *policies.Session, workspaceID string, p policies.Permission) error
	// Rows are the synced rows of workspaces.
	Rows Rows
	// Tell writes a notice for a member.
	Tell func(ctx context.Context, workspaceID, userID string, n Notice) error
	// Fetch asks another server.
	Fetch Fetch
	// Secret gives a secret setting of a plugin; false where nobody has set it.
	Secret func(ctx context.Context, pluginID, workspaceID, name string) (string, bool, error)
}

// service holds what all services share.
type service struct {
	Options
}

// New makes the services.
func New(o Options) host.Services {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &service{Options: o}
	return host.Services{
		KV: kv{s}, Blobs: blobs{s}, Rows: rows{s}, Members: members{s}, Events: events{s}, HTTP: web{s},
		Notices: notices{s}, Audit: acts{s}, Log: lines{}, Clock: clock{s},
	}
}

// requestID is that of the call, or of whoever called the server.
func requestID(ctx context.Context, by host.Caller) string {
	if by.RequestID != "" {
		return by.RequestID
	}
	return telemetry.RequestID(ctx)
}
