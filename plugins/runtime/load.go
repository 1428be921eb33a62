package runtime

import (
	"context"
	"fmt"
	processors "runtime"
	"slices"
	"strings"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"or3.cloud/or3/plugins/wasm"
)

// HostFunc is a function a guest may call: one block in, one block out. Whom it
// acts for is in ctx, which comes from the call, never in the input. It ends when
// ctx does. An error ends the guest's call; what the guest is to read goes into
// the answer.
type HostFunc func(ctx context.Context, input []byte) ([]byte, error)

// Spec is a plugin to be loaded.
type Spec struct {
	ID, Version string
	// Hurry compiles on all processors: somebody sits there and waits. Else one
	// half of them stays for those who use the server.
	Hurry bool
	// Wasm is the module as it came.
	Wasm []byte
	// Exports are those the manifest makes necessary.
	Exports []string
	WASI    bool
	// MemoryMB is what an instance may have (16).
	MemoryMB int
	// Host holds the functions of the capabilities that were granted; no other is
	// linked. A change of capabilities is a new Load.
	Host map[string]HostFunc
}

// Rules are what the gate asks of the module.
func (s Spec) Rules(limits wasm.Limits) wasm.Rules {
	or(&s.MemoryMB, 16)
	host := make([]string, 0, len(s.Host))
	for name := range s.Host {
		host = append(host, name)
	}
	return wasm.Rules{Host: host, WASI: s.WASI, Exports: s.Exports, MemoryPages: uint32(s.MemoryMB) * 16, Limits: limits}
}

// Refused is the error of a module that the gate did not let in.
type Refused struct{ Reasons []wasm.Refusal }

// Error implements error.
func (r *Refused) Error() string {
	texts := make([]string, len(r.Reasons))
	for i := range r.Reasons {
		texts[i] = r.Reasons[i].Error()
	}
	return "the module was refused: " + strings.Join(texts, "; ")
}

// Load takes a module through the gate, rewrites and compiles it, one at a time:
// seconds of a core for a large one that is not in the cache. The error is a
// *Refused when the author has to change something.
func (r *Runtime) Load(ctx context.Context, s Spec) (*Module, error) {
	module, refusal := wasm.Read(s.Wasm, r.o.Limits)
	if refusal != nil {
		return nil, &Refused{[]wasm.Refusal{*refusal}}
	}
	if reasons := module.Check(s.Rules(r.o.Limits)); len(reasons) > 0 {
		return nil, &Refused{reasons}
	}
	return r.compile(ctx, s, module)
}

// compile rewrites and compiles a module that the gate let in.
func (r *Runtime) compile(ctx context.Context, s Spec, module *wasm.Module) (*Module, error) {
	rules := s.Rules(r.o.Limits)
	select {
	case r.compiling <- struct{}{}:
		defer func() { <-r.compiling }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	m := &Module{
		r: r, id: s.ID, version: s.Version, host: s.Host, pages: rules.MemoryPages,
		minimum: module.MemoryMinimum(), exports: map[string]bool{}, turns: newTurns(r.o.RunningEach), breakers: map[string]*breaker{},
		idle: make(chan struct{}),
	}
	m.life, m.end = context.WithCancelCause(context.Background())
	for _, name := range module.Exports() {
		m.exports[name] = true
	}
	functions := endingFunctions()
	for name, f := range s.Host {
		functions = append(functions, m.link(name, f))
	}
	slices.SortFunc(functions, func(a, b extism.HostFunction) int { return strings.Compare(a.Name, b.Name) })
	config := wazero.NewRuntimeConfig().
		WithCompilationCache(r.cache).
		WithCloseOnContextDone(true).
		WithMemoryLimitPages(max(m.pages, kernelPages)). // the guest's own maximum is in the module
		WithDebugInfoEnabled(false)
	manifest := extism.Manifest{
		Wasm:         []extism.Wasm{extism.WasmData{Data: module.Harden(rules)}},
		Memory:       &extism.ManifestMemory{}, // Extism keeps no variables, see endingFunctions
		AllowedHosts: nil,                      // Extism's own HTTP follows redirects to anywhere
	}
	workers := max(1, processors.NumCPU()/2)
	if s.Hurry {
		workers = processors.NumCPU()
	}
	// Compiling cannot be interrupted.
	compiled, err := extism.NewCompiledPlugin(experimental.WithCompilationWorkers(context.WithoutCancel(ctx), workers), manifest,
		extism.PluginConfig{RuntimeConfig: config, EnableWasi: s.WASI}, functions)
	if err != nil {
		return nil, &Refused{[]wasm.Refusal{{Code: wasm.Malformed, Message: fmt.Sprintf("it does not compile: %s", clean(err.Error(), 500))}}}
	}
	m.compiled, m.record = compiled, r.records.begin(s.ID)
	return m, nil
}

// kernelPages are what Extism's own memory may have: input, output and what goes
// through host functions lies there.
const kernelPages = 128
