package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

var errQueueFull = errors.New("the queue of the committer is full")

// push is a request on its way through the committer, which alone sets answer
// and err, before it closes done.
type push struct {
	actor Actor
	req   wire.PushRequest
	ops   []op
	bytes int

	answer wire.PushResponse
	err    error
	done   chan struct{}
}

// Push applies the ops of a request and answers for each of them, in order. It
// returns after the commit is on the disk, or with an error and nothing applied:
//
//   - Oversized: more than 100 ops;
//   - Forbidden: the actor may write none of them;
//   - Conflict: the device must take a snapshot first (fields reset_required);
//   - NotFound: there is no such workspace;
//   - Unavailable: too many pushes wait, or the database is lost. The outcome
//     may then be unknown, and so it is when ctx ends while the push waits: ctx
//     never takes back what is on its way. Sending the same ops again is safe.
//
// The ops must not be changed afterwards.
func (e *Engine) Push(ctx context.Context, a Actor, req wire.PushRequest) (wire.PushResponse, error) {
	if len(req.Ops) > wire.MaxOps {
		return wire.PushResponse{}, fault.Newf(fault.Oversized, "A push is at most %d ops. Send the rest with the next one.", wire.MaxOps)
	}
	event := PushEvent{WorkspaceID: req.WorkspaceID, Actor: a.event(), Count: len(req.Ops)}
	PushBefore.Fire(ctx, e.bus, event)
	p := newPush(a, req, e.now())
	if len(p.ops) > 0 && !slices.ContainsFunc(p.ops, func(o op) bool { return !forbidden(o.refused) || o.mayRepeat }) {
		return wire.PushResponse{}, errNothingPermitted()
	}
	if err := e.queue.add(p); err != nil {
		if errors.Is(err, errQueueFull) {
			waiting, _ := e.queue.depth()
			QueueFull.Fire(ctx, e.bus, QueueEvent{PendingCount: waiting, MaxSize: e.queue.limit})
		}
		return wire.PushResponse{}, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return wire.PushResponse{}, &fault.Error{Kind: fault.Unavailable, Retry: time.Second, Err: ctx.Err(),
			Message: "It is not known yet whether this was saved. Sending the same again is safe."}
	}
	if p.err == nil {
		e.tell(ctx, event, p)
	}
	return p.answer, p.err
}

// newPush finds out everything that does not depend on stored rows, outside
// the committer, so that requests do it side by side.
func newPush(a Actor, req wire.PushRequest, now time.Time) *push {
	p := &push{actor: a, req: req, ops: make([]op, len(req.Ops)), done: make(chan struct{})}
	for i := range req.Ops {
		p.ops[i] = prepare(a, req.WorkspaceID, &req.Ops[i], now)
		p.bytes += len(req.Ops[i].Payload) + 256
	}
	return p
}

func (e *Engine) tell(ctx context.Context, event PushEvent, p *push) {
	if PushAfter.Heard(e.bus) {
		for i := range p.answer.Results {
			if p.answer.Results[i].Status == wire.Rejected {
				event.FailCount++
			} else {
				event.SuccessCount++
			}
		}
		event.ServerVersion = p.answer.ServerVersion
		PushAfter.Fire(ctx, e.bus, event)
	}
	if RowsApplied.Heard(e.bus) {
		if rows := p.applied(); len(rows) > 0 {
			RowsApplied.Fire(ctx, e.bus, RowsEvent{WorkspaceID: event.WorkspaceID, Actor: event.Actor, Rows: rows})
		}
	}
	if !ConflictDetected.Heard(e.bus) {
		return
	}
	for i, r := range p.answer.Results {
		if r.Status == wire.Superseded && r.Winner != nil {
			ConflictDetected.Fire(ctx, e.bus, ConflictEvent{WorkspaceID: event.WorkspaceID, Actor: event.Actor,
				Table: r.Winner.Table, PK: r.Winner.PK, Local: *r.Winner, Remote: p.req.Ops[i], Winner: "local"})
		}
	}
}

// applied are the rows that everybody shares and that the push has changed.
func (p *push) applied() []AppliedRow {
	var rows []AppliedRow
	for i, r := range p.answer.Results {
		if o := &p.ops[i]; r.Status == wire.Applied && !private(o.Op) && !wire.Reserved(o.Table, o.PK) {
			rows = append(rows, AppliedRow{Table: o.Table, PK: o.PK, Op: o.Op.Op, Created: o.fresh, DeviceID: o.Stamp.DeviceID, ServerVersion: r.ServerVersion})
		}
	}
	return rows
}

func forbidden(e *wire.OpError) bool { return e != nil && e.Code == fault.Forbidden }

func errNothingPermitted() error {
	return fault.New(fault.Forbidden, "You may not write any of this in the workspace.")
}
