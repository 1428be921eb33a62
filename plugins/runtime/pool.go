package runtime

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// pool keeps instances between calls, per module and workspace, within what all
// plugins may have together.
type pool struct {
	limit  int
	ledger *ledger

	mu    sync.Mutex
	live  int        // running and idle
	idle  *list.List // of *instance, the longest unused first
	freed chan struct{}
}

// maxIdle bounds how many idle instances one module keeps for one workspace.
const maxIdle = 2

func newPool(o Options) *pool {
	p := &pool{limit: o.Instances, ledger: &ledger{limit: o.Memory}, idle: list.New(), freed: make(chan struct{})}
	p.ledger.shed = p.shed
	return p
}

func (p *pool) usage() Usage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Usage{p.live, p.ledger.used.Load()}
}

// take returns an idle instance of the module in the workspace, nil if there is none.
func (p *pool) take(m *Module, workspace string) *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := p.idle.Back(); e != nil; e = e.Prev() {
		if i := e.Value.(*instance); i.m == m && i.workspace == workspace {
			p.idle.Remove(e)
			return i
		}
	}
	return nil
}

// room waits until another instance fits and claims what it begins with.
func (p *pool) room(ctx context.Context, need *meter, bytes int64) error {
	for {
		p.mu.Lock()
		if p.live < p.limit && need.reserve(bytes) {
			p.live++
			p.mu.Unlock()
			return nil
		}
		out, freed := p.oldest(), p.freed
		p.mu.Unlock()
		if out != nil {
			p.discard(out)
			continue
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// oldest takes the longest unused instance out; the caller holds the lock.
func (p *pool) oldest() *instance {
	if e := p.idle.Front(); e != nil {
		return p.idle.Remove(e).(*instance)
	}
	return nil
}

// put keeps an instance for the next call of its workspace.
func (p *pool) put(i *instance, now time.Time) {
	i.used = now
	var out *instance
	p.mu.Lock()
	same := 0
	for e := p.idle.Front(); e != nil; e = e.Next() {
		if o := e.Value.(*instance); o.m == i.m && o.workspace == i.workspace {
			same++
		}
	}
	if same < maxIdle {
		p.idle.PushBack(i)
	} else {
		out = i
	}
	p.wake()
	p.mu.Unlock()
	if out != nil {
		p.discard(out)
	}
}

// discard ends an instance that is not in the pool.
func (p *pool) discard(i *instance) {
	i.end()
	p.left()
}

// left notes that an instance is gone, or did not come to be.
func (p *pool) left() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live--
	p.wake()
}

// wake tells who waits for room to look again; the caller holds the lock.
func (p *pool) wake() {
	close(p.freed)
	p.freed = make(chan struct{})
}

// shed ends idle instances until n bytes fit.
func (p *pool) shed(n int64) bool {
	for p.ledger.used.Load()+n > p.ledger.limit {
		p.mu.Lock()
		i := p.oldest()
		p.mu.Unlock()
		if i == nil {
			return false
		}
		p.discard(i)
	}
	return true
}

// expire ends what was not used since.
func (p *pool) expire(since time.Time) {
	p.remove(func(i *instance) bool { return i.used.Before(since) })
}

// remove ends idle instances.
func (p *pool) remove(which func(*instance) bool) {
	var out []*instance
	p.mu.Lock()
	for e := p.idle.Front(); e != nil; {
		next := e.Next()
		if i := e.Value.(*instance); which(i) {
			p.idle.Remove(e)
			out = append(out, i)
		}
		e = next
	}
	p.mu.Unlock()
	for _, i := range out {
		p.discard(i)
	}
}
