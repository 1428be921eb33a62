package runtime

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// Each bench sets its figure beside a baseline of the same run, by turns, because
// the machine is shared: quote the ratio.

func kib() string { return strings.Repeat("x", 1<<10) }

// BenchmarkEcho calls a guest in Go that copies 1 KiB in and out, from two
// goroutines, each in a workspace of its own: with instances that are kept, with
// a new one for each call, and beside it the module as it came in Extism's SDK
// alone, an instance for each goroutine.
func BenchmarkEcho(b *testing.B) {
	r := open(b, Options{CacheDir: filepath.Join(b.TempDir(), "code")})
	m := load(b, r, goSpec(b))
	echo := func(workspace string) {
		if _, _, err := m.Call(context.Background(), Call{Workspace: workspace, Export: "or3_widget", Input: []byte(kib()), Budget: time.Second}); err != nil {
			b.Error(err)
		}
	}
	two := func(n int, call func(workspace string)) time.Duration {
		var both sync.WaitGroup
		began := time.Now()
		for w := range 2 {
			both.Go(func() {
				for range n / 2 {
					call(fmt.Sprint("w", w))
				}
			})
		}
		both.Wait()
		return time.Since(began)
	}
	compiled := unchanged(b, goSpec(b))
	var plain [2]*extism.Plugin
	for i := range plain {
		var err error
		if plain[i], err = compiled.Instance(context.Background(), extism.PluginInstanceConfig{ModuleConfig: clocks()}); err != nil {
			b.Fatal(err)
		}
	}
	alone := func(workspace string) {
		if _, _, err := plain[workspace[1]-'0'].CallWithContext(context.Background(), "or3_widget", []byte(kib())); err != nil {
			b.Error(err)
		}
	}
	for _, w := range []string{"w0", "w1"} {
		echo(w)
		alone(w)
	}
	var kept, fresh, sdk time.Duration
	calls, made := 0, 0
	for b.Loop() {
		kept += two(1000, echo)
		sdk += two(1000, alone)
		calls += 1000
		fresh += two(40, func(workspace string) {
			echo(workspace + fmt.Sprint(time.Now().UnixNano()))
		})
		made += 40
	}
	perKept, perFresh := float64(calls)/kept.Seconds(), float64(made)/fresh.Seconds()
	b.ReportMetric(perKept, "kept/s")
	b.ReportMetric(perFresh, "fresh/s")
	b.ReportMetric(perKept/perFresh, "kept/fresh")
	b.ReportMetric(float64(calls)/sdk.Seconds(), "sdk/s")
	b.ReportMetric(sdk.Seconds()/kept.Seconds(), "kept/sdk")
}

// unchanged compiles a guest as it came, as an ordinary user of the SDK does who
// sets a time.
func unchanged(b *testing.B, s Spec) *extism.CompiledPlugin {
	b.Helper()
	one := []extism.ValueType{extism.ValueTypeI64}
	now := extism.NewHostFunctionWithStack("or3_now", func(context.Context, *extism.CurrentPlugin, []uint64) {}, one, one)
	compiled, err := extism.NewCompiledPlugin(context.Background(),
		extism.Manifest{Wasm: []extism.Wasm{extism.WasmData{Data: s.Wasm}}, Timeout: 30_000},
		extism.PluginConfig{RuntimeConfig: wazero.NewRuntimeConfig(), EnableWasi: true}, []extism.HostFunction{now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { compiled.Close(context.Background()) })
	return compiled
}

func clocks() wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithSysWalltime().WithSysNanotime()
}

// BenchmarkOverhead is what a call costs here beyond the same call of Extism's
// SDK alone, in the same instance's code: medians, by turns.
func BenchmarkOverhead(b *testing.B) {
	r := open(b, Options{})
	m := load(b, r, spec(b, "echo"))
	plain, err := unchanged(b, spec(b, "echo")).Instance(context.Background(), extism.PluginInstanceConfig{ModuleConfig: clocks()})
	if err != nil {
		b.Fatal(err)
	}
	input := []byte(kib())
	var ours, theirs []time.Duration
	for b.Loop() {
		for range 200 {
			began := time.Now()
			if _, _, err := plain.CallWithContext(context.Background(), "or3_page", input); err != nil {
				b.Fatal(err)
			}
			middle := time.Now()
			if _, _, err := m.Call(context.Background(), Call{Workspace: "w", Export: "or3_page", Input: input}); err != nil {
				b.Fatal(err)
			}
			theirs, ours = append(theirs, middle.Sub(began)), append(ours, time.Since(middle))
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	p50 := func(all []time.Duration) float64 { return float64(all[len(all)/2]) / 1e3 }
	b.ReportMetric(p50(theirs), "sdk-µs")
	b.ReportMetric(p50(ours), "ours-µs")
	b.ReportMetric(p50(ours)-p50(theirs), "over-µs")
}

// BenchmarkRewrite is a page of a guest in Go that reads JSON and draws a table,
// with the checks and without, by turns.
func BenchmarkRewrite(b *testing.B) {
	s := goSpec(b)
	r := open(b, Options{CacheDir: filepath.Join(b.TempDir(), "code")})
	m := load(b, r, s)
	plain, err := unchanged(b, s).Instance(context.Background(), extism.PluginInstanceConfig{ModuleConfig: clocks()})
	if err != nil {
		b.Fatal(err)
	}
	rows := strings.Repeat(`{"id":"1","title":"tide","size":7},`, 50)
	input := []byte(`{"workspace":{"name":"Kestrel"},"input":{"rows":[` + strings.TrimSuffix(rows, ",") + `]}}`)
	var with, without []time.Duration
	for b.Loop() {
		for range 50 {
			began := time.Now()
			if _, _, err := plain.CallWithContext(context.Background(), "or3_page", input); err != nil {
				b.Fatal(err)
			}
			middle := time.Now()
			if _, _, err := m.Call(context.Background(), Call{Workspace: "w", Export: "or3_page", Input: input}); err != nil {
				b.Fatal(err)
			}
			without, with = append(without, middle.Sub(began)), append(with, time.Since(middle))
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	b.ReportMetric(float64(without[len(without)/2])/1e3, "without-µs")
	b.ReportMetric(float64(with[len(with)/2])/1e3, "with-µs")
	b.ReportMetric(float64(with[len(with)/2])/float64(without[len(without)/2]), "x")
}
