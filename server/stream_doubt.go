package server

import (
	"context"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/wire"
)

// mostDoubts is how many changes are looked at one by one: with more at once
// every stream is judged.
const mostDoubts = 64

// doubtSome has the rights of those whom changes concern looked at again, soon.
func (t *streams) doubtSome(of []db.AccessChange) {
	t.mu.Lock()
	t.doubts = append(t.doubts, of...)
	if len(t.doubts) > mostDoubts {
		t.doubts = []db.AccessChange{{}}
	}
	t.mu.Unlock()
	t.poke()
}

// doubtNew has a stream judged that has just begun: what changed between its
// admission and now was asked of the others only.
func (t *streams) doubtNew(st *stream) {
	t.mu.Lock()
	t.fresh = append(t.fresh, st)
	t.mu.Unlock()
	t.poke()
}

func (t *streams) poke() {
	select {
	case t.doubt <- struct{}{}:
	default:
	}
}

// doubted takes the streams whose readers' rights may have changed.
func (t *streams) doubted() []*stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	doubts, fresh := t.doubts, t.fresh
	t.doubts, t.fresh = nil, nil
	concerned := func(st *stream) bool {
		return slices.ContainsFunc(doubts, func(c db.AccessChange) bool { return c.Concerns(st.session.UserID, st.workspaceID) })
	}
	list := slices.DeleteFunc(fresh, concerned) // they come below
	for st := range t.open {
		if concerned(st) {
			list = append(list, st)
		}
	}
	return list
}

// recheck ends the streams whose readers may not go on.
func (t *streams) recheck() {
	for {
		select {
		case <-t.life.Done():
			return
		case <-t.doubt:
		}
		if list := t.doubted(); len(list) > 0 {
			t.judgeAll(list)
		}
		pause(t.life, streamTick)
	}
}

func (t *streams) judgeAll(list []*stream) {
	sessions := make([]*policies.Session, len(list))
	for i, st := range list {
		sessions[i] = st.session
	}
	alive, err := t.alive(t.life, sessions)
	for i, st := range list {
		reason := wire.ByeUnavailable
		if err == nil {
			reason = t.judge(st, alive[i])
		}
		if reason != "" && t.life.Err() == nil {
			st.sayBye(reason)
		}
	}
	t.judged.Add(int64(len(list)))
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// judge gives the reason why a stream has to end, or "".
func (t *streams) judge(st *stream, alive bool) string {
	if !alive {
		return wire.ByeSession
	}
	d := t.can(t.life, st.session, st.workspaceID)
	switch {
	case d.Allowed:
		return ""
	case d.Reason == policies.NotFound:
		return wire.ByeRemoved
	case d.Reason == policies.LookupFailed:
		return wire.ByeUnavailable
	}
	return wire.ByeForbidden
}
