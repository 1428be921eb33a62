package plugins

import (
	"context"
	"sync"
)

// keyed are locks by name.
type keyed struct {
	mu    sync.Mutex
	locks map[string]*keyedLock
}

type keyedLock struct {
	held    chan struct{}
	waiting int // who has it or waits for it
}

// lock waits for the lock of a name.
func (k *keyed) lock(name string) (unlock func()) {
	l := k.join(name)
	l.held <- struct{}{}
	return func() { k.unlock(name, l) }
}

// lockWhile is lock that waits no longer than ctx lasts.
func (k *keyed) lockWhile(ctx context.Context, name string) (unlock func(), err error) {
	l := k.join(name)
	select {
	case l.held <- struct{}{}:
		return func() { k.unlock(name, l) }, nil
	case <-ctx.Done():
		k.leave(name, l)
		return nil, ctx.Err()
	}
}

// lockNow is lock that does not wait; false where another has it.
func (k *keyed) lockNow(name string) (unlock func(), ok bool) {
	l := k.join(name)
	select {
	case l.held <- struct{}{}:
		return func() { k.unlock(name, l) }, true
	default:
		k.leave(name, l)
		return nil, false
	}
}

func (k *keyed) join(name string) *keyedLock {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.locks == nil {
		k.locks = map[string]*keyedLock{}
	}
	l := k.locks[name]
	if l == nil {
		l = &keyedLock{held: make(chan struct{}, 1)}
		k.locks[name] = l
	}
	l.waiting++
	return l
}

func (k *keyed) unlock(name string, l *keyedLock) {
	<-l.held
	k.leave(name, l)
}

func (k *keyed) leave(name string, l *keyedLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		delete(k.locks, name)
	}
}
