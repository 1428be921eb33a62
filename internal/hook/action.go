package hook

import (
	"context"
	"reflect"
)

// Action tells listeners that something has happened. Fire it after the commit:
// a listener can no longer prevent anything.
type Action[T any] struct{ Name string }

// On adds a listener and returns the function that removes it, which may be
// called more than once. A Fire under way may still reach a removed listener.
// On panics when the bus knows the name with another payload type: that is a
// mistake in the wiring.
func (a Action[T]) On(b *Bus, o Options, fn func(context.Context, T)) (off func()) {
	return b.listen(a.declared(), o, fn)
}

// Fire calls the listeners one after the other and returns when the last has
// returned. Listeners get a context that keeps the caller's values but not its
// cancellation, for what has happened stays happened. A panic in a listener is
// logged; the caller and the other listeners do not notice.
func (a Action[T]) Fire(ctx context.Context, b *Bus, payload T) {
	if ls := b.listeners(a.Name); len(ls) > 0 {
		a.tell(context.WithoutCancel(ctx), b, ls, payload)
	}
}

// Heard reports whether anybody listens, for callers whose payload is costly to make.
func (a Action[T]) Heard(b *Bus) bool { return len(b.listeners(a.Name)) > 0 }

// tell stands apart from Fire so that a payload nobody hears stays on the stack.
func (a Action[T]) tell(ctx context.Context, b *Bus, ls []*listener, payload T) {
	for _, l := range ls {
		fn := l.fn.(func(context.Context, T))
		if err := tellOne(ctx, fn, payload); err != nil {
			b.logFailure(ctx, a.Name, l, err)
		}
	}
}

func tellOne[T any](ctx context.Context, fn func(context.Context, T), payload T) (err error) {
	defer caught(&err)
	fn(ctx, payload)
	return nil
}

func (a Action[T]) declared() declared {
	return declared{name: a.Name, kind: "action", payload: reflect.TypeFor[T]()}
}
