package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	extism "github.com/extism/go-sdk"
)

// Module is a plugin's version, compiled, with the functions it was granted.
// Close it.
type Module struct {
	r           *Runtime
	id, version string
	host        map[string]HostFunc
	compiled    *extism.CompiledPlugin
	pages       uint32
	minimum     int64 // bytes of memory to begin with
	exports     map[string]bool
	turns       turns
	record      *record

	mu       sync.Mutex
	breakers map[string]*breaker // by workspace, filters apart
	calls    int
	closed   bool
	idle     chan struct{} // closed when the last call after Close is over
	left     bool          // by a Close that did not wait for it: the last call frees the module

	life context.Context // of calls; canceled for those that Close need not wait for
	end  context.CancelCauseFunc
}

// Call calls an export of the guest. The error is a *Failure. What the caller
// put into ctx reaches the host functions.
func (m *Module) Call(ctx context.Context, in Call) (output []byte, trace Trace, err error) {
	c := &call{Call: in, m: m, trace: Trace{At: m.r.o.Now(), Version: m.version, Workspace: in.Workspace, Export: in.Export, About: in.About, Input: len(in.Input),
		Budget: m.budget(in), MostMemory: int64(m.pages) * pageBytes, MostHostCalls: m.r.o.HostCalls}}
	f := m.admit(c)
	admitted := f == nil
	if admitted {
		if output, f = m.run(ctx, c); f == nil {
			c.trace.Output = len(output)
			f = c.read(output)
		}
		m.judged(c, f)
	}
	c.trace.Lines, c.trace.Outcome, c.trace.Ended = c.lines, OK, m.r.o.Now()
	if f != nil {
		c.trace.Outcome = f.Outcome
	}
	if admitted || f.Outcome != Unloaded { // else it is begun again with the version that came instead
		m.record.traces.add(c.trace)
	}
	if f != nil {
		return nil, c.trace, f
	}
	return output, c.trace, nil
}

// admit says whether the call may begin.
func (m *Module) admit(c *call) *Failure {
	if limit := m.r.o.Payload; len(c.Input) > limit {
		return failure(Misuse, fmt.Errorf("%d bytes of input, more than %d", len(c.Input), limit))
	}
	if !m.exports[c.Export] {
		return failure(Misuse, fmt.Errorf("no export %q", clean(c.Export, 100)))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return failure(Unloaded, nil)
	}
	if b := m.breakers[c.breaker()]; b != nil {
		if ok, retry := b.allow(m.r.o.Now()); !ok {
			f := failure(Paused, nil)
			if f.Retry = retry; b.quarantined {
				f = failure(Quarantined, nil)
			}
			return f
		}
	}
	m.calls++
	return nil
}

// judged tells the breaker how a call went that was admitted.
func (m *Module) judged(c *call, f *Failure) {
	now, quarantined := m.r.o.Now(), false
	m.mu.Lock()
	b := m.breakers[c.breaker()]
	blamed := f != nil && f.Outcome.blames(c.Export)
	switch {
	case blamed:
		if b == nil {
			b = &breaker{}
			m.breakers[c.breaker()] = b
		}
		quarantined = b.failed(now)
	case b == nil:
	case f == nil || f.Outcome == Declined:
		if b.succeeded(); b.quiet(now) {
			delete(m.breakers, c.breaker())
		}
	default:
		b.abandoned()
	}
	last := false
	if m.calls--; m.closed && m.calls == 0 {
		close(m.idle)
		last = m.left
	}
	m.mu.Unlock()
	if last {
		_ = m.free() // who closed it is gone
	}
	if blamed || f != nil && (f.Outcome == BadAnswer || f.Outcome == Declined) {
		m.tell(c, f)
	}
	if quarantined {
		c.note(Error, "stopped in this workspace: it failed too often")
		m.r.o.Quarantined(m.id, m.version, c.Workspace)
	}
}

// tell writes into the plugin's log why a call failed, one line of it per line.
func (m *Module) tell(c *call, f *Failure) {
	level, text := Error, string(f.Outcome)
	if f.Outcome == Declined {
		level = Warn
	}
	if f.Err != nil {
		text += ": " + f.Err.Error()
	}
	if len(text) > 8<<10 {
		text = text[:8<<10]
	}
	n := 0
	for line := range strings.Lines(text) {
		if n++; n > 20 {
			break
		}
		c.note(level, strings.TrimRight(line, "\n"))
	}
}

// budget is how long a call may take.
func (m *Module) budget(in Call) time.Duration {
	budget := m.r.o.Budgets.Of(in.Export)
	if in.Budget > 0 {
		budget = min(budget, in.Budget)
	}
	return budget
}

