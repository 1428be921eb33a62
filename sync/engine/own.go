package engine

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// Writes of the server-rendered forms, and of the server itself, are ops like
// any other: this process is a device with a clock, and what it writes goes
// through Push. Such a write reads the row, raises its clock and pushes; when a
// device was quicker and wins, it reads again. A form means "make it so now".

// attempts is how often a write may lose before its person is told to try again.
const attempts = 5

// own pushes what build makes of the rows as they are now, until nothing of it
// is superseded. build returns no op when nothing is left to do.
func (e *Engine) own(ctx context.Context, a Actor, workspaceID string, build func(ctx context.Context) ([]wire.Op, error)) error {
	_, err := e.ownVersion(ctx, a, workspaceID, build)
	return err
}

// ownVersion is own, and gives the version of the last op.
func (e *Engine) ownVersion(ctx context.Context, a Actor, workspaceID string, build func(ctx context.Context) ([]wire.Op, error)) (version int64, err error) {
	for range attempts {
		ops, err := build(ctx)
		if err != nil || len(ops) == 0 {
			return 0, err
		}
		answer, err := e.Push(ctx, a, wire.PushRequest{WorkspaceID: workspaceID, Ops: ops})
		if err != nil {
			return 0, err
		}
		lost := false
		for _, r := range answer.Results {
			if r.Status == wire.Rejected {
				return 0, faultOf(r.Error)
			}
			lost = lost || r.Status == wire.Superseded
			version = r.ServerVersion
		}
		if !lost {
			return version, nil
		}
	}
	return 0, busy()
}

func busy() error {
	return fault.New(fault.Conflict, "This was being changed on another device at the same time. Try again.")
}

func faultOf(e *wire.OpError) error {
	return &fault.Error{Kind: e.Code, Message: e.Message, Fields: e.Fields}
}

// put makes an op that writes fields into the row stored under key; nil stored
// is a row that is not there. Fields of the stored payload stay unless fields
// has them.
func (e *Engine) put(a Actor, key db.RowKey, stored *db.SyncRow, fields map[string]any) (wire.Op, error) {
	payload := map[string]any{}
	if stored != nil && stored.Payload != nil {
		old := map[string]jsontext.Value{}
		if err := json.Unmarshal([]byte(*stored.Payload), &old); err != nil {
			return wire.Op{}, err
		}
		for name, value := range old {
			payload[name] = value
		}
	}
	for name, value := range fields {
		payload[name] = value
	}
	text, err := json.Marshal(payload, json.Deterministic(true))
	if err != nil {
		return wire.Op{}, fault.Wrap(err, fault.Invalid, "This text holds characters that cannot be stored.")
	}
	return wire.Op{Table: wire.Table(key.Table), Op: wire.Put, PK: key.PK, Payload: text, Stamp: e.stamp(a, stored)}, nil
}

// remove makes an op that deletes a stored row.
func (e *Engine) remove(a Actor, key db.RowKey, stored *db.SyncRow) wire.Op {
	return wire.Op{Table: wire.Table(key.Table), Op: wire.Delete, PK: key.PK, Stamp: e.stamp(a, stored)}
}

// stamp is later than the stored write, whatever its device's clock said.
func (e *Engine) stamp(a Actor, stored *db.SyncRow) wire.Stamp {
	s := wire.Stamp{DeviceID: a.DeviceID, OpID: newID(), Clock: 1}
	if s.DeviceID == "" {
		s.DeviceID = WebDevice
	}
	if stored != nil {
		s.Clock = stored.Clock + 1
		e.clock.Observe(stored.HLC)
	}
	s.HLC = e.clock.Next()
	return s
}

// stored reads a row, live or deleted; nil is one that has never been.
func (e *Engine) stored(ctx context.Context, key db.RowKey) (*db.SyncRow, error) {
	row, err := e.db.SyncRow(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &row, err
}

// live reads a row that must be there.
func (e *Engine) live(ctx context.Context, key db.RowKey, words string) (*db.SyncRow, error) {
	row, err := e.stored(ctx, key)
	if err != nil {
		return nil, err
	}
	if row == nil || row.Deleted != 0 {
		return nil, fault.New(fault.NotFound, words)
	}
	return row, nil
}

// second is the server's time as rows carry it.
func (e *Engine) second() int64 { return e.now().Unix() }
