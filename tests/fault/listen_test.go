//go:build linux

package fault

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/sync/wire"
)

// listener is the stream of one member: it comes back whenever it breaks, says
// to the device that there is something new, and looks that no version was left
// out between two events.
type listener struct {
	member *member
	site   *site

	mu     sync.Mutex
	cursor int64
	events int
	lives  int
	broken error // the server left something out
}

// listen gives a number of members a stream each, until ctx ends.
func (f *fleet) listen(ctx context.Context, members int) (listeners []*listener, wait func()) {
	var running sync.WaitGroup
	for _, m := range f.members[:members] {
		l := &listener{member: m, site: f.site}
		listeners = append(listeners, l)
		running.Go(func() {
			for ctx.Err() == nil {
				l.live(ctx)
				pause(ctx, 50*time.Millisecond)
			}
		})
	}
	return listeners, running.Wait
}

// hear looks that every stream works again: what one device writes now comes to
// all that listen.
func (f *fleet) hear(t *testing.T, listeners []*listener, base string) {
	t.Helper()
	last := f.members[len(f.members)-1]
	last.device.Write(last.message("thread-00"))
	f.settle(t)
	head := last.device.Cursor()
	for _, l := range listeners {
		eventually(t, "the stream of "+l.member.device.Name()+" comes to the head", func() bool {
			at, broken := l.at()
			if broken != nil {
				t.Fatalf("seed %d: %v", f.seed, broken)
			}
			return at >= head
		})
	}
	f.check(t, base)
}

// at tells how far the stream has come, and whether it skipped anything.
func (l *listener) at() (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursor, l.broken
}

// live is one connection.
func (l *listener) live(ctx context.Context) {
	cursor, _ := l.at()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		fmt.Sprintf("%s/api/sync/stream?workspace_id=%s&cursor=%d", l.member.via.Base, l.site.workspace, cursor), nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+l.site.token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: callTimeout}}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return
	}
	l.mu.Lock()
	l.lives++
	l.mu.Unlock()
	name, data := "", ""
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ":"); field {
		case "event":
			name = strings.TrimSpace(value)
		case "data":
			data = strings.TrimSpace(value)
		case "":
			if lines.Text() != "" { // a comment
				continue
			}
			if name != "" && !l.heard(ctx, name, data) {
				return
			}
			name, data = "", ""
		}
	}
}

// heard takes an event; false ends the connection.
func (l *listener) heard(ctx context.Context, name, data string) bool {
	switch name {
	case "changes":
		var e struct {
			Changes    []wire.Change `json:"changes"`
			NextCursor int64         `json:"next_cursor"`
			HistoryID  string        `json:"history_id"`
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			l.fail(fmt.Errorf("an event cannot be read: %w", err))
			return false
		}
		l.mu.Lock()
		next := l.cursor
		for _, c := range e.Changes {
			if c.ServerVersion != next+1 && l.broken == nil { // nothing is private in this workspace
				l.broken = fmt.Errorf("the stream of %s has version %d after %d", l.member.device.Name(), c.ServerVersion, next)
			}
			next = c.ServerVersion
		}
		if e.NextCursor != next && l.broken == nil {
			l.broken = fmt.Errorf("the stream of %s goes on at %d after version %d", l.member.device.Name(), e.NextCursor, next)
		}
		l.cursor = max(l.cursor, e.NextCursor)
		l.events++
		l.mu.Unlock()
		l.member.sync(ctx)
		return true
	case "resync": // pull instead, and listen from there
		l.member.sync(ctx)
		l.mu.Lock()
		l.cursor = l.member.device.Cursor()
		l.mu.Unlock()
	}
	return false
}

func (l *listener) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		l.broken = err
	}
}
