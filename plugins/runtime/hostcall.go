package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	extism "github.com/extism/go-sdk"

	"or3.cloud/or3/plugins/wasm"
)

// link makes a function of ours callable by the guest. Whatever ends the call
// is noted in it, because all that comes back through the engine is text.
func (m *Module) link(name string, f HostFunc) extism.HostFunction {
	one := []extism.ValueType{extism.ValueTypeI64}
	function := extism.NewHostFunctionWithStack(name, func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
		c, ok := ctx.Value(callKey{}).(*call)
		if !ok {
			panic("a host function outside a call")
		}
		started := time.Now()
		answer, err := c.host(ctx, p, name, f, stack[0])
		c.trace.Host += time.Since(started)
		if err != nil {
			panic(err)
		}
		stack[0] = answer
	}, one, one)
	function.SetNamespace(wasm.HostModule)
	return function
}

// host serves one host call.
func (c *call) host(ctx context.Context, p *extism.CurrentPlugin, name string, f HostFunc, at uint64) (answer uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c.trace.HostCalls++
	if limit := c.m.r.o.HostCalls; c.trace.HostCalls > limit {
		return 0, c.end(TooMuch, fmt.Errorf("more than %d host calls", limit))
	}
	input, err := c.block(ctx, p, at)
	if err != nil {
		return 0, err
	}
	output, err := guard(ctx, f, input)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, c.end(HostError, fmt.Errorf("%s: %w", name, err))
	case len(output) > c.m.r.o.Payload:
		return 0, c.end(HostError, fmt.Errorf("%s answered with %d bytes", name, len(output)))
	}
	if len(output) == 0 {
		return 0, nil
	}
	return place(ctx, p, output)
}

// block copies what the guest hands over, if it is not too much.
func (c *call) block(ctx context.Context, p *extism.CurrentPlugin, at uint64) ([]byte, error) {
	n, err := p.LengthWithContext(ctx, at)
	if err != nil {
		return nil, err
	}
	if n > uint64(c.m.r.o.Payload) {
		return nil, c.end(TooMuch, fmt.Errorf("a host function was given %d bytes, more than %d", n, c.m.r.o.Payload))
	}
	view, ok := p.Memory().Read(uint32(at), uint32(n))
	if !ok {
		return nil, errors.New("a host function was given a block that is not there")
	}
	return append([]byte(nil), view...), nil
}

// guard keeps a panic of ours from being the guest's fault.
func guard(ctx context.Context, f HostFunc, input []byte) (output []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f(ctx, input)
}

// Log puts a line into the log of the plugin whose call ctx belongs to, within
// the lines that the call may write. It is for the host function or3_log.
func Log(ctx context.Context, level Level, text string) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.log(level, text)
	}
}
