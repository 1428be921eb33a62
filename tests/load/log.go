package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// manyWorkspaces share the log of measureLog.
const manyWorkspaces = 100

// measureLog asks whether a row costs more when the log is long: it pulls, takes
// a snapshot and collects one workspace on a server that has nothing else, and
// then another of the same size among a hundred, whose pushes came by turns.
func measureLog(ctx context.Context, o options) error {
	rows := o.rowsOr(5_000_000) / manyWorkspaces / 100 * 100
	if rows < 1000 {
		return fmt.Errorf("-rows is at least %d: a page of 1000 for each of %d workspaces", 1000*manyWorkspaces, manyWorkspaces)
	}
	r, err := launch(ctx, o, 1)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	if err := r.fillMany([]string{r.workspace}, rows); err != nil {
		return err
	}
	alone, err := r.costsOf(r.workspace, rows, o.duration)
	if err != nil {
		return err
	}
	ids := make([]string, manyWorkspaces)
	for i := range ids {
		var made struct{ Workspace struct{ ID string } }
		if status, err := r.n.call(ctx, http.MethodPost, "/api/workspaces", r.token, map[string]string{"name": fmt.Sprintf("Hull %d", i)}, &made); err != nil || made.Workspace.ID == "" {
			return fmt.Errorf("a workspace was answered with %d %w", status, err)
		}
		ids[i] = made.Workspace.ID
	}
	began := time.Now()
	if err := r.fillMany(ids, rows); err != nil {
		return err
	}
	fmt.Printf("log: %d rows in %d workspaces, filled in %.0f s\n", rows*manyWorkspaces, manyWorkspaces, time.Since(began).Seconds())
	among, err := r.costsOf(ids[manyWorkspaces/2], rows, o.duration)
	if err != nil {
		return err
	}
	for i, what := range []string{"pull", "snapshot", "collecting the log"} {
		fmt.Printf("log: %s, %d rows: alone %s; among %d workspaces %s; a row costs %.2f × the time, %.2f × the processor time\n",
			what, rows, alone[i], manyWorkspaces, among[i], among[i].row/alone[i].row, among[i].processor/alone[i].processor)
	}
	return nil
}

// rowCost is what one row took, in microseconds.
type rowCost struct{ row, processor float64 }

func (c rowCost) String() string {
	return fmt.Sprintf("%.2f µs a row (processor %.2f µs)", c.row, c.processor)
}

// costsOf measures pull, snapshot and, because it leaves nothing to pull,
// at last the collection of the log.
func (r *running) costsOf(workspace string, rows int, length time.Duration) (costs [3]rowCost, err error) {
	w, err := dial(r.n.base)
	if err != nil {
		return costs, err
	}
	defer w.conn.Close()
	time.Sleep(2 * time.Second) // the log of the database is folded in, and all is older than a second
	again := func(what func() (int, error)) (rowCost, error) {
		began := time.Now()
		used, err := r.n.meter()
		count := 0
		for n := 0; err == nil && time.Since(began) < length; count += n {
			n, err = what()
		}
		took := time.Since(began)
		server, database, more := r.n.cpu()
		each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(max(count, 1)) }
		return rowCost{each(took), each(server + database - used.server - used.database)}, errors.Join(err, more)
	}
	if costs[0], err = again(func() (int, error) { return r.pullAll(w, workspace, rows) }); err != nil {
		return costs, err
	}
	if costs[1], err = again(func() (int, error) {
		_, n, err := r.snapshot(w, workspace)
		return n, err
	}); err != nil {
		return costs, err
	}
	length = 1 // the log can be collected once
	costs[2], err = again(func() (int, error) { return r.collect(w, workspace, rows) })
	return costs, err
}

func (r *running) pullAll(w *wire, workspace string, rows int) (int, error) {
	for cursor := 0; cursor < rows; cursor += 1000 {
		status, _, err := w.discard(post("/api/sync/pull", r.token, fmt.Sprintf(`{"workspace_id":%q,"cursor":%d,"limit":1000}`, workspace, cursor)))
		if err != nil || status != http.StatusOK {
			return 0, fmt.Errorf("pull answered %d %w", status, err)
		}
	}
	return rows, nil
}

func (r *running) collect(w *wire, workspace string, rows int) (int, error) {
	status, answer, err := w.roundTrip(post("/api/sync/gc-change-log", r.token, fmt.Sprintf(`{"workspace_id":%q,"retention_seconds":1}`, workspace)), true)
	if err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("collecting answered %d %s %w", status, answer, err)
	}
	var collected struct {
		DeletedCount int `json:"deleted_count"`
	}
	if err := json.Unmarshal(answer, &collected); err != nil {
		return 0, err
	}
	if collected.DeletedCount < rows-1000 {
		return 0, fmt.Errorf("of %d changes %d were collected", rows, collected.DeletedCount)
	}
	return collected.DeletedCount, nil
}

// fillMany pushes so many messages to each workspace, 100 at a time and by
// turns, from several clients.
func (r *running) fillMany(workspaces []string, rows int) error {
	const clients = 8
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	turns := make(chan string, clients)
	for i := range clients {
		wait.Go(func() {
			w, err := dial(r.n.base)
			if err == nil {
				defer w.conn.Close()
			}
			for workspace := range turns { // after an error too, or the turns would not end
				if err != nil {
					continue
				}
				err = r.fillOnce(w, workspace, i)
			}
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	for range rows / 100 {
		for _, workspace := range workspaces {
			turns <- workspace
		}
	}
	close(turns)
	wait.Wait()
	return failed
}

// fillOnce pushes 100 messages.
func (r *running) fillOnce(w *wire, workspace string, client int) error {
	request, err := pushRequest(r.n.base, workspace, r.token, client, 100, false)
	if err != nil {
		return err
	}
	if status, body, err := w.roundTrip(request, true); err != nil || status != http.StatusOK {
		return fmt.Errorf("push answered %d %s %w", status, body, err)
	}
	return nil
}
