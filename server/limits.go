package server

import (
	"container/list"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"or3.cloud/or3/internal/fault"
)

// rateKey says whose calls are counted together.
type rateKey string

const (
	perAddress rateKey = "address"
	perPerson  rateKey = "person" // the address while nobody is signed in
)

// routeRate is how often a route may be called. A minute's worth may come at once.
type routeRate struct {
	PerMinute int
	By        rateKey
}

// maxBuckets bounds the memory of the limiter; the least recently used bucket
// goes first, and a bucket that went is full again.
const maxBuckets = 10_000

// limiter holds one token bucket per (route, caller).
type limiter struct {
	off     bool
	mu      sync.Mutex
	buckets map[bucketKey]*list.Element
	recent  *list.List
}

type bucketKey struct{ route, who string }

type bucket struct {
	key    bucketKey
	tokens *rate.Limiter
}

// verdict is what the limiter says about one call.
type verdict struct {
	ok        bool
	remaining int
	retry     time.Duration
}

func newLimiter(enabled bool) *limiter {
	return &limiter{off: !enabled, buckets: map[bucketKey]*list.Element{}, recent: list.New()}
}

// allow takes one token, before any work is done.
func (l *limiter) allow(route, who string, r routeRate, now time.Time) verdict {
	if l.off || r.PerMinute == 0 {
		return verdict{ok: true}
	}
	tokens := l.bucket(bucketKey{route, who}, r)
	if tokens.AllowN(now, 1) {
		return verdict{ok: true, remaining: int(tokens.TokensAt(now))}
	}
	missing := 1 - tokens.TokensAt(now)
	return verdict{retry: time.Duration(missing / float64(tokens.Limit()) * float64(time.Second))}
}

func (l *limiter) bucket(key bucketKey, r routeRate) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.buckets[key]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	b := &bucket{key: key, tokens: rate.NewLimiter(rate.Limit(float64(r.PerMinute)/60), r.PerMinute)}
	l.buckets[key] = l.recent.PushFront(b)
	if l.recent.Len() > maxBuckets {
		oldest := l.recent.Back()
		l.recent.Remove(oldest)
		delete(l.buckets, oldest.Value.(*bucket).key)
	}
	return b.tokens
}

// throttle counts the call against the row's limit and answers 429 beyond it.
func (r *request) throttle() error { return r.spend(r.row.method+" "+r.row.path, r.row.rate) }

// spend counts something that the call asks for against a limit of its own.
func (r *request) spend(what string, limit routeRate) error {
	if limit.PerMinute == 0 || r.s.limits.off {
		return nil
	}
	who := "ip:" + household(r.client.ip)
	if limit.By == perPerson {
		if err := r.resolve(); err != nil {
			return err
		}
		if r.session != nil {
			who = "u:" + r.session.UserID
		}
	}
	v := r.s.limits.allow(what, who, limit, r.s.now())
	r.c.Set("X-RateLimit-Limit", strconv.Itoa(limit.PerMinute))
	r.c.Set("X-RateLimit-Remaining", strconv.Itoa(v.remaining))
	if v.ok {
		return nil
	}
	return &fault.Error{Kind: fault.RateLimited, Message: "Too many requests. Wait a moment and try again.", Retry: v.retry}
}

// household is whose calls an address counts with: an IPv6 customer has at
// least a /64 to choose addresses from.
func household(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}
