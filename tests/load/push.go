package main

import (
	"bytes"
	"context"
	"encoding/json"
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
	s, err := newSite(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := s.token(ctx, o)
	if err != nil {
		return err
	}
	n, err := s.start(ctx, o, s.dir)
	if err != nil {
		return err
	}
	defer n.stop()
	workspace, err := n.workspace(ctx, token)
	if err != nil {
		return err
	}
	before, err := fsyncRate(s.dir)
	if err != nil {
		return err
	}

	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		all    spread
		acked  int
		failed error
	)
	deadline := time.Now().Add(o.duration)
	began := time.Now()
	for i := range o.clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			own, count, err := pusher(n.base, workspace, token, i, o.batch, deadline)
			mu.Lock()
			defer mu.Unlock()
			all, acked = append(all, own...), acked+count
			if err != nil && failed == nil {
				failed = err
			}
		}()
	}
	wait.Wait()
	took := time.Since(began)
	if failed != nil {
		return failed
	}
	after, err := fsyncRate(s.dir)
	if err != nil {
		return err
	}
	rate := float64(acked) / took.Seconds()
	fsync := (before + after) / 2
	fmt.Printf("push: %d clients, %d op(s) per push: %.0f acknowledged ops/s; %s\n", o.clients, o.batch, rate, all)
	fmt.Printf("push: this disk alone: %.0f fsync/s of 4 KiB; ratio %.2f ops per fsync\n", fsync, rate/fsync)
	return nil
}

func pusher(base, workspace, token string, client, batch int, deadline time.Time) (spread, int, error) {
	w, err := dial(base)
	if err != nil {
		return nil, 0, err
	}
	defer w.conn.Close()
	var own spread
	acked := 0
	for time.Now().Before(deadline) {
		request, err := pushRequest(base, workspace, token, client, batch)
		if err != nil {
			return own, acked, err
		}
		sent := time.Now()
		status, body, err := w.roundTrip(request, true)
		if err != nil {
			return own, acked, err
		}
		own = append(own, time.Since(sent))
		if n := bytes.Count(body, []byte(`"status":"applied"`)); status == 200 && n == batch {
			acked += n
			continue
		}
		return own, acked, fmt.Errorf("push answered %d %s", status, body)
	}
	return own, acked, nil
}

// pushRequest is a whole HTTP request that creates batch new messages.
func pushRequest(base, workspace, token string, client, batch int) ([]byte, error) {
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
		id, err := uuid.NewV7()
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
