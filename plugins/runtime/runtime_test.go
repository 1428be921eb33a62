package runtime

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/plugins/wasm"
	"or3.cloud/or3/plugins/wasm/wat"
)

func TestMain(m *testing.M) {
	if os.Getenv("OR3_TEST_UNCHANGED") != "" {
		runUnchanged()
		return
	}
	os.Exit(m.Run())
}

// guest compiles a module of testdata.
func guest(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".wat"))
	if err != nil {
		t.Fatal(err)
	}
	return wat.Compile(string(text))
}

// open makes a runtime. Unless a test is about time, there is enough of it for
// the busiest machine.
func open(t testing.TB, o Options) *Runtime {
	t.Helper()
	or(&o.Budgets.Page, 30*time.Second)
	or(&o.Budgets.Widget, 30*time.Second)
	or(&o.Create, 30*time.Second)
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// now is a host function that answers with what it is given.
func now(_ context.Context, input []byte) ([]byte, error) { return input, nil }

func spec(t testing.TB, name string) Spec {
	return Spec{ID: "kestrel." + name, Version: "1.0.0", Wasm: guest(t, name), WASI: true,
		Exports: []string{"or3_page"}, Host: map[string]HostFunc{"or3_now": now}}
}

func load(t testing.TB, r *Runtime, s Spec) *Module {
	t.Helper()
	m, err := r.Load(t.Context(), s)
	if err != nil {
		t.Fatalf("%s: %v", s.ID, err)
	}
	t.Cleanup(func() {
		if err := m.Close(context.Background()); err != nil {
			t.Errorf("closing %s: %v", s.ID, err)
		}
	})
	return m
}

func page(t testing.TB, m *Module, workspace, input string) (string, Trace, *Failure) {
	t.Helper()
	out, trace, err := m.Call(t.Context(), Call{Workspace: workspace, Export: "or3_page", Input: []byte(input)})
	var f *Failure
	if err != nil && !errors.As(err, &f) {
		t.Fatalf("not a Failure: %v", err)
	}
	return string(out), trace, f
}

func TestAPageIsAnswered(t *testing.T) {
	r := open(t, Options{CacheDir: filepath.Join(t.TempDir(), "code")})
	m := load(t, r, spec(t, "echo"))
	for _, input := range []string{"", "tide", strings.Repeat("x", 1<<20)} {
		got, trace, f := page(t, m, "w1", input)
		if f != nil || got != input {
			t.Fatalf("%d bytes came back as %d: %v", len(input), len(got), f)
		}
		if trace.Outcome != OK || trace.Input != len(input) || trace.Output != len(input) || trace.Memory == 0 {
			t.Errorf("traced as %+v", trace)
		}
	}
	all := m.Traces()
	if len(all) != 3 || all[2].Create == 0 || all[0].Create != 0 {
		t.Errorf("the first call makes an instance, the others find one: %+v", all)
	}
}

func TestWorkspacesDoNotShareInstancesAndCallsDoNotShareVariables(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "leak"))
	for i, c := range []struct{ workspace, want string }{{"a", "10"}, {"b", "10"}, {"a", "20"}, {"b", "20"}} {
		if got, _, f := page(t, m, c.workspace, ""); f != nil || got != c.want {
			t.Errorf("call %d in %s: %q (%v), want %q", i, c.workspace, got, f, c.want)
		}
	}
}

func TestAnInstanceIsNotUsedAgainAfterAnError(t *testing.T) {
	r := open(t, Options{})
	for _, name := range []string{"trap", "exit", "words", "huge"} {
		m := load(t, r, spec(t, name))
		before := r.Usage()
		if _, _, f := page(t, m, "w", ""); f == nil {
			t.Errorf("%s did not fail", name)
		}
		if after := r.Usage(); after != before {
			t.Errorf("%s left something behind: %+v, before %+v", name, after, before)
		}
	}
}

func TestWhatTheCallerPutsIntoTheContextReachesHostFunctions(t *testing.T) {
	type key struct{}
	s := spec(t, "ask")
	s.Host["or3_now"] = func(ctx context.Context, input []byte) ([]byte, error) {
		return append(input, ctx.Value(key{}).(string)...), nil
	}
	m := load(t, open(t, Options{}), s)
	var all sync.WaitGroup
	for _, who := range []string{"ines", "tomas", "mara", "odile"} {
		all.Go(func() {
			for range 50 {
				out, trace, err := m.Call(context.WithValue(t.Context(), key{}, who), Call{Workspace: "w", Export: "or3_page", Input: []byte("for ")})
				if err != nil || string(out) != "for "+who || trace.HostCalls != 1 {
					t.Errorf("for %s: %q, %v", who, out, err)
				}
			}
		})
	}
	all.Wait()
}

