package db

import (
	"context"

	"github.com/uptrace/bun"
)

// ListedPost is a post, a project or another row that has one editor at a time:
// the row with its revision and who wrote it last.
type ListedPost struct {
	ListedRow
	OpID          string
	ChangedBy     string
	ChangedByName string
}

const listedPostsSQL = `SELECT r.pk, r.payload, r.created_by, COALESCE(u.display_name, '') AS created_by_name, r.group_key, r.sort_num, r.sort_text,
		r.op_id, r.user_id AS changed_by, COALESCE(w.display_name, '') AS changed_by_name
	FROM sync_rows AS r LEFT JOIN users AS u ON u.id = r.created_by LEFT JOIN users AS w ON w.id = r.user_id `

// LivePost reads one row as it stands, with its revision; one that is not there
// or deleted is a NotFound fault.
func LivePost(ctx context.Context, q bun.IDB, key RowKey) (ListedPost, error) {
	var row ListedPost
	err := q.NewRaw(listedPostsSQL+`WHERE r.workspace_id = ? AND r.table_name = ? AND r.pk = ? AND r.deleted = 0`,
		key.WorkspaceID, key.Table, key.PK).Scan(ctx, &row)
	return row, found(err, "reading a synced row", "There is no such row, or it was deleted.")
}

// Listing is a part of a table's live rows. Group is the rows' group_key; Name,
// when not empty, is in lower case and has to be part of the row's name; of what
// has a Before only rows that stand behind it, the latest being the first.
type Listing struct {
	WorkspaceID   string
	Table         string
	Group         string
	Name          string
	Before        *Position
	Limit, Offset int
}

// LivePosts gives the rows of a group, the latest change first.
func LivePosts(ctx context.Context, q bun.IDB, l Listing) ([]ListedPost, error) {
	var rows []ListedPost
	where, args := l.where("r.")
	err := q.NewRaw(listedPostsSQL+where+` ORDER BY r.sort_num DESC, r.sort_text DESC, r.pk DESC LIMIT ? OFFSET ?`,
		append(args, l.Limit, l.Offset)...).Scan(ctx, &rows)
	return rows, Fault(err, "listing "+l.Table)
}

// CountLivePosts counts what LivePosts lists.
func CountLivePosts(ctx context.Context, q bun.IDB, l Listing) (int, error) {
	var n int
	where, args := l.where("")
	err := q.NewRaw(`SELECT count(*) FROM sync_rows`+where, args...).Scan(ctx, &n)
	return n, Fault(err, "counting "+l.Table)
}

func (l Listing) where(prefix string) (where string, args []any) {
	where = ` WHERE ` + prefix + `workspace_id = ? AND ` + prefix + `table_name = ? AND ` + prefix + `group_key = ?`
	args = []any{l.WorkspaceID, l.Table, l.Group}
	if l.Name != "" {
		where, args = where+` AND `+prefix+`sort_text LIKE ? ESCAPE '!'`, append(args, containing(l.Name))
	}
	if l.Before != nil {
		where += ` AND (` + prefix + `sort_num, ` + prefix + `sort_text, ` + prefix + `pk) < (?, ?, ?)`
		args = append(args, l.Before.SortNum, l.Before.SortText, l.Before.PK)
	}
	return where, args
}

// SizedKey is the key of a live row and how many bytes its payload has.
type SizedKey struct {
	PK    string
	Bytes int
}

// LiveRowSizes gives keys of live rows of a table, from the greatest to the
// smallest, below a key when one is given, without reading the rows.
func LiveRowSizes(ctx context.Context, q bun.IDB, workspaceID, table, below string, limit int) ([]SizedKey, error) {
	var keys []SizedKey
	sql, args := `SELECT pk, octet_length(payload) AS bytes FROM sync_rows WHERE workspace_id = ? AND table_name = ? AND deleted = 0`, []any{workspaceID, table}
	if below != "" {
		sql, args = sql+` AND pk < ?`, append(args, below)
	}
	err := q.NewRaw(sql+` ORDER BY pk DESC LIMIT ?`, append(args, limit)...).Scan(ctx, &keys)
	return keys, Fault(err, "sizing "+table)
}

// RowSpan is the rows of a table from one key to another, both included.
type RowSpan struct {
	WorkspaceID, Table, From, To string
}

// LiveRowsWith gives the live rows of a span whose payload holds words somewhere,
// from the greatest key to the smallest. Every word has to be there in one of
// the ways people write it. The caller looks again: a payload holds more than
// words.
func LiveRowsWith(ctx context.Context, q bun.IDB, s RowSpan, words []string) ([]ListedPost, error) {
	var rows []ListedPost
	sql := listedPostsSQL + `WHERE r.workspace_id = ? AND r.table_name = ? AND r.pk >= ? AND r.pk <= ? AND r.deleted = 0 AND r.group_key > ''`
	args := []any{s.WorkspaceID, s.Table, s.From, s.To}
	for _, word := range words {
		has, spelled := inAnyCase("r.payload", word)
		sql, args = sql+` AND `+has, append(args, spelled...)
	}
	err := q.NewRaw(sql+` ORDER BY r.pk DESC`, args...).Scan(ctx, &rows)
	return rows, Fault(err, "searching "+s.Table)
}

// RowsNaming gives the keys of live rows of a table whose payload has a field of
// this name with this id as value.
func RowsNaming(ctx context.Context, q bun.IDB, workspaceID, table, field, id string, limit int) ([]string, error) {
	var keys []string
	err := q.NewRaw(`SELECT pk FROM sync_rows
		WHERE workspace_id = ? AND table_name = ? AND group_key > '' AND payload LIKE ? ESCAPE '!' ORDER BY pk LIMIT ?`,
		workspaceID, table, containing(`"`+field+`":"`+id+`"`), limit).Scan(ctx, &keys)
	return keys, Fault(err, "looking for "+table+" of "+id)
}

// RowsByName gives the rows of a group by their names.
func RowsByName(ctx context.Context, q bun.IDB, l Listing) ([]ListedRow, error) {
	var rows []ListedRow
	where, args := l.where("")
	err := q.NewRaw(`SELECT pk, payload, created_by, '' AS created_by_name, group_key, sort_num, sort_text FROM sync_rows`+where+
		` ORDER BY sort_text, pk LIMIT ? OFFSET ?`, append(args, l.Limit, l.Offset)...).Scan(ctx, &rows)
	return rows, Fault(err, "listing "+l.Table)
}

// UnreadNotices counts a person's notifications without read_at among their
// latest so many, up to most.
func UnreadNotices(ctx context.Context, q bun.IDB, workspaceID, userID string, latest, most int) (int, error) {
	var n int
	err := q.NewRaw(`SELECT count(*) FROM (SELECT 1 FROM (SELECT payload FROM sync_rows
			WHERE workspace_id = ? AND table_name = 'notifications' AND group_key = ?
			ORDER BY sort_num DESC, sort_text DESC, pk DESC LIMIT ?) AS latest
		WHERE payload NOT LIKE '%"read_at":%' OR payload LIKE '%"read_at":null%' LIMIT ?) AS unread`,
		workspaceID, userID, latest, most).Scan(ctx, &n)
	return n, Fault(err, "counting unread notifications")
}
