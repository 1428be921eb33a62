package db

import (
	"context"

	"github.com/uptrace/bun"
)

// ListedRow is a synced row as a page shows it, with the name of who made it.
type ListedRow struct {
	PK            string
	Payload       string
	CreatedBy     string
	CreatedByName string // "" when the program made it
	GroupKey      string
	SortNum       int64
	SortText      string
}

// ListedThread is a thread and its last message; LastPayload is NULL when it
// has none.
type ListedThread struct {
	ListedRow
	LastPayload *string
	LastBy      *string
	LastByName  *string
}

// Position is a row's place in the list of its group.
type Position struct {
	SortNum  int64
	SortText string
	PK       string
}

// LiveThreads gives threads from the greatest listing to the smallest. Title,
// when not empty, is in lower case and has to be part of the thread's.
func LiveThreads(ctx context.Context, q bun.IDB, workspaceID, title string, limit, offset int) ([]ListedThread, error) {
	var rows []ListedThread
	where, args := liveThreads(workspaceID, title)
	err := q.NewRaw(`SELECT r.pk, r.payload, r.created_by, COALESCE(u.display_name, '') AS created_by_name, r.group_key, r.sort_num, r.sort_text,
			m.payload AS last_payload, m.created_by AS last_by, mu.display_name AS last_by_name
		FROM (SELECT pk, payload, created_by, group_key, sort_num, sort_text FROM sync_rows`+where+`
			ORDER BY group_key DESC, sort_num DESC, sort_text DESC, pk DESC LIMIT ? OFFSET ?) AS r
		LEFT JOIN sync_rows AS m ON m.workspace_id = ? AND m.table_name = 'messages' AND m.pk = (
			SELECT x.pk FROM sync_rows AS x WHERE x.workspace_id = ? AND x.table_name = 'messages' AND x.group_key = r.pk
			ORDER BY x.sort_num DESC, x.sort_text DESC, x.pk DESC LIMIT 1)
		LEFT JOIN users AS u ON u.id = r.created_by
		LEFT JOIN users AS mu ON mu.id = m.created_by
		ORDER BY r.group_key DESC, r.sort_num DESC, r.sort_text DESC, r.pk DESC`,
		append(args, limit, offset, workspaceID, workspaceID)...).Scan(ctx, &rows)
	return rows, Fault(err, "listing threads")
}

// CountLiveThreads counts what LiveThreads lists.
func CountLiveThreads(ctx context.Context, q bun.IDB, workspaceID, title string) (int, error) {
	var n int
	where, args := liveThreads(workspaceID, title)
	err := q.NewRaw(`SELECT count(*) FROM sync_rows`+where, args...).Scan(ctx, &n)
	return n, Fault(err, "counting threads")
}

// liveThreads is what both ask for. Without a title no text is compared: most
// lists are not searched.
func liveThreads(workspaceID, title string) (where string, args []any) {
	where, args = ` WHERE workspace_id = ? AND table_name = 'threads' AND group_key > ''`, []any{workspaceID}
	if title != "" {
		where, args = where+` AND sort_text LIKE ? ESCAPE '!'`, append(args, containing(title))
	}
	return where, args
}

// LiveRow reads one row with the name of who made it; one that is not there or
// deleted is a NotFound fault.
func LiveRow(ctx context.Context, q bun.IDB, key RowKey) (ListedRow, error) {
	var row ListedRow
	err := q.NewRaw(`SELECT r.pk, r.payload, r.created_by, COALESCE(u.display_name, '') AS created_by_name, r.group_key, r.sort_num, r.sort_text
		FROM sync_rows AS r LEFT JOIN users AS u ON u.id = r.created_by
		WHERE r.workspace_id = ? AND r.table_name = ? AND r.pk = ? AND r.deleted = 0`, key.WorkspaceID, key.Table, key.PK).Scan(ctx, &row)
	return row, found(err, "reading a synced row", "There is no such row, or it was deleted.")
}

// LiveRowsNamed reads those of a table's live rows that have one of the keys.
func LiveRowsNamed(ctx context.Context, q bun.IDB, workspaceID, table string, pks []string) ([]ListedRow, error) {
	var rows []ListedRow
	if len(pks) == 0 {
		return rows, nil
	}
	err := q.NewRaw(`SELECT r.pk, r.payload, r.created_by, COALESCE(u.display_name, '') AS created_by_name, r.group_key, r.sort_num, r.sort_text
		FROM sync_rows AS r LEFT JOIN users AS u ON u.id = r.created_by
		WHERE r.workspace_id = ? AND r.table_name = ? AND r.pk IN (?) AND r.deleted = 0`, workspaceID, table, bun.List(pks)).Scan(ctx, &rows)
	return rows, Fault(err, "reading synced rows")
}

