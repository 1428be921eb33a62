package db

import (
	"context"

	"github.com/uptrace/bun"
)

// TypeUsage is what a workspace's files of one media type add up to.
type TypeUsage struct {
	MediaType string `bun:"mime_type"`
	Files     int64  `bun:"files"`
	Bytes     int64  `bun:"bytes"`
}

// UsageByType adds up a workspace's files by media type, of all workspaces for
// "", the most bytes first.
func UsageByType(ctx context.Context, q bun.IDB, workspaceID string) ([]TypeUsage, error) {
	list := []TypeUsage{}
	err := q.NewRaw(`SELECT mime_type, count(*) AS files, CAST(SUM(size_bytes) AS BIGINT) AS bytes FROM blobs
		WHERE ? = '' OR workspace_id = ? GROUP BY mime_type ORDER BY 3 DESC, 1`, workspaceID, workspaceID).Scan(ctx, &list)
	return list, Fault(err, "adding up files by type")
}

// WorkspaceUsage is what a workspace's files add up to, and its own quota.
type WorkspaceUsage struct {
	WorkspaceID string `bun:"id"`
	Name        string `bun:"name"`
	Files       int64  `bun:"files"`
	Bytes       int64  `bun:"bytes"`
	QuotaBytes  *int64 `bun:"quota_bytes"`
	Deleted     bool   `bun:"deleted"`
}

// UsageByWorkspace adds up files by workspace, the most bytes first, and counts
// the workspaces there are.
func UsageByWorkspace(ctx context.Context, q bun.IDB, limit int) (list []WorkspaceUsage, all int, err error) {
	list = []WorkspaceUsage{}
	err = q.NewRaw(`SELECT w.id, w.name, COALESCE(b.files, 0) AS files, COALESCE(b.bytes, 0) AS bytes, u.quota_bytes,
			CASE WHEN w.deleted_at IS NULL THEN 0 ELSE 1 END AS deleted
		FROM workspaces AS w LEFT JOIN storage_usage AS u ON u.workspace_id = w.id
		LEFT JOIN (SELECT workspace_id, count(*) AS files, CAST(SUM(size_bytes) AS BIGINT) AS bytes FROM blobs GROUP BY workspace_id) AS b ON b.workspace_id = w.id
		ORDER BY 4 DESC, w.name, w.id LIMIT ?`, limit).Scan(ctx, &list)
	if err != nil {
		return nil, 0, Fault(err, "adding up files by workspace")
	}
	err = q.NewRaw(`SELECT count(*) FROM workspaces`).Scan(ctx, &all)
	return list, all, Fault(err, "counting workspaces")
}

// LargeFile is a file with what its workspace's rows say of it.
type LargeFile struct {
	Blob
	Facts string `bun:"facts"` // the payload of its file_meta, "" if there is none
	Owner string `bun:"owner"` // who put it there
}

const fileFacts = `SELECT b.*, COALESCE(r.payload, '') AS facts, COALESCE(u.display_name, '') AS owner FROM blobs AS b
	LEFT JOIN sync_rows AS r ON r.workspace_id = b.workspace_id AND r.table_name = 'file_meta' AND r.pk = b.hash AND r.deleted = 0
	LEFT JOIN users AS u ON u.id = b.created_by`

// LargestFiles lists a workspace's largest files.
func LargestFiles(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]LargeFile, error) {
	list := []LargeFile{}
	err := q.NewRaw(fileFacts+` WHERE b.workspace_id = ? ORDER BY b.size_bytes DESC, b.hash LIMIT ?`, workspaceID, limit).Scan(ctx, &list)
	return list, Fault(err, "listing the largest files")
}

// DamagedFiles lists damaged files, of all workspaces for "", those found last
// first, and counts them. What is about to be collected is left out.
func DamagedFiles(ctx context.Context, q bun.IDB, workspaceID string, limit int) (list []LargeFile, all int64, err error) {
	list = []LargeFile{}
	const damaged = ` WHERE b.damaged_at IS NOT NULL AND b.condemned_at IS NULL AND (? = '' OR b.workspace_id = ?)`
	err = q.NewRaw(fileFacts+damaged+` ORDER BY b.damaged_at DESC, b.workspace_id, b.hash LIMIT ?`, workspaceID, workspaceID, limit).Scan(ctx, &list)
	if err != nil {
		return nil, 0, Fault(err, "listing damaged files")
	}
	err = q.NewRaw(`SELECT count(*) FROM blobs AS b`+damaged, workspaceID, workspaceID).Scan(ctx, &all)
	return list, all, Fault(err, "counting damaged files")
}
