// Package hook lets parts of the program listen to each other without knowing
// each other. An Action tells what has happened; a Filter asks listeners to
// pass a value on, perhaps changed. Both are typed values declared once, in the
// package that owns them; a Bus, made by server/open.go, holds the listeners.
package hook

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultPriority is the priority of a listener that names none.
const DefaultPriority = 10

// Failure says what the owner of a filter shall make of a listener that failed.
type Failure int

// What a listener wants when it fails.
const (
	Pass   Failure = iota // go on as if it had not been asked
	Refuse                // take its failure for a no, where the filter knows one
)

// Options describe one listener.
type Options struct {
	Name     string        // who listens, as logs and listings show it
	Priority int           // lower is asked first; 0 means DefaultPriority; ties in order of registration
	Timeout  time.Duration // filters only: an answer later than this counts as a failure; 0 means the filter's own, below 0 waits
	OnError  Failure       // filters only: see Failure
}

// Bus holds the listeners of one running program. A nil *Bus has none, and
// nobody can listen on it. All methods are safe for concurrent use.
type Bus struct {
	log *slog.Logger

	mu     sync.Mutex // serialises changes; readers take the pointer
	seq    uint64
	points atomic.Pointer[map[string]*point]
}

// point is one hook with its listeners in order. It is never changed, only replaced.
type point struct {
	kind      string
	payload   reflect.Type
	listeners []*listener
}

type listener struct {
	Options
	seq       uint64
	fn        any // func(context.Context, T) or func(context.Context, T) (T, error)
	abandoned atomic.Int32
}

// New makes a bus without listeners. Failures of listeners go to log; nil means slog.Default().
func New(log *slog.Logger) *Bus {
	if log == nil {
		log = slog.Default()
	}
	b := &Bus{log: log}
	b.points.Store(&map[string]*point{})
	return b
}

// at returns the hook of that name, or nil when nothing is known of it.
func (b *Bus) at(name string) *point {
	if b == nil {
		return nil
	}
	return (*b.points.Load())[name]
}

func (b *Bus) listeners(name string) []*listener {
	if p := b.at(name); p != nil {
		return p.listeners
	}
	return nil
}

// change replaces the listeners of one hook by what edit makes of them.
func (b *Bus) change(d declared, edit func([]*listener) []*listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := *b.points.Load()
	p := old[d.name]
	if p == nil {
		p = &point{kind: d.kind, payload: d.payload}
	}
	if p.kind != d.kind || p.payload != d.payload {
		panic(fmt.Sprintf("hook: %q is declared twice, as %s of %s and as %s of %s", d.name, p.kind, p.payload, d.kind, d.payload))
	}
	points := make(map[string]*point, len(old)+1)
	for name, each := range old {
		points[name] = each
	}
	points[d.name] = &point{kind: d.kind, payload: d.payload, listeners: edit(slices.Clone(p.listeners))}
	b.points.Store(&points)
}

// listen adds fn and returns the function that takes it away again.
func (b *Bus) listen(d declared, o Options, fn any) (off func()) {
	if o.Priority == 0 {
		o.Priority = DefaultPriority
	}
	l := &listener{Options: o, fn: fn}
	b.change(d, func(all []*listener) []*listener {
		b.seq++
		l.seq = b.seq
		all = append(all, l)
		slices.SortFunc(all, func(x, y *listener) int {
			return cmp.Or(cmp.Compare(x.Priority, y.Priority), cmp.Compare(x.seq, y.seq))
		})
		return all
	})
	return sync.OnceFunc(func() {
		b.change(d, func(all []*listener) []*listener {
			return slices.DeleteFunc(all, func(each *listener) bool { return each == l })
		})
	})
}

// caught turns a panic of a listener into an error. Use it in a defer.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = &PanicError{Value: p, Stack: debug.Stack()}
	}
}

// PanicError is what a listener's panic becomes.
type PanicError struct {
	Value any
	Stack []byte
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func (b *Bus) logFailure(ctx context.Context, hook string, l *listener, err error) {
	attrs := []any{"hook", hook, "listener", l.Name, "error", err}
	if p, ok := err.(*PanicError); ok { //nolint:errorlint // only our own, unwrapped panics carry a stack
		attrs = append(attrs, "stack", string(p.Stack))
	}
	b.log.ErrorContext(ctx, "hook listener failed", attrs...)
}
