package runtime

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"or3.cloud/or3/plugins/wasm"
	"or3.cloud/or3/plugins/wasm/wat"
)

// attacks are modules that come through the gate, and how each of them ends.
var attacks = map[string]Outcome{
	"loop": Timeout, "hostloop": TooMuch, "fib": Timeout, "indirect": Timeout, "bulk": Timeout, "straight": Timeout,
	"table-of-host": Timeout, "random": Timeout, "kernel": Timeout, "kernel-vars": Timeout, "memory": OK, "table": OK, "trap": Trap,
	"exit": Exit, "huge": TooMuch, "hostile-payload": TooMuch, "flood": OK, "words": GuestError,
}

// budget is short, for a test of many that use it up.
const budget = 400 * time.Millisecond

func TestEachAttackEndsAsItShould(t *testing.T) {
	r := open(t, Options{})
	for name, want := range attacks {
		m := load(t, r, spec(t, name))
		c := Call{Workspace: "w", Export: "or3_page"}
		if want == Timeout {
			c.Budget = budget
		}
		if _, trace, err := m.Call(t.Context(), c); trace.Outcome != want {
			t.Errorf("%s ended with %s (%v), want %s", name, trace.Outcome, err, want)
		}
		if err := m.Close(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
}

func TestEndlessRecursionOverflowsItsOwnStack(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "stack"))
	if _, trace, f := page(t, m, "w", ""); trace.Outcome != Trap && trace.Outcome != Timeout {
		t.Errorf("%s: %v", trace.Outcome, f)
	}
}

