package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// subscribe opens a stream from the head and gives it once it has begun.
func subscribe(base, workspace, token string, cursor int64) (net.Conn, *bufio.Reader, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil, nil, err
	}
	_, err = fmt.Fprintf(conn, "GET /api/sync/stream?workspace_id=%s&cursor=%d HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer %s\r\n\r\n", workspace, cursor, token)
	in := bufio.NewReaderSize(conn, 2048)
	for err == nil {
		var line string
		if line, err = in.ReadString('\n'); strings.HasPrefix(line, "HTTP/") && !strings.Contains(line, " 200 ") {
			err = fmt.Errorf("a stream answered %s", line)
		}
		if strings.HasPrefix(line, ": open") {
			return conn, in, nil
		}
	}
	_ = conn.Close()
	return nil, nil, err
}

// running is a started node with a person and her workspace.
type running struct {
	n                *node
	dir              string // of its data
	token, workspace string
	tokens           []string // one for each person, where there are several
	close            func()
}

func launch(ctx context.Context, o options, people int) (*running, error) {
	s, err := newSite(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &running{close: s.close, dir: s.dir}
	if r.token, err = s.token(ctx, o); err != nil {
		return r, err
	}
	r.tokens = []string{r.token}
	for i := 1; i < people; i++ {
		email := fmt.Sprintf("reader%d@kestrel.example", i)
		if _, err := s.cli(ctx, o, ownerPassword+"\n", "user", "add", "--email", email, "--name", email, "--password-stdin", "--workspace", "Kestrel", "--role", "viewer"); err != nil {
			return r, err
		}
		out, err := s.cli(ctx, o, "", "token", "create", "--email", email, "--name", "load")
		if err != nil {
			return r, err
		}
		for _, word := range strings.Fields(out) {
			if strings.HasPrefix(word, "or3_pat_") {
				r.tokens = append(r.tokens, word)
			}
		}
	}
	if r.n, err = s.start(ctx, o, s.dir); err != nil {
		return r, err
	}
	r.close = func() { r.n.stop(); s.close() }
	r.workspace, err = r.n.workspace(ctx, r.token)
	return r, err
}

// streamsOfOne is how many streams the server gives one person.
const streamsOfOne = 64

// measureLatency is how long after a push was sent its change is at other
// devices: 1,000 subscribers, 20 commits a second.
func measureLatency(ctx context.Context, o options) error {
	const subscribers, perSecond = 1000, 20
	r, err := launch(ctx, o, (subscribers+streamsOfOne-1)/streamsOfOne)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	commits := int(o.duration.Seconds() * perSecond)
	sent := make([]time.Time, commits+1) // by version
	var mu sync.Mutex
	var all spread
	var wait sync.WaitGroup
	for i := range subscribers {
		conn, in, err := subscribe(r.n.base, r.workspace, r.tokens[i/streamsOfOne], 0)
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(o.duration + 30*time.Second))
		wait.Add(1)
		go func() {
			defer wait.Done()
			own := make(spread, 0, commits)
			for seen := 0; seen < commits; {
				line, err := in.ReadString('\n')
				if err != nil {
					break
				}
				if !strings.HasPrefix(line, "id: ") {
					continue
				}
				at, version := time.Now(), 0
				_, _ = fmt.Sscanf(line, "id: %d", &version)
				mu.Lock()
				for ; seen < version && seen < commits; seen++ {
					own = append(own, at.Sub(sent[seen+1]))
				}
				mu.Unlock()
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		}()
	}
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for i := range commits {
		<-tick.C
		request, err := pushRequest(r.n.base, r.workspace, r.token, 0, 1, false)
		if err != nil {
			return err
		}
		mu.Lock()
		sent[i+1] = time.Now()
		mu.Unlock()
		status, body, err := w.roundTrip(request, true)
		if err != nil || status != 200 || !bytes.Contains(body, []byte(`"applied"`)) {
			return fmt.Errorf("push answered %d %s %w", status, body, err)
		}
	}
	wait.Wait()
	fmt.Printf("latency: push sent to change at another device, %d subscribers, %d commits/s: %s (%d of %d arrived)\n",
		subscribers, perSecond, all, len(all), subscribers*commits)
	return nil
}

// measureIdle is what 10,000 streams without news cost in memory.
func measureIdle(ctx context.Context, o options) error {
	const streams = 10_000
	r, err := launch(ctx, o, (streams+streamsOfOne-1)/streamsOfOne)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	before, err := r.n.rss()
	if err != nil {
		return err
	}
	for i := range streams {
		conn, _, err := subscribe(r.n.base, r.workspace, r.tokens[i/streamsOfOne], 0)
		if err != nil {
			return fmt.Errorf("stream %d: %w", i, err)
		}
		defer conn.Close()
	}
	time.Sleep(30 * time.Second) // heartbeats go round twice, and what opening took is given back
	after, err := r.n.rss()
	if err != nil {
		return err
	}
	fmt.Printf("idle: %d idle streams: %.1f MiB in all, %.1f MiB before them, %.1f KiB each\n", streams, after, before, (after-before)*1024/streams)
	return nil
}
