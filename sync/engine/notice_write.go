package engine

import (
	"context"
	"slices"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

const noNotice = "There is no such notice, or it was cleared."

// ReadNotice marks one of a person's notices as read.
func (e *Engine) ReadNotice(ctx context.Context, a Actor, ref Ref) error {
	key := rowKey(ref, wire.Notifications)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noNotice)
		if err != nil {
			return nil, err
		}
		if row.OwnerUserID != a.UserID {
			return nil, fault.New(fault.NotFound, noNotice)
		}
		var f noticeFields
		readFields(*row.Payload, &f)
		if f.ReadAt > 0 {
			return nil, nil
		}
		op, err := e.put(a, key, row, map[string]any{"read_at": e.second(), "updated_at": e.second()})
		return []wire.Op{op}, err
	})
}

// ReadNotices marks a person's latest thousand notices as read.
func (e *Engine) ReadNotices(ctx context.Context, a Actor, workspaceID string) error {
	return e.eachNotice(ctx, a, workspaceID, func(key db.RowKey, row *db.SyncRow) (wire.Op, bool, error) {
		var f noticeFields
		readFields(*row.Payload, &f)
		if f.ReadAt > 0 {
			return wire.Op{}, false, nil
		}
		op, err := e.put(a, key, row, map[string]any{"read_at": e.second(), "updated_at": e.second()})
		return op, true, err
	})
}

// ClearNotices deletes a person's notices, the latest thousand at a time.
func (e *Engine) ClearNotices(ctx context.Context, a Actor, workspaceID string) error {
	return e.eachNotice(ctx, a, workspaceID, func(key db.RowKey, row *db.SyncRow) (wire.Op, bool, error) {
		return e.remove(a, key, row), true, nil
	})
}

func (e *Engine) eachNotice(ctx context.Context, a Actor, workspaceID string, make func(db.RowKey, *db.SyncRow) (wire.Op, bool, error)) error {
	latest, err := e.Notices(ctx, NoticeQuery{WorkspaceID: workspaceID, UserID: a.UserID, Limit: 1000})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(latest.Notices, wire.MaxOps) {
		err := e.own(ctx, a, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
			var ops []wire.Op
			for _, n := range part {
				key := rowKey(Ref{workspaceID, n.ID}, wire.Notifications)
				row, err := e.stored(ctx, key)
				if err != nil {
					return nil, err
				}
				if row == nil || row.Deleted != 0 || row.OwnerUserID != a.UserID {
					continue
				}
				op, some, err := make(key, row)
				if err != nil {
					return nil, err
				}
				if some {
					ops = append(ops, op)
				}
			}
			return ops, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// MuteThread adds a thread to those a person hears nothing about, or takes it
// away. The list keeps the latest five hundred.
func (e *Engine) MuteThread(ctx context.Context, a Actor, ref Ref, mute bool) error {
	name := mutedName(a.UserID)
	key := rowKey(Ref{ref.WorkspaceID, name}, wire.KV)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		now := e.second()
		fields := map[string]any{"id": name, "name": name, "updated_at": now}
		var ids []string
		if row != nil && row.Deleted == 0 {
			ids = mutedIn(*row.Payload)
		} else {
			fields["created_at"] = now
		}
		if slices.Contains(ids, ref.ID) == mute {
			return nil, nil
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == ref.ID })
		if mute {
			ids = append(ids, ref.ID)
		}
		text, err := json.Marshal(ids[max(0, len(ids)-500):])
		if err != nil {
			return nil, err
		}
		fields["value"] = string(text)
		op, err := e.put(a, key, row, fields)
		return []wire.Op{op}, err
	})
}

// Tell writes a notice for a person, as the server: its title, and what it is
// about.
func (e *Engine) Tell(ctx context.Context, workspaceID, userID string, n Notice) error {
	server := Actor{Server: true, DeviceID: ServerDevice}
	id := orNew(n.ID)
	key := rowKey(Ref{workspaceID, id}, wire.Notifications)
	return e.own(ctx, server, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil || row != nil && (row.CreatedBy != neverWas || row.OwnerUserID == userID) {
			return nil, err
		}
		op, err := e.put(server, key, nil, noticeRow(id, userID, n, e.second()))
		return []wire.Op{op}, err
	})
}

// noticeRow is the payload of a new notice.
func noticeRow(id, userID string, n Notice, now int64) map[string]any {
	fields := map[string]any{"id": id, "user_id": userID, "type": n.Type, "title": n.Title, "created_at": now, "updated_at": now}
	for name, value := range map[string]string{"body": n.Body, "thread_id": n.ThreadID, "document_id": n.DocumentID} {
		if value != "" {
			fields[name] = value
		}
	}
	if n.Link != "" {
		fields["actions"] = []any{map[string]any{"id": "open", "kind": "navigate", "label": "Open", "target": n.Link}}
	}
	return fields
}

// TellSoon is Tell for whoever must not wait for it: the notice is written when
// there is time, unless the person may not read the workspace by then. Until it
// is written it is in memory only, and when too many wait it is left out.
func (e *Engine) TellSoon(workspaceID, userID string, n Notice) {
	e.tidings.send(addressed{workspaceID: workspaceID, userID: userID, notice: n})
}