// run waits for the call's turn, finds it an instance and runs it.
func (m *Module) run(ctx context.Context, c *call) ([]byte, *Failure) {
	ctx, cancel := context.WithTimeoutCause(context.WithValue(ctx, callKey{}, c), c.trace.Budget, errBudget)
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(m.life, func() { end(context.Cause(m.life)) })()
	c.ctx = ctx

	began := time.Now()
	for _, turn := range []chan struct{}{m.turns.of(c.Export), m.r.turns.of(c.Export)} {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			c.trace.Queue = time.Since(began)
			return nil, m.gaveUp(ctx)
		}
	}
	c.trace.Queue = time.Since(began)

	i := m.r.pool.take(m, c.Workspace)
	if i == nil {
		began = time.Now()
		made, err := m.create(ctx, c)
		c.trace.Create = time.Since(began)
		switch {
		case err == errNoRoom: //nolint:errorlint // the very value that create returns
			return nil, m.gaveUp(ctx)
		case err != nil && c.ctx.Err() != nil:
			return nil, c.judge(0, nil, err)
		case err != nil:
			return nil, failure(NotCreated, err)
		}
		i = made
	}
	return m.enter(c, i)
}

// gaveUp tells why a turn did not come.
func (m *Module) gaveUp(ctx context.Context) *Failure {
	if f := cutOff(ctx); f.Outcome != Timeout {
		return f
	}
	return failure(Busy, nil)
}

// enter runs a call in an instance that is its own meanwhile.
func (m *Module) enter(c *call, i *instance) ([]byte, *Failure) {
	i.call.Store(c)
	i.calls++
	i.meter.refused = false
	began := time.Now()
	code, output, err := i.plugin.CallWithContext(c.ctx, c.Export, c.Input)
	c.trace.Guest = time.Since(began) - c.trace.Host
	f := c.judge(code, output, err)
	if i.meter.refused && (f == nil || f.Outcome == Trap) {
		// The input or the answer of a host function may not have arrived, or the
		// guest could not go on, because others need the memory.
		f = failure(Busy, errors.New("the memory of all plugins is used up"))
	}
	c.trace.Memory = i.meter.held.Load()
	i.call.Store(nil)
	if f != nil || i.tired() {
		m.r.pool.discard(i)
		return output, f
	}
	m.r.pool.put(i, m.r.o.Now())
	return output, nil
}

// Logs is [Runtime.Logs] of the module's plugin.
func (m *Module) Logs(workspace string) []Line { return m.record.logs.of(workspace) }

// Traces is [Runtime.Traces] of it.
func (m *Module) Traces() []Trace { return m.record.traces.all() }

// Health is how a plugin does in a workspace.
type Health struct {
	Paused      bool
	Until       time.Time // of the pause
	Quarantined bool
}

// Health tells it.
func (m *Module) Health(workspace string) Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	var h Health
	for _, name := range breakersOf(workspace) {
		b := m.breakers[name]
		if b == nil {
			continue
		}
		h.Paused, h.Quarantined = h.Paused || b.open, h.Quarantined || b.quarantined
		if b.until.After(h.Until) {
			h.Until = b.until
		}
	}
	return h
}

// Release lets a plugin run again that was paused or quarantined in a workspace.
func (m *Module) Release(workspace string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range breakersOf(workspace) {
		delete(m.breakers, name)
	}
}

// Quarantine stops a plugin in a workspace, as it was found before a restart. Its
// filter goes on: only its own failures stop that, see filterExport.
func (m *Module) Quarantine(workspace string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.breakers[breakersOf(workspace)[0]] = &breaker{open: true, quarantined: true}
}

// Exports reports whether the module has the export.
func (m *Module) Exports(name string) bool { return m.exports[name] }

// errClosed is why a call ends that Close did not wait for.
var errClosed = errors.New("the plugin is no longer running")

// Close lets no call begin, waits for those that run, at most as long as ctx
// allows, ends those that still do and frees the module. Twice is safe. Nothing is
// freed while a call is in it: one that does not end frees the module when it does.
func (m *Module) Close(ctx context.Context) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	if m.calls == 0 {
		close(m.idle)
	}
	m.mu.Unlock()
	select {
	case <-m.idle:
		return m.free()
	case <-ctx.Done():
	}
	m.end(errClosed)
	select {
	case <-m.idle:
		return errors.Join(ctx.Err(), m.free())
	case <-time.After(m.r.o.Patience):
	}
	m.mu.Lock()
	over := m.calls == 0
	m.left = !over
	m.mu.Unlock()
	if over {
		return errors.Join(ctx.Err(), m.free())
	}
	return ctx.Err()
}

func (m *Module) free() error {
	m.dropIdle()
	m.end(errClosed)
	m.r.records.end(m.id)
	return m.compiled.Close(context.Background())
}

func (m *Module) dropIdle() { m.r.pool.remove(func(i *instance) bool { return i.m == m }) }
