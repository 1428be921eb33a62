package plugins

import (
	"context"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// Call is for whom and where a plugin is called.
type Call struct {
	Plugin    string // its id
	Workspace host.Workspace
	Actor     host.Actor
	// Session is the person's, for what the plugin asks the server to do; nil when
	// the plugin acts for itself ("plugin:<id>").
	Session *policies.Session
	// RequestID names the call in logs and the audit log; "" is the id of the
	// context, or where no request stands behind the call one of its own.
	RequestID string
}

// ActorOf is who a plugin is when it acts for itself: in its jobs, events, filters and
// migrations. No person has such an id.
func ActorOf(id string) string { return "plugin:" + id }

// Running is a call as the implementations of host functions see it.
type Running struct {
	Call
	// Data names what the plugin has stored: the key of its kv and blobs instead of
	// its id, which a copy and the original share while or3_migrate runs.
	Data string
	// Migrating says that only kv and blobs may be touched.
	Migrating bool
}

type runningKey struct{}

// RunningCall gives the call that a host function works for.
func RunningCall(ctx context.Context) (Running, bool) {
	r, ok := ctx.Value(runningKey{}).(Running)
	return r, ok
}

// WithRunningCall puts a call into the context, as the Manager does before each:
// for tests of host functions.
func WithRunningCall(ctx context.Context, r Running) context.Context {
	return context.WithValue(ctx, runningKey{}, r)
}
