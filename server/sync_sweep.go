package server

import (
	"context"
	"time"

	"or3.cloud/or3/internal/job"
)

// sweepEvery is how often what is old is collected, and sweepFirst when the
// first time is: a server that just started has better things to do.
const (
	sweepEvery = time.Hour
	sweepFirst = 5 * time.Minute
)

// startSweeping collects old deletions and changes of all workspaces every
// hour, until the server is released. Of several nodes one does it.
func (s *Server) startSweeping(every time.Duration) {
	if every == 0 {
		every = sweepEvery
	}
	jobs := job.New(job.Options{DB: s.db, Log: s.log})
	jobs.Start(job.Job{Name: "sync-sweep", First: min(sweepFirst, every), Every: every, Run: func(ctx context.Context, _ job.Lease) error {
		return s.engine.Sweep(ctx)
	}})
	s.onRelease(jobs.Close)
}
