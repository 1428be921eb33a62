package engine

import "sync/atomic"

// Watch is woken after each commit that moves the head of a workspace, on
// whichever node it was made. Close it.
type Watch struct {
	// C has one element when there may be something new; nil for WatchFunc.
	C     <-chan struct{}
	woken func()
	t     *topic
	done  atomic.Bool
}

// Place is where a reader stands compared with what a Watch keeps.
type Place int

// The places.
const (
	InStep       Place = iota // the event, if there is one, is what comes next
	Behind                    // the reader has to pull: what it lacks is not kept any more
	OtherHistory              // the database was restored
)

// Watch watches a workspace, which need not exist.
func (e *Engine) Watch(workspaceID string) *Watch {
	c := make(chan struct{}, 1)
	w := e.WatchFunc(workspaceID, func() {
		select {
		case c <- struct{}{}:
		default:
		}
	})
	w.C = c
	return w
}

// WatchFunc is Watch for many at once: woken is called instead of sending, must
// be quick, and may be called once more after Close.
func (e *Engine) WatchFunc(workspaceID string, woken func()) *Watch {
	w := &Watch{woken: woken}
	h := e.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[workspaceID]
	if t == nil {
		t = &topic{id: workspaceID, hub: h, watches: map[*Watch]struct{}{}}
		h.topics[workspaceID] = t
		h.watched.Add(1)
	}
	w.t = t
	t.mu.Lock()
	t.watches[w] = struct{}{}
	t.mu.Unlock()
	return w
}

// After gives the stream event that follows a cursor, as a person may see it,
// from memory; nil when there is nothing. Everything after the cursor up to
// next is in it, whole atomic groups, and other people's private rows left
// out. Call it again until it gives nothing. The event must not be changed.
//
// A reader that begins has to Pull first, after it made the Watch: what is kept
// begins some time later.
func (w *Watch) After(userID, historyID string, cursor int64) (event []byte, next int64, place Place) {
	return w.t.after(userID, historyID, cursor)
}

// Close ends the watch. Twice is safe.
func (w *Watch) Close() {
	if w.done.Swap(true) {
		return
	}
	t := w.t
	h := t.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.watches, w)
	if len(t.watches) == 0 && h.topics[t.id] == t {
		delete(h.topics, t.id)
		h.watched.Add(-1)
		h.used.Add(int64(-t.bytes))
		t.entries, t.bytes, t.known, t.event, t.dead = nil, 0, false, nil, true
	}
}

func (w *Watch) wake() {
	if !w.done.Load() {
		w.woken()
	}
}
