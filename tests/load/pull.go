package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// measurePull reads a log of messages from its beginning in pages of 1000, over
// and over, from as many clients as asked for.
func measurePull(ctx context.Context, o options) error {
	r, err := launch(ctx, o, 1)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	rows := o.rowsOr(100_000)
	if err := r.fillMany([]string{r.workspace}, rows); err != nil {
		return err
	}
	got, err := r.pull(o.clientsOr(1), []string{r.workspace}, rows, o.duration)
	if err != nil {
		return err
	}
	fmt.Printf("pull: %d client(s), pages of 1000: %.0f changes/s, %.1f MB/s; a page: %s; %s\n",
		o.clientsOr(1), got.rate(), float64(got.bytes)/got.took.Seconds()/1e6, got.pages, got.cost)
	return nil
}

// pulled is what readers got within a time.
type pulled struct {
	pages   spread
	changes int
	bytes   int
	took    time.Duration
	cost    string
}

func (p pulled) rate() float64 { return float64(p.changes) / p.took.Seconds() }

// pull has clients read logs of so many changes each, again and again.
func (r *running) pull(clients int, workspaces []string, rows int, length time.Duration) (pulled, error) {
	used, err := r.n.meter()
	if err != nil {
		return pulled{}, err
	}
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		all    pulled
		failed error
	)
	began := time.Now()
	for i := range clients {
		wait.Go(func() {
			own, err := r.puller(workspaces, i, rows, began.Add(length))
			mu.Lock()
			defer mu.Unlock()
			all.pages, all.changes, all.bytes = append(all.pages, own.pages...), all.changes+own.changes, all.bytes+own.bytes
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	all.took = time.Since(began)
	all.cost = used.per(all.changes, "change")
	return all, failed
}

// puller begins with the workspace of its number, so that clients do not read
// the same pages at the same time.
func (r *running) puller(workspaces []string, number, rows int, deadline time.Time) (own pulled, err error) {
	w, err := dial(r.n.base)
	if err != nil {
		return own, err
	}
	defer w.conn.Close()
	for ; time.Now().Before(deadline); number++ {
		workspace := workspaces[number%len(workspaces)]
		for cursor := 0; cursor < rows; cursor += 1000 {
			body := fmt.Sprintf(`{"workspace_id":%q,"cursor":%d,"limit":1000}`, workspace, cursor)
			sent := time.Now()
			status, size, err := w.discard(post("/api/sync/pull", r.token, body))
			if err != nil || status != 200 {
				return own, fmt.Errorf("pull answered %d %w", status, err)
			}
			own.pages, own.changes, own.bytes = append(own.pages, time.Since(sent)), own.changes+min(1000, rows-cursor), own.bytes+size
		}
	}
	return own, nil
}
