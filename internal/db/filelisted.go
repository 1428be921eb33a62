package db

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// The bytes of the files that a workspace's list shows are counted where they
// change: a blob comes or goes, or the row about one. Whoever changes one of the
// two looks at the other with the count locked, so that of two transactions at
// once the second sees what the first has done.

// ListedBytes tells what the files of a workspace add up to that its list shows,
// those in the trash included: what else it keeps are previews, and files that
// were deleted and not collected yet.
func ListedBytes(ctx context.Context, q bun.IDB, workspaceID string) (n int64, err error) {
	err = q.NewRaw(`SELECT bytes FROM listed_files WHERE workspace_id = ?`, workspaceID).Scan(ctx, &n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, Fault(err, "reading what listed files add up to")
}

// SumListedBytes adds up what ListedBytes has to be.
func SumListedBytes(ctx context.Context, q bun.IDB, workspaceID string) (n int64, err error) {
	err = q.NewRaw(`SELECT CAST(COALESCE(SUM(b.size_bytes), 0) AS BIGINT) FROM blobs AS b
		JOIN sync_rows AS r ON r.workspace_id = b.workspace_id AND r.table_name = 'file_meta' AND r.pk = b.hash AND r.deleted = 0
		WHERE b.workspace_id = ?`, workspaceID).Scan(ctx, &n)
	return n, Fault(err, "adding up listed files")
}

// RecountListed counts the listed files of a workspace anew.
func RecountListed(ctx context.Context, tx bun.IDB, workspaceID string) error {
	if err := lockListed(ctx, tx, workspaceID); err != nil {
		return err
	}
	n, err := SumListedBytes(ctx, tx, workspaceID)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`INSERT INTO listed_files (workspace_id, bytes) VALUES (?, ?)
		ON CONFLICT (workspace_id) DO UPDATE SET bytes = excluded.bytes`, workspaceID, n).Exec(ctx)
	return Fault(err, "counting listed files")
}

// lockListed lets every other change of a workspace's count wait until the
// transaction ends. A row that is found by its conflict is locked, also where
// nothing is to be changed in it. SQLite has one writer.
func lockListed(ctx context.Context, tx bun.IDB, workspaceID string) error {
	if tx.Dialect().Name() != dialect.PG {
		return nil
	}
	_, err := tx.NewRaw(`INSERT INTO listed_files (workspace_id, bytes) VALUES (?, 0)
		ON CONFLICT (workspace_id) DO UPDATE SET bytes = listed_files.bytes WHERE false`, workspaceID).Exec(ctx)
	return Fault(err, "locking the count of listed files")
}

// blobsCame counts those blobs of one workspace that were just written about
// which it has a live row already.
func blobsCame(ctx context.Context, tx bun.IDB, list []Blob) error {
	if len(list) == 0 {
		return nil
	}
	sizes, hashes := map[string]int64{}, make([]string, len(list))
	for i := range list {
		hashes[i], sizes[list[i].Hash] = list[i].Hash, list[i].SizeBytes
	}
	return changeListed(ctx, tx, list[0].WorkspaceID, hashes, func(hash string) int64 { return sizes[hash] })
}

// blobGoes counts a blob out that is about to be deleted, if it counts.
func blobGoes(ctx context.Context, tx bun.IDB, workspaceID, hash string) error {
	var size int64
	err := tx.NewRaw(`SELECT size_bytes FROM blobs WHERE workspace_id = ? AND hash = ?`, workspaceID, hash).Scan(ctx, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return Fault(err, "reading about a file")
	}
	return changeListed(ctx, tx, workspaceID, []string{hash}, func(string) int64 { return -size })
}

// changeListed adds to the count what each of some files is worth about which
// there is a live row.
func changeListed(ctx context.Context, tx bun.IDB, workspaceID string, hashes []string, worth func(hash string) int64) error {
	if err := lockListed(ctx, tx, workspaceID); err != nil {
		return err
	}
	const live = `SELECT pk FROM sync_rows WHERE workspace_id = ? AND table_name = 'file_meta' AND deleted = 0 AND pk IN `
	var found []string
	var err error
	if w := quickWrite(ctx, tx); w != nil {
		_, err = w.statements.quickly(ctx, w.conn, live+`(SELECT value FROM json_each(?))`, []any{workspaceID, anyOf(hashes)},
			func(c cells) { found = append(found, c.text(0)) })
	} else {
		err = tx.NewRaw(live+`(?)`, workspaceID, bun.List(hashes)).Scan(ctx, &found)
	}
	if err != nil {
		return Fault(err, "looking for rows about files")
	}
	more := int64(0)
	for _, hash := range found {
		more += worth(hash)
	}
	if more == 0 {
		return nil
	}
	_, err = change(ctx, tx, addListedSQL, workspaceID, more)
	return Fault(err, "counting listed files")
}

const addListedSQL = `INSERT INTO listed_files (workspace_id, bytes) VALUES (?, ?)
	ON CONFLICT (workspace_id) DO UPDATE SET bytes = listed_files.bytes + excluded.bytes`

// ListedChange is that a file's row has become live, or has ceased to be.
type ListedChange struct {
	FileKey
	Live bool
}

const (
	listedColumns = `workspace_id:t hash:t sign:i`
	// The statement after it sees what those have done who had the lock before.
	lockListedSQL = `WITH k ({columns}) AS ({rows})
		INSERT INTO listed_files (workspace_id, bytes) SELECT k.workspace_id, 0 FROM k WHERE true ORDER BY k.workspace_id
		ON CONFLICT (workspace_id) DO UPDATE SET bytes = listed_files.bytes WHERE false`
	changeListedSQL = `WITH k ({columns}) AS ({rows})
		INSERT INTO listed_files (workspace_id, bytes)
		SELECT k.workspace_id, CAST(SUM(k.sign * b.size_bytes) AS BIGINT) FROM k JOIN {blobs} AS b ON b.workspace_id = k.workspace_id AND b.hash = k.hash
		WHERE true GROUP BY k.workspace_id
		ON CONFLICT (workspace_id) DO UPDATE SET bytes = listed_files.bytes + excluded.bytes`
)

// listedSums adds up by workspace what changes are worth, by what the books say
// of the files; the workspaces are in order.
func listedSums(list []ListedChange, kept map[FileKey]KeptFile) (sums rowsFor) {
	by := map[string]int64{}
	for _, c := range list {
		size := kept[c.FileKey].SizeBytes
		if !c.Live {
			size = -size
		}
		by[c.WorkspaceID] += size
	}
	ids := slices.Sorted(maps.Keys(by))
	return rowsFor{len(ids), func(i int, v values) {
		v.text(ids[i])
		v.number(by[ids[i]])
	}}
}

// workspacesOf are those whose counts change, each once and in order.
func workspacesOf(list []ListedChange) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].WorkspaceID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func listedRows(list []ListedChange) rowsFor {
	return rowsFor{len(list), func(i int, v values) {
		v.text(list[i].WorkspaceID)
		v.text(list[i].Hash)
		sign := int64(-1)
		if list[i].Live {
			sign = 1
		}
		v.number(sign)
	}}
}
