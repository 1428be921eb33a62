package runtime

import (
	"context"
	"errors"
	"fmt"

	extism "github.com/extism/go-sdk"

	"or3.cloud/or3/plugins/wasm"
)

// Extism serves its logs, variables and configuration by code that runs without
// the call's context, and that a guest can send in circles. Nothing but closing the
// instance would end that, and the engine has no way to close one that runs: its
// resources go while they are in use. So the rewrite has guests import these
// functions from wasm.EndingModule, where ours end with the call.
func endingFunctions() []extism.HostFunction {
	const i64 = extism.ValueTypeI64
	type function func(ctx context.Context, c *call, p *extism.CurrentPlugin, stack []uint64) error
	link := func(name string, f function, params, results int) extism.HostFunction {
		linked := extism.NewHostFunctionWithStack(name, func(ctx context.Context, p *extism.CurrentPlugin, stack []uint64) {
			c, ok := ctx.Value(callKey{}).(*call)
			if !ok {
				panic("a function of Extism's outside a call")
			}
			if err := f(ctx, c, p, stack); err != nil {
				panic(fmt.Errorf("%s: %w", name, err))
			}
		}, []extism.ValueType{i64, i64}[:params], []extism.ValueType{i64}[:results])
		linked.SetNamespace(wasm.EndingModule)
		return linked
	}
	functions := []extism.HostFunction{
		link("config_get", func(_ context.Context, _ *call, _ *extism.CurrentPlugin, stack []uint64) error {
			stack[0] = 0 // settings come with the call; Extism's own are always empty
			return nil
		}, 1, 1),
		link("var_get", varGet, 1, 1),
		link("var_set", varSet, 2, 0),
	}
	for _, level := range []extism.LogLevel{extism.LogLevelTrace, extism.LogLevelDebug, extism.LogLevelInfo, extism.LogLevelWarn, extism.LogLevelError} {
		functions = append(functions, link(logNames[level], func(ctx context.Context, c *call, p *extism.CurrentPlugin, stack []uint64) error {
			if level >= leastLevel {
				text, err := c.view(ctx, p, stack[0])
				if err != nil {
					return err
				}
				c.log(levels[level], string(text[:min(len(text), c.m.r.o.Payload)]))
			}
			return p.FreeWithContext(ctx, stack[0])
		}, 1, 0))
	}
	return functions
}

// leastLevel is what of a guest's lines goes into its log.
const leastLevel = extism.LogLevelInfo

var logNames = map[extism.LogLevel]string{
	extism.LogLevelTrace: "log_trace", extism.LogLevelDebug: "log_debug", extism.LogLevelInfo: "log_info",
	extism.LogLevelWarn: "log_warn", extism.LogLevelError: "log_error",
}

func varGet(ctx context.Context, c *call, p *extism.CurrentPlugin, stack []uint64) error {
	name, err := c.taken(ctx, p, stack[0])
	if err != nil {
		return err
	}
	value := c.vars[string(name)]
	stack[0] = 0
	if len(value) == 0 {
		return nil
	}
	stack[0], err = place(ctx, p, value)
	return err
}

func varSet(ctx context.Context, c *call, p *extism.CurrentPlugin, stack []uint64) error {
	name, err := c.taken(ctx, p, stack[0])
	if err != nil {
		return err
	}
	key, at := string(name), stack[1]
	var value []byte
	if at != 0 {
		if value, err = c.taken(ctx, p, at); err != nil {
			return err
		}
	}
	if old, ok := c.vars[key]; ok {
		c.varBytes -= varCost(key, old)
		delete(c.vars, key)
	}
	if at == 0 {
		return nil
	}
	if c.varBytes+varCost(key, value) > maxVars {
		return errors.New("the variables of a call are full")
	}
	if c.vars == nil {
		c.vars = map[string][]byte{}
	}
	c.vars[key] = value
	c.varBytes += varCost(key, value)
	return nil
}

// maxVars bounds Extism's variables, which live outside the guest's memory, and as
// long as the call.
const maxVars = 64 << 10

func varCost(name string, value []byte) int { return len(name) + len(value) + 64 }

// taken copies a block that the guest hands over for good.
func (c *call) taken(ctx context.Context, p *extism.CurrentPlugin, at uint64) ([]byte, error) {
	b, err := c.block(ctx, p, at)
	if err != nil {
		return nil, err
	}
	return b, p.FreeWithContext(ctx, at)
}

// view is a block of the guest's as it lies there.
func (c *call) view(ctx context.Context, p *extism.CurrentPlugin, at uint64) ([]byte, error) {
	n, err := p.LengthWithContext(ctx, at)
	if err != nil {
		return nil, err
	}
	view, ok := p.Memory().Read(uint32(at), uint32(n))
	if !ok {
		return nil, errors.New("a block that is not there")
	}
	return view, nil
}

// place puts bytes where the guest can read them.
func place(ctx context.Context, p *extism.CurrentPlugin, b []byte) (uint64, error) {
	at, err := p.AllocWithContext(ctx, uint64(len(b)))
	if err != nil {
		return 0, err
	}
	if at == 0 || !p.Memory().Write(uint32(at), b) {
		return 0, errors.New("no memory for the answer of a host function")
	}
	return at, nil
}
