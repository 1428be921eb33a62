package runtime

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// instance is a guest with its memory. One call runs in it at a time.
type instance struct {
	m         *Module
	workspace string
	plugin    *extism.Plugin
	meter     *meter
	used      time.Time
	calls     int
	call      atomic.Pointer[call] // the one that runs, for what gets no context
}

const (
	// kernelBytes is what Extism's own module begins with, and then some.
	kernelBytes = 2 << 20
	// reuses bounds how often an instance is called: guests leak.
	reuses = 1000
)

// create makes an instance within its own deadline; the start of a module runs here.
func (m *Module) create(ctx context.Context, c *call) (made *instance, err error) {
	i := &instance{m: m, workspace: c.Workspace, meter: &meter{ledger: m.r.pool.ledger}}
	i.call.Store(c)
	if err := m.r.pool.room(ctx, i.meter, m.minimum+kernelBytes); err != nil {
		return nil, errNoRoom
	}
	ctx, cancel := context.WithTimeout(ctx, m.r.o.Create)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // no memory for the guest, or a bug of the engine
			err = fmt.Errorf("making an instance: %v", p)
		}
		if err != nil {
			m.r.pool.discard(i)
			made = nil
		}
	}()
	config := wazero.NewModuleConfig().
		WithRandSource(source{i, rand.Reader}).
		WithSysWalltime().
		WithSysNanotime().
		WithStdout(&printer{i: i, level: Info}).
		WithStderr(&printer{i: i, level: Warn})
	i.plugin, err = m.compiled.Instance(experimental.WithMemoryAllocator(ctx, i.meter), extism.PluginInstanceConfig{ModuleConfig: config})
	if err != nil {
		return nil, err
	}
	i.meter.settle()
	i.plugin.SetLogger(func(level extism.LogLevel, text string) {
		if c := i.call.Load(); c != nil {
			c.log(levels[level], text)
		}
	})
	return i, nil
}

var errNoRoom = errors.New("no room for another instance")

var levels = map[extism.LogLevel]Level{
	extism.LogLevelTrace: Debug, extism.LogLevelDebug: Debug, extism.LogLevelInfo: Info,
	extism.LogLevelWarn: Warn, extism.LogLevelError: Error,
}

// end closes the instance and gives its memory back. Nothing runs in it.
func (i *instance) end() {
	if i.plugin != nil {
		_ = i.plugin.Close(context.Background()) // there is nothing to do about it
	}
	i.meter.release()
}

// tired says that an instance is better made anew.
func (i *instance) tired() bool {
	return i.calls >= reuses || i.meter.held.Load() > int64(i.m.pages)*pageBytes*3/4+kernelBytes
}

const pageBytes = 64 << 10

// source is real randomness that stops when the call's time is up: a guest can
// ask for much of it in a straight line.
type source struct {
	i *instance
	r io.Reader
}

// Read implements io.Reader.
func (s source) Read(p []byte) (int, error) {
	if c := s.i.call.Load(); c != nil && c.ctx.Err() != nil {
		return 0, c.ctx.Err()
	}
	return s.r.Read(p)
}

// printer puts what a guest prints into its log, line by line.
type printer struct {
	i     *instance
	level Level
	rest  []byte
}

// Write implements io.Writer.
func (p *printer) Write(b []byte) (int, error) {
	c := p.i.call.Load()
	if c == nil {
		return len(b), nil
	}
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.lines > c.m.r.o.LogLines {
		return len(b), nil
	}
	for _, ch := range b {
		switch {
		case ch == '\n':
			c.log(p.level, string(p.rest))
			p.rest = p.rest[:0]
		case len(p.rest) < lineBytes:
			p.rest = append(p.rest, ch)
		}
	}
	return len(b), nil
}
