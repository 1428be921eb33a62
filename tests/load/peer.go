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
	"strings"
	"syscall"
	"time"
)

const (
	peerEmail    = "load@peer.example"
	peerPassword = "long-enough-for-a-peer"
)

// measurePeer has PocketBase and this program do the same work by turns, on the
// same disk: create messages singly and by 50, and read them in pages of 1000.
func measurePeer(ctx context.Context, o options) error {
	p, stop, err := launchPeer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	r, err := launch(ctx, o, 1)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	if err := p.allowBatches(ctx); err != nil {
		return err
	}
	clients := o.clientsOr(32)
	for _, batch := range []int{1, 50} {
		theirs, err := p.create(clients, batch, o.duration)
		if err != nil {
			return err
		}
		ours, err := r.push(clients, batch, false, o.duration)
		if err != nil {
			return err
		}
		fmt.Printf("peer: %d clients, %d message(s) per request: PocketBase %.0f records/s (%s); or3 %.0f ops/s (%s). %.1f ×\n",
			clients, batch, theirs.rate(), theirs.latencies, ours.rate(), ours.latencies, ours.rate()/theirs.rate())
	}
	theirs, err := p.list(o.duration)
	if err != nil {
		return err
	}
	ours, err := r.pull(1, []string{r.workspace}, pages*1000, o.duration)
	if err != nil {
		return err
	}
	fmt.Printf("peer: 1 client, pages of 1000: PocketBase lists %.0f records/s (a page: %s); or3 pulls %.0f changes/s (a page: %s). %.1f ×\n",
		theirs.rate(), theirs.latencies, ours.rate(), ours.pages, ours.rate()/theirs.rate())
	return nil
}

// pages of 1000 are read from the beginning again and again, by both: a short
// measurement has written that many.
const pages = 5

// peer is a running PocketBase with a collection of messages.
type peer struct{ base, token string }

// launchPeer builds PocketBase, starts it and makes its collections.
func launchPeer(ctx context.Context) (p peer, stop func(), err error) {
	dir, err := os.MkdirTemp("", "or3-load-peer")
	if err != nil {
		return p, nil, err
	}
	stop = func() { os.RemoveAll(dir) }
	bin, err := buildPeer(ctx, dir)
	if err == nil {
		var end func()
		if p.base, end, err = startPeer(ctx, bin, filepath.Join(dir, "data")); err == nil {
			stop = func() { end(); os.RemoveAll(dir) }
			p.token, err = preparePeer(ctx, p.base)
		}
	}
	if err != nil {
		stop()
	}
	return p, stop, err
}

// allowBatches switches on what is off by default.
func (p peer) allowBatches(ctx context.Context) error {
	return peerCall(ctx, http.MethodPatch, p.base+"/api/settings", p.token,
		map[string]any{"batch": map[string]any{"enabled": true, "maxRequests": 50, "timeout": 30}}, nil)
}

// create has clients create messages, so many per request.
func (p peer) create(clients, batch int, length time.Duration) (done, error) {
	path, body := "/api/collections/messages/records", []byte(peerMessage)
	if batch > 1 {
		one := `{"method":"POST","url":"/api/collections/messages/records","body":` + peerMessage + `}`
		path, body = "/api/batch", []byte(`{"requests":[`+one+strings.Repeat(","+one, batch-1)+`]}`)
	}
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, p.base[len("http://"):], p.token, len(body), body)
	return closedLoop(p.base, clients, length, func(w *wire, _ int) (int, error) {
		status, answer, err := w.timed(request)
		if n := bytes.Count(answer, []byte(`"order_key"`)); err == nil && (status != http.StatusOK || n != batch) {
			err = fmt.Errorf("the peer answered %d %.500s", status, answer)
		}
		return batch, err
	})
}

// list reads messages from the beginning in pages of 1000.
func (p peer) list(length time.Duration) (done, error) {
	page := 0
	return closedLoop(p.base, 1, length, func(w *wire, _ int) (int, error) {
		request := fmt.Appendf(nil, "GET /api/collections/messages/records?perPage=1000&skipTotal=1&page=%d HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n\r\n",
			page%pages+1, p.base[len("http://"):], p.token)
		page++
		status, answer, err := w.timed(request)
		if n := bytes.Count(answer, []byte(`"order_key"`)); err == nil && (status != http.StatusOK || n != 1000) {
			err = fmt.Errorf("the peer answered %d with %d records", status, n)
		}
		return 1000, err
	})
}

const peerMessage = `{"thread_id":"load","role":"user","index":0,"order_key":"0000000000000:0000:load","data":{"content":"The seal kit arrives on Thursday, before the tide."}}`

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

// preparePeer signs in and makes the collections messages and files.
func preparePeer(ctx context.Context, base string) (token string, err error) {
	var signed struct{ Token string }
	if err := peerCall(ctx, http.MethodPost, base+"/api/collections/_superusers/auth-with-password", "",
		map[string]any{"identity": peerEmail, "password": peerPassword}, &signed); err != nil {
		return "", err
	}
	field := func(name, kind string) map[string]any { return map[string]any{"name": name, "type": kind} }
	collection := func(name string, fields ...any) error {
		return peerCall(ctx, http.MethodPost, base+"/api/collections", signed.Token, map[string]any{"name": name, "type": "base", "fields": fields}, nil)
	}
	if err := collection("messages", field("thread_id", "text"), field("role", "text"), field("index", "number"), field("order_key", "text"), field("data", "json")); err != nil {
		return "", err
	}
	content := field("content", "file")
	content["maxSelect"], content["maxSize"] = 1, 64<<20
	return signed.Token, collection("files", field("title", "text"), content)
}

func peerCall(ctx context.Context, method, url, token string, body, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
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
