package device

import (
	"context"

	"or3.cloud/or3/sync/wire"
)

// Transport carries requests of one person to a server. Errors are
// *fault.Error when the server gave them, anything else when no answer came.
type Transport interface {
	Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error)
	Pull(ctx context.Context, req wire.PullRequest) (wire.PullResponse, error)
	Snapshot(ctx context.Context, req wire.SnapshotRequest) (wire.SnapshotResponse, error)
	Digest(ctx context.Context, req wire.DigestRequest) (wire.DigestResponse, error)
	UpdateCursor(ctx context.Context, req wire.CursorRequest) (wire.CursorResponse, error)
}

// Ask sends a device's request.
func Ask(ctx context.Context, t Transport, r *Request) Reply {
	var reply Reply
	switch {
	case r.Push != nil:
		reply.Push, reply.Err = t.Push(ctx, *r.Push)
	case r.Pull != nil:
		reply.Pull, reply.Err = t.Pull(ctx, *r.Pull)
	case r.Snapshot != nil:
		reply.Snapshot, reply.Err = t.Snapshot(ctx, *r.Snapshot)
	case r.Cursor != nil:
		reply.Cursor, reply.Err = t.UpdateCursor(ctx, *r.Cursor)
	}
	return reply
}
