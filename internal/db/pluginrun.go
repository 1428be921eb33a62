package db

import (
	"context"

	"github.com/uptrace/bun"
)

// PluginRun is when a plugin's job last began in a workspace, and how that ended.
type PluginRun struct {
	PluginID, WorkspaceID, JobID string

	StartedAt int64 // epoch ms
	EndedAt   int64 // 0 while it runs, or when its node died
	Error     string
}

// PluginRuns reads all of them.
func PluginRuns(ctx context.Context, q bun.IDB) ([]PluginRun, error) {
	list := []PluginRun{}
	err := q.NewRaw(`SELECT plugin_id, workspace_id, job_id, started_at, ended_at, error FROM plugin_runs`).Scan(ctx, &list)
	return list, Fault(err, "reading when plugins' jobs ran")
}

// PutPluginRun writes one.
func PutPluginRun(ctx context.Context, tx bun.IDB, r PluginRun) error {
	_, err := tx.NewRaw(`INSERT INTO plugin_runs (plugin_id, workspace_id, job_id, started_at, ended_at, error) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (plugin_id, workspace_id, job_id) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, error = excluded.error`,
		r.PluginID, r.WorkspaceID, r.JobID, r.StartedAt, r.EndedAt, r.Error).Exec(ctx)
	return Fault(err, "writing when a plugin's job ran")
}

// DropPluginRuns forgets when a plugin's jobs ran.
func DropPluginRuns(ctx context.Context, tx bun.IDB, pluginID string) error {
	_, err := tx.NewRaw(`DELETE FROM plugin_runs WHERE plugin_id = ?`, pluginID).Exec(ctx)
	return Fault(err, "forgetting when a plugin's jobs ran")
}