const listedMessagesSQL = `SELECT r.pk, r.payload, r.created_by, COALESCE(u.display_name, '') AS created_by_name, r.group_key, r.sort_num, r.sort_text
	FROM sync_rows AS r LEFT JOIN users AS u ON u.id = r.created_by
	WHERE r.workspace_id = ? AND r.table_name = 'messages' AND r.group_key = ? `

// MessagesBefore gives a thread's messages before a position, the nearest
// first; nil is the end.
func MessagesBefore(ctx context.Context, q bun.IDB, workspaceID, threadID string, before *Position, limit int) ([]ListedRow, error) {
	var rows []ListedRow
	sql, args := listedMessagesSQL, []any{workspaceID, threadID}
	if before != nil {
		sql += `AND (r.sort_num, r.sort_text, r.pk) < (?, ?, ?) `
		args = append(args, before.SortNum, before.SortText, before.PK)
	}
	err := q.NewRaw(sql+`ORDER BY r.sort_num DESC, r.sort_text DESC, r.pk DESC LIMIT ?`, append(args, limit)...).Scan(ctx, &rows)
	return rows, Fault(err, "listing messages")
}

// MessagesAfter gives a thread's messages after a position, the nearest first.
func MessagesAfter(ctx context.Context, q bun.IDB, workspaceID, threadID string, after Position, limit int) ([]ListedRow, error) {
	var rows []ListedRow
	err := q.NewRaw(listedMessagesSQL+`AND (r.sort_num, r.sort_text, r.pk) > (?, ?, ?) ORDER BY r.sort_num, r.sort_text, r.pk LIMIT ?`,
		workspaceID, threadID, after.SortNum, after.SortText, after.PK, limit).Scan(ctx, &rows)
	return rows, Fault(err, "listing messages")
}

// LastMessageIndex gives the greatest index in a thread; ok is false when it
// has no message.
func LastMessageIndex(ctx context.Context, q bun.IDB, workspaceID, threadID string) (index int64, ok bool, err error) {
	var last []int64
	err = q.NewRaw(`SELECT sort_num FROM sync_rows WHERE workspace_id = ? AND table_name = 'messages' AND group_key = ?
		ORDER BY sort_num DESC LIMIT 1`, workspaceID, threadID).Scan(ctx, &last)
	if err != nil || len(last) == 0 {
		return 0, false, Fault(err, "reading the last index")
	}
	return last[0], true, nil
}

// ThreadWriter is a person who made one of a thread's messages.
type ThreadWriter struct {
	ID   string
	Name string
}

// ThreadWriters gives who made the last so many messages of a thread, the
// latest first.
func ThreadWriters(ctx context.Context, q bun.IDB, workspaceID, threadID string, lastMessages int) ([]ThreadWriter, error) {
	var writers []ThreadWriter
	err := q.NewRaw(`SELECT m.created_by AS id, COALESCE(u.display_name, '') AS name
		FROM (SELECT created_by, sort_num, sort_text FROM sync_rows
			WHERE workspace_id = ? AND table_name = 'messages' AND group_key = ?
			ORDER BY sort_num DESC, sort_text DESC, pk DESC LIMIT ?) AS m
		LEFT JOIN users AS u ON u.id = m.created_by
		GROUP BY m.created_by, u.display_name ORDER BY max(m.sort_num) DESC, max(m.sort_text) DESC`,
		workspaceID, threadID, lastMessages).Scan(ctx, &writers)
	return writers, Fault(err, "listing a thread's writers")
}

// LiveMessageKeys gives the keys of a thread's messages, at most limit.
func LiveMessageKeys(ctx context.Context, q bun.IDB, workspaceID, threadID string, limit int) ([]string, error) {
	var keys []string
	err := q.NewRaw(`SELECT pk FROM sync_rows WHERE workspace_id = ? AND table_name = 'messages' AND group_key = ?
		ORDER BY sort_num, sort_text, pk LIMIT ?`, workspaceID, threadID, limit).Scan(ctx, &keys)
	return keys, Fault(err, "listing a thread's messages")
}
