package server

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// streamGap is how many versions a stream reads from the log for a reader that
// begins; who has missed more is told to pull.
const streamGap = 10_000

// stream is one open connection of somebody who listens to a workspace. Its
// fields without a lock belong to whoever serves it: one worker at a time.
type stream struct {
	t           *streams
	session     *policies.Session
	workspaceID string
	heldSince   time.Time
	overAsked   time.Time // when beat last had a session looked at that is past its end

	conn  net.Conn
	watch *engine.Watch
	begun atomic.Bool

	pokes     atomic.Int64 // 0: nobody looks at it
	lastWrite atomic.Int64 // ns
	stalled   atomic.Bool  // the reader has not taken all of rest
	bye       atomic.Pointer[string]
	gone      sync.Once
	ended     bool

	cursor  int64
	history string
	joined  bool      // it has caught up with the log
	read    int64     // versions it has passed in the log to get there
	rest    []byte    // what is still to be written; nothing is added before it is
	since   time.Time // when the reader fell behind; zero while it keeps up
}

var heartbeat = []byte(": \n\n")

// wake has the stream looked at. It is quick, and safe at any time after begin.
func (st *stream) wake() {
	if st.pokes.Add(1) == 1 {
		st.t.enqueue(st)
	}
}

// sayBye ends the stream with a reason; the first one counts.
func (st *stream) sayBye(reason string) {
	if st.bye.CompareAndSwap(nil, &reason) && st.begun.Load() {
		st.wake()
	}
}

// serve writes what there is to write, until nothing is left or the reader
// does not take it.
func (st *stream) serve() {
	for {
		seen := st.pokes.Load()
		if !st.ended {
			st.advance()
		}
		if st.pokes.CompareAndSwap(seen, 0) {
			return
		}
	}
}

func (st *stream) advance() {
	for {
		if reason := st.bye.Load(); reason != nil {
			st.farewell(wire.EventBye, *reason)
			return
		}
		if len(st.rest) > 0 && !st.flush() {
			return
		}
		if !st.next() {
			break
		}
	}
	if !st.ended && len(st.rest) == 0 && time.Now().UnixNano()-st.lastWrite.Load() >= int64(streamBeat) {
		st.rest = heartbeat
		st.flush()
	}
}

// next finds what to write; false when there is nothing.
func (st *stream) next() bool {
	if !st.joined {
		return st.catchUp()
	}
	event, next, place := st.watch.After(st.session.UserID, st.history, st.cursor)
	switch place {
	case engine.OtherHistory:
		st.farewell(wire.EventResync, wire.ResyncHistory)
		return false
	case engine.Behind:
		if !st.since.IsZero() {
			st.farewell(wire.EventResync, wire.ResyncBehind)
			return false
		}
		return st.catchUp()
	}
	if event == nil {
		st.since, st.read = time.Time{}, 0
		return false
	}
	st.rest, st.cursor = event, next
	st.t.events.Add(1)
	return true
}

// catchUp reads a page of the log, for a reader that begins further back than
// what is kept in memory.
func (st *stream) catchUp() bool {
	page, err := st.pull()
	switch {
	case err != nil:
		if st.t.life.Err() == nil && !errors.Is(err, context.Canceled) {
			st.t.log.Warn("a stream could not read the log", "workspace_id", st.workspaceID, "error", err)
		}
		st.farewell(wire.EventBye, wire.ByeUnavailable)
		return false
	case page.ResetRequired && st.history != "" && page.HistoryID != st.history:
		st.farewell(wire.EventResync, wire.ResyncHistory)
		return false
	case page.ResetRequired:
		st.farewell(wire.EventResync, wire.ResyncReset)
		return false
	}
	st.history = page.HistoryID
	st.joined = !page.HasMore
	if st.read += page.NextCursor - st.cursor; st.read > streamGap && page.HasMore {
		st.farewell(wire.EventResync, wire.ResyncBehind)
		return false
	}
	if page.NextCursor == st.cursor {
		return !st.joined
	}
	encoded := make([][]byte, len(page.Changes))
	for i := range page.Changes {
		encoded[i] = page.Changes[i].EncodeForEvent()
	}
	st.cursor = page.NextCursor
	st.rest = wire.AppendChangesEvent(nil, encoded, page.NextCursor, page.HistoryID)
	st.t.events.Add(1)
	return true
}

func (st *stream) pull() (wire.PullResponse, error) {
	ctx, cancel := context.WithTimeout(st.t.life, 10*time.Second)
	defer cancel()
	select {
	case st.t.reading <- struct{}{}:
		defer func() { <-st.t.reading }()
	case <-ctx.Done():
		return wire.PullResponse{}, fault.Wrap(ctx.Err(), fault.Unavailable, "The log could not be read in time.")
	}
	return st.t.engine.Pull(ctx, engine.Actor{UserID: st.session.UserID},
		wire.PullRequest{WorkspaceID: st.workspaceID, Cursor: st.cursor, HistoryID: st.history, Limit: 200})
}

// flush writes rest; false when the reader has not taken all of it.
func (st *stream) flush() bool {
	within := streamWrite
	_, secure := st.conn.(interface{ Handshake() error })
	if secure {
		within = streamWriteTLS
	}
	now := time.Now()
	_ = st.conn.SetWriteDeadline(now.Add(within))
	n, err := st.conn.Write(st.rest)
	st.rest = st.rest[n:]
	if n > 0 {
		st.lastWrite.Store(now.UnixNano())
	}
	if err == nil {
		st.rest = nil
		st.stalled.Store(false)
		return true
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || secure {
		st.leave()
		return false
	}
	if st.since.IsZero() {
		st.since = now
		st.t.slow.Add(1)
	}
	if now.UnixNano()-st.lastWrite.Load() > int64(streamPatience) {
		st.leave()
		return false
	}
	st.stalled.Store(true)
	return false
}

// farewell writes the last event and closes the connection.
func (st *stream) farewell(event, reason string) {
	if st.ended {
		return
	}
	counter := &st.t.byes
	if event == wire.EventResync {
		counter = &st.t.resyncs
	}
	counter.Add(1)
	last := wire.AppendReasonEvent(append([]byte(nil), st.rest...), event, reason)
	st.rest = nil
	_ = st.conn.SetWriteDeadline(time.Now().Add(streamFarewell))
	_, _ = st.conn.Write(last)
	st.leave()
}

// leave ends the stream.
func (st *stream) leave() {
	st.ended = true
	st.stalled.Store(false)
	st.cutOff()
}

// cutOff closes the connection, whoever serves the stream.
func (st *stream) cutOff() {
	st.gone.Do(func() {
		if st.begun.Load() {
			st.watch.Close()
			_ = st.conn.Close()
		}
		st.t.forget(st)
	})
}
