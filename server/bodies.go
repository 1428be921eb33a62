package server

import (
	"context"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// The memory of a body is taken when its length is announced, before a byte of
// it has come. So bodies beyond the small default are for people who are signed
// in, and only so many bytes of them may be under way at once.
const (
	bodiesOfAll = 256 << 20
	bodiesOfOne = 64 << 20
)

// bodies counts the large bodies that are under way, by the head of their
// request. The zero value is ready.
type bodies struct {
	mu    sync.Mutex
	heads map[*fasthttp.RequestHeader]*body
	total int
	owned map[string]int
	swept time.Time
}

type body struct {
	owner  string
	bytes  int
	until  time.Time // when reading it has timed out; zero once it is being served
	reason error     // why it was refused
	row    *row      // what it was sent to; a broken body leaves no address behind
}

// take reserves room for a body, or remembers why there is none.
func (b *bodies) take(h *fasthttp.RequestHeader, w *row, owner string, bytes int, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(h, now)
	if b.full(owner, bytes) {
		b.put(h, &body{row: w, until: now.Add(maxTimeout), reason: &fault.Error{Kind: fault.Unavailable, Retry: time.Second,
			Message: "Too many large requests are under way just now. Try again in a moment."}})
		return false
	}
	b.put(h, &body{row: w, owner: owner, bytes: bytes, until: now.Add(maxTimeout)})
	return true
}

func (b *bodies) full(owner string, bytes int) bool {
	return b.total+bytes > bodiesOfAll || b.owned[owner]+bytes > bodiesOfOne
}

// refuse remembers why a large body is not wanted.
func (b *bodies) refuse(h *fasthttp.RequestHeader, w *row, why error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(h, now)
	b.put(h, &body{row: w, until: now.Add(maxTimeout), reason: why})
}

// forget drops what is known of a head, which begins anew, and now and then
// what nobody will end: some connections break off without a word.
func (b *bodies) forget(h *fasthttp.RequestHeader, now time.Time) {
	b.drop(h)
	if now.Before(b.swept.Add(time.Second)) {
		return
	}
	b.swept = now
	for head, each := range b.heads {
		if !each.until.IsZero() && now.After(each.until) {
			b.drop(head)
		}
	}
}

// begin says that the body has come and its request is being served.
func (b *bodies) begin(h *fasthttp.RequestHeader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if each := b.heads[h]; each != nil {
		each.until = time.Time{}
	}
}

// end gives the room back and tells what was known; nil when it was a small body.
func (b *bodies) end(h *fasthttp.RequestHeader) *body {
	b.mu.Lock()
	defer b.mu.Unlock()
	each := b.heads[h]
	b.drop(h)
	return each
}

func (b *bodies) put(h *fasthttp.RequestHeader, each *body) {
	if b.heads == nil {
		b.heads, b.owned = map[*fasthttp.RequestHeader]*body{}, map[string]int{}
	}
	b.heads[h] = each
	if each.bytes > 0 {
		b.total += each.bytes
		b.owned[each.owner] += each.bytes
	}
}

func (b *bodies) drop(h *fasthttp.RequestHeader) {
	each := b.heads[h]
	if each == nil {
		return
	}
	delete(b.heads, h)
	b.total -= each.bytes
	if b.owned[each.owner] -= each.bytes; b.owned[each.owner] <= 0 {
		delete(b.owned, each.owner)
	}
}

// sizeUp decides, from the head of a request, how large and how slow its body
// may be. The table knows; everything else gets the small defaults.
func (s *Server) sizeUp(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	limits := fasthttp.RequestConfig{MaxRequestBodySize: defaultMaxBody}
	path, _, _ := cutQuery(string(h.RequestURI()))
	for i := range s.rows {
		w := &s.rows[i]
		if (w.streamed || s.bringsFiles(w, h)) && w.method == string(h.Method()) && matches(w.path, path) {
			leaveBody(h)
			return limits
		}
		if w.maxBody > defaultMaxBody && w.method == string(h.Method()) && matches(w.path, path) {
			limits.ReadTimeout = maxTimeout
			limits.MaxRequestBodySize = s.room(h, w)
		}
	}
	return limits
}

// room is how large a body of a route for large ones may be this time.
func (s *Server) room(h *fasthttp.RequestHeader, w *row) int {
	largest, length := w.maxBody, h.ContentLength()
	switch {
	case length >= 0 && length <= defaultMaxBody, length > largest:
		return largest
	case length < 0:
		length = largest // in chunks, which do not tell
	}
	session, err := s.sessionOf(h)
	if err == nil && session == nil {
		err = unauthenticated()
	}
	if err != nil {
		s.bodies.refuse(h, w, err, s.now())
		return defaultMaxBody
	}
	if !s.bodies.take(h, w, session.UserID, length, s.now()) {
		return defaultMaxBody
	}
	return largest
}

// sessionOf finds out whose request it is before there is a request. Rights are
// judged later: this is only about memory.
func (s *Server) sessionOf(h *fasthttp.RequestHeader) (session *policies.Session, err error) {
	ctx, cancel := context.WithTimeout(s.life, 2*time.Second)
	defer cancel()
	if token, present := bearerIn(h); present {
		session, err = s.accounts.ResolveBearer(ctx, token)
	} else {
		for _, name := range []string{cookieName, "__Host-" + cookieName} {
			if session == nil && err == nil {
				session, err = s.accounts.Resolve(ctx, cookieIn(h, name))
			}
		}
	}
	if err != nil {
		err = fault.Wrap(err, fault.Unavailable, "Your session could not be checked right now. Try again in a moment.")
	}
	return session, err
}
