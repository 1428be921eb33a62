package db

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// FileRow is a synced row as far as the collector of files cares.
type FileRow struct {
	Version   int64 // of a change; 0 for a row
	Table     string
	PK        string
	Payload   string
	Deleted   bool
	WrittenAt int64
}

// fileRowBytes ends a page of FileRows: each may have a payload of 256 KiB.
const fileRowBytes = 8 << 20

// FileRowsAfter reads what may name files in a workspace, in the order of table
// and key: its live rows, and which files' facts were deleted when. more says
// that there are others; a page ends at limit rows or 8 MiB.
func FileRowsAfter(ctx context.Context, q bun.IDB, workspaceID, table, pk string, limit int) (list []FileRow, more bool, err error) {
	list, more, err = fileRows(ctx, q, limit, `SELECT 0, table_name, pk, COALESCE(payload, ''), deleted, written_at FROM sync_rows
		WHERE workspace_id = ? AND (table_name, pk) > (?, ?) AND (deleted = 0 OR table_name = 'file_meta')
		ORDER BY table_name, pk LIMIT ?`, workspaceID, table, pk, limit)
	return list, more, Fault(err, "reading what names files")
}

// FileChangesAfter reads what was written to a workspace after a version and up
// to another one, in its order, a page like one of FileRowsAfter.
func FileChangesAfter(ctx context.Context, q bun.IDB, workspaceID string, after, upTo int64, limit int) (list []FileRow, more bool, err error) {
	list, more, err = fileRows(ctx, q, limit, `SELECT server_version, table_name, pk, COALESCE(payload, ''), 0, written_at FROM change_log
		WHERE workspace_id = ? AND server_version > ? AND server_version <= ? AND op = 'put' ORDER BY server_version LIMIT ?`, workspaceID, after, upTo, limit)
	return list, more, Fault(err, "reading new uses of files")
}

func fileRows(ctx context.Context, q bun.IDB, limit int, text string, args ...any) (list []FileRow, more bool, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for size := 0; rows.Next(); {
		var r FileRow
		if err := rows.Scan(&r.Version, &r.Table, &r.PK, &r.Payload, &r.Deleted, &r.WrittenAt); err != nil {
			return nil, false, err
		}
		list = append(list, r)
		if size += len(r.PK) + len(r.Payload); size >= fileRowBytes {
			return list, true, nil
		}
	}
	return list, len(list) == limit, rows.Err()
}
