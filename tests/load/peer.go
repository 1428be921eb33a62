package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

const (
	peerEmail    = "load@peer.example"
	peerPassword = "long-enough-for-a-peer"
)

// measurePeer creates the same messages in PocketBase, one request each, from
// as many clients: the peer's figure for the same work on the same disk.
func measurePeer(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "or3-load-peer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, err := buildPeer(ctx, dir)
	if err != nil {
		return err
	}
	base, stop, err := startPeer(ctx, bin, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer stop()
	token, err := preparePeer(ctx, base)
	if err != nil {
		return err
	}

	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		all    spread
		failed error
	)
	began := time.Now()
	deadline := began.Add(o.duration)
	for range o.clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			own, err := peerClient(base, token, deadline)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			if err != nil && failed == nil {
				failed = err
			}
		}()
	}
	wait.Wait()
	if failed != nil {
		return failed
	}
	rate := float64(len(all)) / time.Since(began).Seconds()
	fmt.Printf("peer: PocketBase, %d clients, 1 record per request: %.0f acknowledged records/s; %s\n", o.clients, rate, all)
	return nil
}

func buildPeer(ctx context.Context, dir string) (string, error) {
	_, here, _, _ := runtime.Caller(0)
	bin := filepath.Join(dir, "pocketbase")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, ".")
	cmd.Dir = filepath.Join(filepath.Dir(here), "peers")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return bin, cmd.Run()
}

func startPeer(ctx context.Context, bin, data string) (base string, stop func(), err error) {
	if out, err := exec.CommandContext(ctx, bin, "superuser", "upsert", peerEmail, peerPassword, "--dir", data).CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("superuser: %w: %s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr := free.Addr().String()
	free.Close()
	cmd := exec.CommandContext(ctx, bin, "serve", "--http", addr, "--dir", data)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	base = "http://" + addr
	for range 200 {
		res, err := http.Get(base + "/api/health")
		if err == nil {
			res.Body.Close()
			return base, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("the peer did not start")
}

// preparePeer signs in and makes the collection messages.
func preparePeer(ctx context.Context, base string) (token string, err error) {
	var signed struct{ Token string }
	if err := peerCall(ctx, base+"/api/collections/_superusers/auth-with-password", "",
		map[string]any{"identity": peerEmail, "password": peerPassword}, &signed); err != nil {
		return "", err
	}
	field := func(name, kind string) map[string]any { return map[string]any{"name": name, "type": kind} }
	return signed.Token, peerCall(ctx, base+"/api/collections", signed.Token, map[string]any{
		"name": "messages", "type": "base", "fields": []any{
			field("thread_id", "text"), field("role", "text"), field("index", "number"), field("order_key", "text"), field("data", "json"),
		}}, nil)
}

func peerCall(ctx context.Context, url, token string, body, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %d %s", url, res.StatusCode, answer)
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(answer, reply)
}

func peerClient(base, token string, deadline time.Time) (spread, error) {
	w, err := dial(base)
	if err != nil {
		return nil, err
	}
	defer w.conn.Close()
	body := []byte(`{"thread_id":"load","role":"user","index":0,"order_key":"0000000000000:0000:load","data":{"content":"The seal kit arrives on Thursday, before the tide."}}`)
	request := fmt.Appendf(nil, "POST /api/collections/messages/records HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		base[len("http://"):], token, len(body), body)
	var own spread
	for time.Now().Before(deadline) {
		sent := time.Now()
		status, answer, err := w.roundTrip(request, true)
		if err != nil {
			return own, err
		}
		if status != http.StatusOK {
			return own, fmt.Errorf("the peer answered %d %s", status, answer)
		}
		own = append(own, time.Since(sent))
	}
	return own, nil
}
