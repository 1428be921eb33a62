package server

import (
	"context"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/job"
)

// How often files that nothing names are collected, how often it is looked
// whether bytes are due to be read, and when for the first time.
const (
	collectFilesEvery = 6 * time.Hour
	checkFilesEvery   = time.Hour
	keepFilesFirst    = 10 * time.Minute
)

// openKeeper makes what looks after files that are there already.
func (s *Server) openKeeper() {
	c := s.config.Storage
	s.files.keeper = file.NewKeeper(file.KeeperOptions{Books: s.files.books, Store: s.files.store, Bus: s.bus, Audit: s.audit, Log: s.log,
		Retention: c.Retention, CheckEvery: c.CheckEvery, CheckRate: c.CheckRate})
	s.bus.Declare(file.Collected)
}

// keepFiles collects and checks files now and then, until the server is
// released. Of several nodes one does it.
func (s *Server) keepFiles() {
	if s.files == nil {
		return
	}
	jobs := job.New(job.Options{DB: s.db, Log: s.log})
	jobs.Start(job.Job{Name: "file-collect", First: keepFilesFirst, Every: collectFilesEvery, Run: func(ctx context.Context, _ job.Lease) error {
		return s.files.keeper.CollectAll(ctx)
	}})
	jobs.Start(job.Job{Name: "file-check", First: keepFilesFirst, Every: checkFilesEvery, Run: func(ctx context.Context, _ job.Lease) error {
		_, err := s.files.keeper.Check(ctx)
		if fault.Is(err, fault.Conflict) { // somebody has them checked just now
			return nil
		}
		return err
	}})
	s.judgeUploads()
	s.onRelease(func() error { s.files.asked.Wait(); return nil })
	s.onRelease(jobs.Close)
	s.watchKeeper()
}

// inBackground runs what a person has asked for until it is done or the server
// ends.
func (s *Server) inBackground(do func()) { s.files.asked.Go(do) }

func (s *Server) watchKeeper() {
	stats := s.files.keeper.Stats
	count := func(name, help string, of func(file.Stats) int64) {
		s.metrics.Counter(name, help, func() float64 { return float64(of(stats())) })
	}
	count("or3_storage_collections_total", "Times this node collected a workspace's files.", func(s file.Stats) int64 { return s.Runs })
	count("or3_storage_collected_files_total", "Files collected.", func(s file.Stats) int64 { return s.Deleted })
	count("or3_storage_collected_bytes_total", "Bytes of files collected.", func(s file.Stats) int64 { return s.FreedBytes })
	count("or3_storage_marked_files_total", "Files marked to be collected when the retention is over.", func(s file.Stats) int64 { return s.Marked })
	count("or3_storage_abandoned_uploads_total", "Intents and remains of uploads that were given up.", func(s file.Stats) int64 { return s.Abandoned })
	count("or3_storage_checked_files_total", "Files whose bytes were read and held against their name.", func(s file.Stats) int64 { return s.Checked })
	count("or3_storage_checked_bytes_total", "Bytes read by checks.", func(s file.Stats) int64 { return s.CheckedBytes })
	count("or3_storage_check_damaged_total", "Files that checks found to be damaged.", func(s file.Stats) int64 { return s.Damaged })
	count("or3_storage_check_mended_total", "Files that checks found to be right again.", func(s file.Stats) int64 { return s.Mended })
	at := func(ms int64) float64 { return float64(ms) / 1000 }
	s.metrics.Gauge("or3_storage_last_collection_seconds", "When this node last ended a collection of all workspaces, in epoch seconds; 0 = not yet.", func() float64 { return at(stats().LastCollected) })
	s.metrics.Gauge("or3_storage_last_check_seconds", "When this node last ended a check, in epoch seconds; 0 = not yet.", func() float64 { return at(stats().LastChecked) })
}

// collectFilesRequest asks for a collection.
type collectFilesRequest struct {
	WorkspaceID      string `json:"workspace_id" validate:"required,id"`
	RetentionSeconds *int64 `json:"retention_seconds,omitzero" validate:"omitempty,min=0,max=31536000"`
	Limit            int    `json:"limit,omitzero" validate:"omitempty,min=1,max=10000"`
	DryRun           bool   `json:"dry_run,omitzero"`
}

// collectFilesReply is what a collection did; of a dry run, what it would do.
type collectFilesReply struct {
	DeletedCount int64         `json:"deleted_count"`
	FreedBytes   int64         `json:"freed_bytes"`
	MarkedCount  int64         `json:"marked_count"`  // nothing names them since now
	WaitingCount int64         `json:"waiting_count"` // nothing names them, and their retention is not over
	HasMore      bool          `json:"has_more"`      // the limit was reached
	Files        []collectFile `json:"files,omitzero"`
}

// collectFile is a file that would go.
type collectFile struct {
	Hash         string    `json:"hash"`
	MediaType    string    `json:"mime_type,omitempty"`
	SizeBytes    int64     `json:"size_bytes"`
	UnnamedSince time.Time `json:"unnamed_since"`
	NotCommitted bool      `json:"not_committed,omitzero"` // bytes of an upload that was never committed
}

// collectFiles deletes the files of a workspace that nothing has named for the
// retention.
func (s *Server) collectFiles(r *request, in collectFilesRequest) (collectFilesReply, error) {
	req := file.CollectRequest{WorkspaceID: in.WorkspaceID, Retention: -1, Limit: in.Limit, Dry: in.DryRun, ActorID: r.Session().UserID}
	if in.RetentionSeconds != nil {
		req.Retention = time.Duration(*in.RetentionSeconds) * time.Second
	}
	done, err := s.files.keeper.Collect(r.Ctx(), req)
	if err != nil && fault.KindOf(err) == fault.Internal && r.Ctx().Err() != nil {
		err = fault.Wrap(err, fault.Unavailable, "There are more files than could be collected in time. What went stays gone; collect again, or name a smaller limit.")
	}
	out := collectFilesReply{DeletedCount: done.Deleted, FreedBytes: done.Freed, MarkedCount: done.Marked, WaitingCount: done.Waiting, HasMore: done.More}
	if in.DryRun {
		out.Files = []collectFile{}
	}
	for _, f := range done.Files {
		out.Files = append(out.Files, collectFile{Hash: f.Hash, MediaType: f.MediaType, SizeBytes: f.Size, UnnamedSince: f.Since.UTC(), NotCommitted: f.Stray})
	}
	return out, err
}
