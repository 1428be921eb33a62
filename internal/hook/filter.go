package hook

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"time"
)

// Filter hands a value from listener to listener; each may return it changed.
// What a changed value may do is for the owner of the filter to say.
type Filter[T any] struct {
	Name    string
	Timeout time.Duration // for listeners that name none; 0 waits
}

// Outcome is what became of asking one listener.
type Outcome struct {
	Listener string
	Err      error // nil when it answered
	Refuse   bool  // it failed, and was registered with OnError: Refuse
}

// ErrStuck fails a listener without asking it, while too many of its earlier
// answers are overdue.
var ErrStuck = errors.New("earlier calls have not returned")

// maxAbandoned bounds the goroutines that listeners which never return can hold.
const maxAbandoned = 16

// On adds a listener and returns the function that removes it, which may be
// called more than once. It panics when the bus knows the name with another type.
// A listener with a Timeout runs on a goroutine of its own and must not keep or
// change what the value points to.
func (f Filter[T]) On(b *Bus, o Options, fn func(context.Context, T) (T, error)) (off func()) {
	if o.Timeout == 0 {
		o.Timeout = f.Timeout
	}
	return b.listen(f.declared(), o, fn)
}

// Apply asks the listeners in order and returns the last value. A listener that
// returns an error, panics or is late changes nothing; it is logged, and its
// Outcome says so. Outcomes are nil when nobody listens.
func (f Filter[T]) Apply(ctx context.Context, b *Bus, v T) (T, []Outcome) {
	ls := b.listeners(f.Name)
	if len(ls) == 0 {
		return v, nil
	}
	return f.ask(ctx, b, ls, v)
}

// Heard reports whether anybody listens.
func (f Filter[T]) Heard(b *Bus) bool { return len(b.listeners(f.Name)) > 0 }

// Walk is Apply for owners who judge every single answer: judge gets the value
// before and after a listener (the same when it failed) and returns the one to go on with.
func (f Filter[T]) Walk(ctx context.Context, b *Bus, v T, judge func(before, after T, o Outcome) T) T {
	for _, l := range b.listeners(f.Name) {
		after, err := askOne(ctx, l, v)
		if err != nil {
			after = v
			b.logFailure(ctx, f.Name, l, err)
		}
		v = judge(v, after, Outcome{Listener: l.Name, Err: err, Refuse: err != nil && l.OnError == Refuse})
	}
	return v
}

// ask stands apart from Apply so that a value nobody hears stays on the stack.
func (f Filter[T]) ask(ctx context.Context, b *Bus, ls []*listener, v T) (T, []Outcome) {
	outcomes := make([]Outcome, 0, len(ls))
	v = f.Walk(ctx, b, v, func(_, after T, o Outcome) T {
		outcomes = append(outcomes, o)
		return after
	})
	return v, outcomes
}

func askOne[T any](ctx context.Context, l *listener, v T) (T, error) {
	fn := l.fn.(func(context.Context, T) (T, error))
	if l.Timeout <= 0 {
		return guarded(ctx, fn, v)
	}
	return timed(ctx, l, fn, v)
}

func guarded[T any](ctx context.Context, fn func(context.Context, T) (T, error), v T) (out T, err error) {
	defer caught(&err)
	return fn(ctx, v)
}

// timed waits no longer than the listener's timeout. A function cannot be
// stopped from outside: one that ignores its context keeps its goroutine until
// it returns, and abandoned counts those so that they stay few.
func timed[T any](ctx context.Context, l *listener, fn func(context.Context, T) (T, error), v T) (T, error) {
	if l.abandoned.Load() >= maxAbandoned {
		return v, ErrStuck
	}
	type answer struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	answers := make(chan answer, 1)
	var settled atomic.Bool // whoever sets it first decides: in time, or abandoned
	go func() {
		value, err := guarded(ctx, fn, v)
		answers <- answer{value, err}
		if !settled.CompareAndSwap(false, true) {
			l.abandoned.Add(-1)
		}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		l.abandoned.Add(1)
		if settled.CompareAndSwap(false, true) {
			return v, fmt.Errorf("no answer within %s: %w", l.Timeout, ctx.Err())
		}
		l.abandoned.Add(-1)
		a := <-answers
		return a.value, a.err
	}
}

func (f Filter[T]) declared() declared {
	return declared{name: f.Name, kind: "filter", payload: reflect.TypeFor[T]()}
}