func TestAFailingHostFunctionIsNotThePluginsFault(t *testing.T) {
	for name, f := range map[string]HostFunc{
		"an error":        func(context.Context, []byte) ([]byte, error) { return nil, errors.New("the disk is full") },
		"a panic":         func(context.Context, []byte) ([]byte, error) { panic("nil map") },
		"a large answer":  func(context.Context, []byte) ([]byte, error) { return make([]byte, 1<<20+1), nil },
		"a lasting error": func(context.Context, []byte) ([]byte, error) { return nil, context.DeadlineExceeded },
	} {
		s := spec(t, "ask")
		s.Host["or3_now"] = f
		m := load(t, open(t, Options{}), s)
		for range failuresToOpen + 1 {
			if _, _, f := page(t, m, "w", "x"); f == nil || f.Outcome != HostError {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

func TestAHostFunctionThatObeysItsContextEndsWithTheBudget(t *testing.T) {
	s := spec(t, "ask")
	s.Host["or3_now"] = func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	m := load(t, open(t, Options{Budgets: Budgets{Page: 50 * time.Millisecond}}), s)
	if _, _, f := page(t, m, "w", "x"); f == nil || f.Outcome != Timeout {
		t.Errorf("%+v", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, trace, _ := m.Call(ctx, Call{Workspace: "w", Export: "or3_page"}); trace.Outcome != Canceled {
		t.Errorf("a caller who went away: %s", trace.Outcome)
	}
}

func TestMisuseNeverReachesTheGuest(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "trap"))
	for name, c := range map[string]Call{
		"too much input":        {Workspace: "w", Export: "or3_page", Input: make([]byte, 1<<20+1)},
		"an export it has not":  {Workspace: "w", Export: "or3_job"},
		"no export's name":      {Workspace: "w"},
		"the name of something": {Workspace: "w", Export: "memory"},
	} {
		if _, trace, _ := m.Call(t.Context(), c); trace.Outcome != Misuse {
			t.Errorf("%s: %s", name, trace.Outcome)
		}
	}
}

func TestAClosedModuleTakesNoCalls(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "echo"))
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, f := page(t, m, "w", ""); f == nil || f.Outcome != Unloaded {
		t.Errorf("%+v", f)
	}
}

func TestClosingWaitsForCalls(t *testing.T) {
	r := open(t, Options{})
	s := spec(t, "ask")
	entered, goOn := make(chan struct{}), make(chan struct{})
	s.Host["or3_now"] = func(context.Context, []byte) ([]byte, error) {
		close(entered)
		<-goOn
		return []byte("late"), nil
	}
	m := load(t, r, s)
	answered := make(chan string)
	go func() {
		out, _, _ := m.Call(context.Background(), Call{Workspace: "w", Export: "or3_page"})
		answered <- string(out)
	}()
	<-entered
	closed := make(chan error)
	go func() { closed <- m.Close(context.Background()) }()
	for m.admit(&call{Call: Call{Workspace: "w", Export: "or3_page"}, m: m}) == nil {
		m.judged(&call{Call: Call{Workspace: "w"}, m: m}, nil)
		goruntime.Gosched()
	}
	if _, trace, _ := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_page"}); trace.Outcome != Unloaded {
		t.Errorf("while it closes: %s", trace.Outcome)
	}
	close(goOn)
	if got := <-answered; got != "late" {
		t.Errorf("the call that was running got %q", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
}

func TestCompiledCodeIsKeptWhereNobodyElseCanWrite(t *testing.T) {
	dir := t.TempDir()
	loose := filepath.Join(dir, "loose")
	if err := os.Mkdir(loose, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{loose, link} {
		if r, err := Open(Options{CacheDir: path}); err == nil {
			r.Close()
			t.Errorf("%s was taken", path)
		}
	}
	good := filepath.Join(dir, "code")
	load(t, open(t, Options{CacheDir: good}), spec(t, "echo"))
	info, err := os.Stat(good)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("made with %v (%v)", info.Mode(), err)
	}
	found := 0
	if err := filepath.WalkDir(good, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found++
		}
		return err
	}); err != nil || found == 0 {
		t.Errorf("%d files of compiled code (%v)", found, err)
	}
}

func TestARefusedModuleSaysEveryReason(t *testing.T) {
	_, err := open(t, Options{}).Load(t.Context(), spec(t, "forbidden"))
	var refused *Refused
	if !errors.As(err, &refused) || len(refused.Reasons) != 2 || !strings.Contains(err.Error(), wasm.ImportNotGranted) {
		t.Errorf("%v", err)
	}
}

func TestWhatTheEngineDoesNotTakeIsARefusalToo(t *testing.T) {
	s := spec(t, "echo")
	s.Wasm = wat.Compile(`(module (func (export "or3_page") (result i32) (i64.const 0)))`)
	_, err := open(t, Options{}).Load(t.Context(), s)
	var refused *Refused
	if !errors.As(err, &refused) || refused.Reasons[0].Code != wasm.Malformed || bytes.ContainsRune([]byte(err.Error()), '\n') {
		t.Errorf("%v", err)
	}
}
