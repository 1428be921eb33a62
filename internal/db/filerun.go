package db

import (
	"context"

	"github.com/uptrace/bun"
)

// Kinds and states of a FileRun.
const (
	FileCollect = "collect"
	FileScrub   = "scrub"

	RunRunning = "running"
	RunDone    = "done"
	RunFailed  = "failed"
	RunStopped = "stopped" // whoever ran it went away; the next run goes on
)

// FileRun is one collection or one check of files. Times are epoch ms.
type FileRun struct {
	bun.BaseModel    `bun:"table:file_runs"`
	ID               string `bun:"id,pk"`
	Kind             string `bun:"kind"`
	WorkspaceID      string `bun:"workspace_id"` // "" = all
	ActorID          string `bun:"actor_id"`     // "" = by itself
	State            string `bun:"state"`
	StartedAt        int64  `bun:"started_at"`
	UpdatedAt        int64  `bun:"updated_at"`
	FinishedAt       int64  `bun:"finished_at"` // 0 = not yet
	RetentionSeconds int64  `bun:"retention_seconds"`
	Total            int64  `bun:"total"`  // files it has to look at; 0 = not known yet
	Looked           int64  `bun:"looked"` // files it has looked at
	Marked           int64  `bun:"marked"` // files it marked to go later
	Found            int64  `bun:"found"`  // files it deleted, or found to be wrong
	Bytes            int64  `bun:"bytes"`  // freed, or read
	Error            string `bun:"error"`
}

// InsertFileRun writes a run, and keeps of the workspace's runs of its kind the
// newest 50. added is false, and nothing happens, for a check while one is
// running.
func InsertFileRun(ctx context.Context, tx bun.IDB, r *FileRun) (added bool, err error) {
	res, err := tx.NewInsert().Model(r).On("CONFLICT DO NOTHING").Exec(ctx)
	if added, err = changedOne(res, err, "writing down a run"); err != nil || !added {
		return false, err
	}
	_, err = tx.NewRaw(`DELETE FROM file_runs WHERE workspace_id = ? AND kind = ? AND id NOT IN (
		SELECT id FROM file_runs WHERE workspace_id = ? AND kind = ? ORDER BY started_at DESC, id DESC LIMIT 50)`,
		r.WorkspaceID, r.Kind, r.WorkspaceID, r.Kind).Exec(ctx)
	return err == nil, Fault(err, "forgetting old runs")
}

// UpdateFileRun writes how far a run is, unless somebody took it for dead, or how
// it ended.
func UpdateFileRun(ctx context.Context, tx bun.IDB, r *FileRun) error {
	_, err := tx.NewUpdate().Model(r).WherePK().Where("state = ? OR ? <> ?", RunRunning, r.State, RunRunning).Exec(ctx)
	return Fault(err, "writing down a run")
}

// StopFileRuns ends the runs that have told nothing since a time.
func StopFileRuns(ctx context.Context, tx bun.IDB, before int64) error {
	_, err := tx.NewRaw(`UPDATE file_runs SET state = 'stopped', finished_at = updated_at WHERE state = 'running' AND updated_at < ?`, before).Exec(ctx)
	return Fault(err, "ending runs")
}

// ListedFileRun is a run with the name of who asked for it.
type ListedFileRun struct {
	FileRun
	ActorName string `bun:"actor_name"`
}

// FileRuns lists runs of a workspace, the newest first; everywhere adds those of
// all workspaces together, which tell how many files others have.
func FileRuns(ctx context.Context, q bun.IDB, workspaceID string, everywhere bool, limit int) ([]ListedFileRun, error) {
	list, of := []ListedFileRun{}, []string{workspaceID}
	if everywhere {
		of = append(of, "")
	}
	err := q.NewRaw(`SELECT f.*, COALESCE(u.display_name, '') AS actor_name FROM file_runs AS f LEFT JOIN users AS u ON u.id = f.actor_id
		WHERE f.workspace_id IN (?) ORDER BY f.started_at DESC, f.id DESC LIMIT ?`, bun.List(of), limit).Scan(ctx, &list)
	return list, Fault(err, "listing runs")
}

// DeleteFileRun forgets a run.
func DeleteFileRun(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`DELETE FROM file_runs WHERE id = ?`, id).Exec(ctx)
	return Fault(err, "forgetting a run")
}
