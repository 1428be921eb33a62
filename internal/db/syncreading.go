package db

import (
	"context"

	"github.com/uptrace/bun"
)

// ReadMessage is a message as far as counting what is unread needs it.
type ReadMessage struct {
	Position
	CreatedBy     string
	Clock         int64
	ServerVersion int64
}

// After tells whether a message stands behind a position.
func (p Position) After(q Position) bool {
	if p.SortNum != q.SortNum {
		return p.SortNum > q.SortNum
	}
	if p.SortText != q.SortText {
		return p.SortText > q.SortText
	}
	return p.PK > q.PK
}

// MessagesToRead gives the last messages of a thread, the last one first,
// without what they say.
func MessagesToRead(ctx context.Context, q bun.IDB, workspaceID, threadID string, limit int) ([]ReadMessage, error) {
	var rows []ReadMessage
	err := q.NewRaw(`SELECT pk, sort_num, sort_text, created_by, clock, server_version FROM sync_rows
		WHERE workspace_id = ? AND table_name = 'messages' AND group_key = ?
		ORDER BY sort_num DESC, sort_text DESC, pk DESC LIMIT ?`, workspaceID, threadID, limit).Scan(ctx, &rows)
	return rows, Fault(err, "reading what is unread")
}

// LivePayloads reads the payloads of some rows of a table, by key.
func LivePayloads(ctx context.Context, q bun.IDB, workspaceID, table string, pks []string) (map[string]string, error) {
	var rows []struct{ PK, Payload string }
	err := q.NewRaw(`SELECT pk, payload FROM sync_rows WHERE workspace_id = ? AND table_name = ? AND deleted = 0 AND pk IN (?)`,
		workspaceID, table, bun.List(pks)).Scan(ctx, &rows)
	found := make(map[string]string, len(rows))
	for _, r := range rows {
		found[r.PK] = r.Payload
	}
	return found, Fault(err, "reading synced rows")
}
