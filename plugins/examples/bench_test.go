package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/runtime"
)

// BenchmarkHelloWidget asks for the twelve blocks of hello's widget from two
// goroutines, each in a workspace of its own: with instances that are kept, and by
// turns with a new one for each call. Aims: 1,200 a second, six times as many as new.
func BenchmarkHelloWidget(b *testing.B) {
	spec := hello(b)
	rt, err := runtime.Open(runtime.Options{CacheDir: filepath.Join(b.TempDir(), "code")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = rt.Close() })
	module, err := rt.Load(b.Context(), spec)
	if err != nil {
		b.Fatal(err)
	}
	input, err := json.Marshal(host.Call{API: host.API, RequestID: "r", Workspace: host.Workspace{ID: "w", Name: "Kestrel Yard"}, Actor: host.Actor{ID: "u", Role: "editor"},
		Plugin: host.Plugin{ID: "hello", Version: "1.0.0"}, Settings: json.RawMessage(`{}`), Input: json.RawMessage(`{"id":"hello","size":"medium"}`)})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(workspace string) {
		answer, _, err := module.Call(context.Background(), runtime.Call{Workspace: workspace, Export: host.ExportWidget, Input: input})
		if err != nil {
			b.Error(err)
			return
		}
		if a, err := host.ParseAnswer(answer, host.Manifest{}); err != nil || len(a.Blocks) != 12 {
			b.Errorf("%v, %d blocks", err, len(a.Blocks))
		}
	}
	two := func(each int, workspace func(goroutine, n int) string) time.Duration {
		var both sync.WaitGroup
		began := time.Now()
		for g := range 2 {
			both.Go(func() {
				for n := range each {
					ask(workspace(g, n))
				}
			})
		}
		both.Wait()
		return time.Since(began)
	}
	same := func(g, _ int) string { return fmt.Sprint("w", g) }
	two(1, same)
	var kept, fresh time.Duration
	calls, made := 0, 0
	for b.Loop() {
		kept += two(300, same)
		calls += 600
		fresh += two(20, func(g, n int) string { return fmt.Sprint("new", made, g, n) })
		made += 40
	}
	warm, cold := float64(calls)/kept.Seconds(), float64(made)/fresh.Seconds()
	b.ReportMetric(warm, "kept/s")
	b.ReportMetric(cold, "fresh/s")
	b.ReportMetric(warm/cold, "kept/fresh")
}

// BenchmarkCompile compiles hello, which is a module of Go, anew: in peace, which
// leaves processors to others, and by turns in a hurry, as for who develops it.
func BenchmarkCompile(b *testing.B) {
	spec := hello(b)
	compile := func(hurry bool) time.Duration {
		rt, err := runtime.Open(runtime.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer rt.Close()
		spec.Hurry = hurry
		began := time.Now()
		if _, err := rt.Load(b.Context(), spec); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var peace, hurry time.Duration
	for b.Loop() {
		peace += compile(false)
		hurry += compile(true)
	}
	b.ReportMetric(peace.Seconds()/float64(b.N), "s")
	b.ReportMetric(hurry.Seconds()/float64(b.N), "s-in-a-hurry")
	b.ReportMetric(peace.Seconds()/hurry.Seconds(), "peace/hurry")
}

func hello(b *testing.B) runtime.Spec {
	b.Helper()
	zip, err := examples.Package("hello")
	if err != nil {
		b.Fatal(err)
	}
	report, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), inspect.Rules{Archive: archive.DefaultLimits()})
	if err != nil {
		b.Fatal(err)
	}
	functions := map[string]runtime.HostFunc{}
	for _, f := range inspect.Granted(report.Manifest) {
		functions[f.Name] = func(ctx context.Context, in []byte) ([]byte, error) {
			return f.Call(ctx, host.Services{}, host.Caller{}, in)
		}
	}
	return inspect.Spec(report.Manifest, report.Wasm(), functions)
}
