package engine

import (
	"context"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// HistoryKept is how long the writes to a row are told, and MaxHistory how many
// of them: the newest.
const (
	HistoryKept = 30 * 24 * time.Hour
	MaxHistory  = 200
)

// historyBytes bounds the payloads of an answer. One more than fit is told, so
// that an answer is never empty for a row that is too large.
const historyBytes = 4 << 20

// History tells what was written to a row in the last 30 days, superseded
// payloads included, as far as the actor may see the row: the newest 200
// writes, or fewer when their payloads pass 4 MiB. A row nobody ever
// wrote has no entries, and neither has somebody else's private one.
func (e *Engine) History(ctx context.Context, a Actor, req wire.HistoryRequest) (wire.HistoryResponse, error) {
	state, err := e.reader.HeadOf(ctx, req.WorkspaceID)
	if err != nil {
		return wire.HistoryResponse{}, err
	}
	writes, err := e.writesOf(ctx, a, db.RowKey{WorkspaceID: req.WorkspaceID, Table: string(req.Table), PK: req.PK})
	if err != nil {
		return wire.HistoryResponse{}, err
	}
	answer := wire.HistoryResponse{Entries: make([]wire.Entry, 0, len(writes)), History: e.historyOf(state)}
	for i := range writes {
		answer.Entries = append(answer.Entries, writtenEntry(&writes[i]))
	}
	return answer, nil
}

// writesOf leaves out what belongs to another person.
func (e *Engine) writesOf(ctx context.Context, a Actor, key db.RowKey) ([]db.Written, error) {
	return db.WritesOf(ctx, e.db.Read(), e.writesQuery(a, key))
}

func (e *Engine) writesQuery(a Actor, key db.RowKey) db.WritesQuery {
	return db.WritesQuery{RowKey: key, UserID: a.UserID, Since: e.now().Add(-HistoryKept).UnixMilli(), Limit: MaxHistory, MaxBytes: historyBytes}
}

func writtenEntry(w *db.Written) wire.Entry {
	entry := wire.Entry{Status: wire.Applied, Op: wire.Kind(w.Op), UserID: w.UserID, At: w.WrittenAt,
		Stamp: wire.Stamp{DeviceID: w.DeviceID, OpID: w.OpID, HLC: w.HLC, Clock: w.Clock}}
	if w.Superseded {
		entry.Status = wire.Superseded
	}
	if w.Payload != nil {
		entry.Payload = []byte(*w.Payload)
	}
	return entry
}