func TestTheGateRefusesWhatWouldHarmBeforeACall(t *testing.T) {
	r := open(t, Options{})
	for name, want := range map[string]string{
		"start": wasm.StartSection, "memory-huge": wasm.MemoryMinimum, "table-huge": wasm.TableMinimum, "bomb-locals": wasm.TooManyLocals,
		"bomb-branches": wasm.TooComplex, "bomb-many": wasm.TooComplex, "forbidden": wasm.ImportNotGranted, "signature": wasm.ImportSignature,
	} {
		_, err := r.Load(t.Context(), spec(t, name))
		var refused *Refused
		if !errors.As(err, &refused) || refused.Reasons[0].Code != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// The gate refuses a start section, so this goes around it.
func TestMakingAnInstanceHasADeadline(t *testing.T) {
	r := open(t, Options{Create: 100 * time.Millisecond})
	s := spec(t, "start")
	module, refusal := wasm.Read(s.Wasm, wasm.Limits{})
	if refusal != nil {
		t.Fatal(refusal)
	}
	m, err := r.compile(t.Context(), s, module)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(context.Background())
	if _, trace, f := page(t, m, "w", ""); trace.Outcome != NotCreated {
		t.Errorf("%s: %v", trace.Outcome, f)
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
}

// What makes a module dangerous in a server is not its own request: one that does
// not stop holds up the collector, and with it every goroutine there is.
func TestWhileAllAttackAtOnceTheServerLives(t *testing.T) {
	before := goruntime.NumGoroutine()
	const memory, rounds = 96 << 20, 2
	r, err := Open(Options{Budgets: Budgets{Page: budget}, Memory: memory, Instances: 6, Running: 6})
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]*Module{}
	for name := range attacks {
		if modules[name], err = r.Load(t.Context(), spec(t, name)); err != nil {
			t.Fatal(name, err)
		}
	}
	good, err := r.Load(t.Context(), spec(t, "echo"))
	if err != nil {
		t.Fatal(err)
	}
	var base, m goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&base)

	var attack sync.WaitGroup
	for name, module := range modules {
		attack.Go(func() {
			for range rounds {
				_, _, _ = module.Call(context.Background(), Call{Workspace: "w-" + name, Export: "or3_page"})
			}
		})
	}
	over := make(chan struct{})
	go func() { attack.Wait(); close(over) }()
	collections, most := 0, uint64(0)
	for attacking := true; attacking; collections++ {
		goruntime.GC()
		goruntime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc-min(base.HeapAlloc, m.HeapAlloc))
		if u := r.Usage(); u.Memory > memory || u.Instances > 6 {
			t.Fatalf("more than allowed is in use: %+v", u)
		}
		select {
		case <-over:
			attacking = false
		default:
		}
	}
	if collections < 3 {
		t.Errorf("the collector ran %d times while the attack lasted", collections)
	}
	// Payloads, logs and compiled code come besides, and the stacks: an endless
	// recursion takes some 100 MiB for a moment, while its stack is copied into a
	// larger one. A bomb that got through would take many times that.
	if limit := uint64(memory + 224<<20); most > limit {
		t.Errorf("%d MiB in use at once, at most %d expected", most>>20, limit>>20)
	}
	if out, _, err := good.Call(t.Context(), Call{Workspace: "w", Export: "or3_page", Input: []byte("still here")}); err != nil || string(out) != "still here" {
		t.Errorf("a good plugin afterwards: %q, %v", out, err)
	}

	for _, m := range modules {
		if err := m.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := good.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if u := r.Usage(); u != (Usage{}) {
		t.Errorf("left behind: %+v", u)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(20 * time.Second); goruntime.NumGoroutine() > before; goruntime.Gosched() {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", goruntime.NumGoroutine(), before, stacks[:goruntime.Stack(stacks, true)])
		}
	}
}

func TestAFloodOfLinesIsCutAndItsWordsAreHarmless(t *testing.T) {
	r := open(t, Options{})
	m := load(t, r, spec(t, "flood"))
	if _, trace, f := page(t, m, "w", ""); f != nil || trace.Lines < 65 {
		t.Fatalf("%+v %v", trace, f)
	}
	lines := m.Logs("w")
	if len(lines) != 65 || lines[0].Text != "on board" || lines[1].Text != "go cale!" {
		t.Errorf("%d lines, %+v", len(lines), lines[:2])
	}
	if last := lines[64].Text; !strings.Contains(last, "the rest is left out") {
		t.Errorf("it ends with %q", last)
	}
	if len(m.Logs("elsewhere")) != 0 {
		t.Error("another workspace reads the log")
	}

	words := load(t, r, spec(t, "words"))
	_, _, f := page(t, words, "w", "")
	want := "tide <script>alert(1)</script> back\uFFFD"
	if f == nil || f.Said != want {
		t.Errorf("it said %q, want %q", f.Said, want)
	}
	if strings.ContainsRune(f.Error(), '\x1b') {
		t.Errorf("the server's log would hold %q", f.Error())
	}
	for _, line := range words.Logs("") {
		if strings.ContainsAny(line.Text, "\x1b\a\r\u202e") {
			t.Errorf("the log holds %q", line.Text)
		}
	}
}

// watched is how long the child is watched, many times its deadline.
const watched = 2 * time.Second

// runUnchanged runs fib(52) as it came, with a deadline. It is a process of its
// own because nothing in it can be stopped but by killing it.
func runUnchanged() {
	text, err := os.ReadFile("testdata/fib.wat")
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	r := wazero.NewRuntimeWithConfig(context.Background(), wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	m, err := r.Instantiate(context.Background(), wat.Compile(string(text)))
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stdout, "began")
	_, err = m.ExportedFunction("or3_page").Call(ctx)
	fmt.Fprintln(os.Stdout, "ended", err)
}

// When this fails, wazero has learned to stop such code by itself: then look
// whether plugins/wasm still has to write modules again.
func TestThisWazeroNeedsTheRewrite(t *testing.T) {
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "OR3_TEST_UNCHANGED=1")
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 4)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	if first := <-lines; first != "began" {
		t.Fatalf("the child said %q", first)
	}
	select {
	case line := <-lines:
		t.Errorf("without the rewrite it %s", line)
	case <-time.After(watched):
	}
	_ = child.Process.Kill()
	_ = child.Wait()
}
