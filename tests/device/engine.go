package device

import (
	"context"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Direct talks to an engine in this process, as the guard would let the person
// in.
type Direct struct {
	Engine *engine.Engine
	Actor  engine.Actor
}

// Push implements Transport.
func (t *Direct) Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error) {
	return t.Engine.Push(ctx, t.Actor, req)
}

// Pull implements Transport.
func (t *Direct) Pull(ctx context.Context, req wire.PullRequest) (wire.PullResponse, error) {
	return t.Engine.Pull(ctx, t.Actor, req)
}

// Snapshot implements Transport.
func (t *Direct) Snapshot(ctx context.Context, req wire.SnapshotRequest) (wire.SnapshotResponse, error) {
	return t.Engine.Snapshot(ctx, t.Actor, req)
}

// Digest implements Transport.
func (t *Direct) Digest(ctx context.Context, req wire.DigestRequest) (wire.DigestResponse, error) {
	return t.Engine.Digest(ctx, t.Actor, req)
}

// UpdateCursor implements Transport.
func (t *Direct) UpdateCursor(ctx context.Context, req wire.CursorRequest) (wire.CursorResponse, error) {
	return t.Engine.UpdateCursor(ctx, t.Actor, req)
}
