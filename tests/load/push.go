package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
)

// measurePush counts ops that were acknowledged over HTTP, each durable before
// its answer, beside how often this disk can fsync a 4 KiB append by itself.
func measurePush(ctx context.Context, o options) error {
	r, err := launch(ctx, o, 1)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	before, err := fsyncRate(r.dir)
	if err != nil {
		return err
	}
	clients := o.clientsOr(32)
	got, err := r.push(clients, o.batch, o.ids == "random", o.duration)
	if err != nil {
		return err
	}
	after, err := fsyncRate(r.dir)
	if err != nil {
		return err
	}
	fsync := (before + after) / 2
	fmt.Printf("push: %d clients, %d op(s) per push, %s ids: %.0f acknowledged ops/s; %s; %s\n", clients, o.batch, o.ids, got.rate(), got.latencies, got.cost)
	fmt.Printf("push: this disk alone: %.0f fsync/s of 4 KiB; ratio %.2f ops per fsync\n", fsync, got.rate()/fsync)
	return nil
}

// done is what clients got done within a time, each waiting for an answer
// before it asks again.
type done struct {
	latencies spread
	count     int
	took      time.Duration
	cost      string
}

func (d done) rate() float64 { return float64(d.count) / d.took.Seconds() }

// push has clients push new messages.
func (r *running) push(clients, batch int, random bool, length time.Duration) (done, error) {
	used, err := r.n.meter()
	if err != nil {
		return done{}, err
	}
	all, err := closedLoop(r.n.base, clients, length, func(w *wire, client int) (int, error) {
		request, err := pushRequest(r.n.base, r.workspace, r.token, client, batch, random)
		if err != nil {
			return 0, err
		}
		status, body, err := w.timed(request)
		if err != nil {
			return 0, err
		}
		if n := bytes.Count(body, []byte(`"status":"applied"`)); status != 200 || n != batch {
			return 0, fmt.Errorf("push answered %d %s", status, body)
		}
		return batch, nil
	})
	all.cost = used.per(all.count, "op")
	return all, err
}

// closedLoop gives each client a connection and lets it work again and again;
// work asks once, with w.timed, and tells how much it got done.
func closedLoop(base string, clients int, length time.Duration, work func(w *wire, client int) (int, error)) (done, error) {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		all    done
		failed error
	)
	began := time.Now()
	for i := range clients {
		wait.Go(func() {
			w, err := dial(base)
			count := 0
			if err == nil {
				defer w.conn.Close()
				for n := 0; err == nil && time.Since(began) < length; count += n {
					n, err = work(w, i)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if w != nil {
				all.latencies = append(all.latencies, w.latencies...)
			}
			all.count += count
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	all.took = time.Since(began)
	return all, failed
}

// timed is roundTrip with the body, and remembers how long it took.
func (w *wire) timed(request []byte) (status int, body []byte, err error) {
	sent := time.Now()
	status, body, err = w.roundTrip(request, true)
	w.latencies = append(w.latencies, time.Since(sent))
	return status, body, err
}

// pushRequest is a whole HTTP request that creates batch new messages.
func pushRequest(base, workspace, token string, client, batch int, random bool) ([]byte, error) {
	type stamp struct {
		DeviceID string `json:"device_id"`
		OpID     string `json:"op_id"`
		HLC      string `json:"hlc"`
		Clock    int    `json:"clock"`
	}
	type op struct {
		Table   string         `json:"table"`
		Op      string         `json:"op"`
		PK      string         `json:"pk"`
		Payload map[string]any `json:"payload"`
		Stamp   stamp          `json:"stamp"`
	}
	ops := make([]op, batch)
	for i := range ops {
		now := time.Now()
		newID := uuid.NewV7
		if random {
			newID = uuid.NewRandom
		}
		id, err := newID()
		if err != nil {
			return nil, err
		}
		opID, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		hlc := fmt.Sprintf("%013d:%04d:load%04d", now.UnixMilli(), i, client)
		ops[i] = op{Table: "messages", Op: "put", PK: id.String(), Payload: map[string]any{
			"id": id.String(), "thread_id": "load", "role": "user", "index": 0, "order_key": hlc, "deleted": false,
			"created_at": now.Unix(), "updated_at": now.Unix(), "clock": 1, "data": map[string]any{"content": "The seal kit arrives on Thursday, before the tide."},
		}, Stamp: stamp{DeviceID: fmt.Sprintf("load-%d", client), OpID: opID.String(), HLC: hlc, Clock: 1}}
	}
	body, err := json.Marshal(map[string]any{"workspace_id": workspace, "ops": ops})
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("POST /api/sync/push HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		base[len("http://"):], token, len(body))
	return append([]byte(head), body...), nil
}

// fsyncRate is how many 4 KiB appends per second this disk makes durable, one at a time.
func fsyncRate(dir string) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "fsync.probe"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	block := make([]byte, 4096)
	began := time.Now()
	count := 0
	for time.Since(began) < time.Second {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		count++
	}
	return float64(count) / time.Since(began).Seconds(), nil
}
