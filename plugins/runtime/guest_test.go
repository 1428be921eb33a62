package runtime

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/plugins/wasm"
)

// goGuest builds the guest in Go, once for all tests.
var goGuest = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "or3-guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "plugin.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, "./guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, errors.New(string(text))
	}
	return os.ReadFile(out)
})

func goSpec(t testing.TB) Spec {
	t.Helper()
	code, err := goGuest()
	if err != nil {
		t.Fatal(err)
	}
	return Spec{ID: "kestrel.go", Version: "1.0.0", Wasm: code, WASI: true, Exports: []string{"or3_page", "or3_widget"},
		Host: map[string]HostFunc{"or3_now": func(_ context.Context, input []byte) ([]byte, error) { return append(input, "!"...), nil }}}
}

const envelope = `{"workspace":{"id":"w","name":"Kestrel"},"input":{"rows":[{"id":"1","title":"tide","size":7},{"id":"2","title":"<b>","size":8}]}}`

func TestAGuestInGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "code")
	r := open(t, Options{CacheDir: dir})
	s := goSpec(t)
	m := load(t, r, s)

	out, _, f := page(t, m, "w", envelope)
	if f != nil || !strings.Contains(out, `"cells":["TIDE","7"]`) {
		t.Fatalf("%s %v", out, f)
	}
	if _, _, f := page(t, m, "w", "{"); f == nil || f.Outcome != GuestError || !strings.Contains(f.Said, "JSON") {
		t.Errorf("a guest that reports an error: %+v", f)
	}

	call := func(export string) (string, *Failure) {
		out, _, err := m.Call(t.Context(), Call{Workspace: "w", Export: export, Input: []byte("x")})
		var f *Failure
		errors.As(err, &f)
		return string(out), f
	}
	if _, f := call("or3_action"); f == nil || f.Outcome != Trap && f.Outcome != Exit {
		t.Errorf("a panic: %+v", f)
	}
	said := ""
	for _, line := range m.Logs("w") {
		said += line.Text + "\n"
	}
	if !strings.Contains(said, "assignment to entry in nil map") {
		t.Errorf("the panic is not in the log: %s", said)
	}
	m.Release("w")
	if _, f := call("or3_job"); f == nil || !f.Outcome.blames("or3_page") {
		t.Errorf("eating memory: %+v", f)
	}
	if u := r.Usage(); u.Memory > 64<<20 {
		t.Errorf("%+v", u)
	}
	m.Release("w")
	for _, how := range []string{"loop", "sleep"} {
		_, trace, _ := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_event", Input: []byte(how), Budget: 300 * time.Millisecond})
		if trace.Outcome != Timeout {
			t.Errorf("a guest that does not end (%s): %s", how, trace.Outcome)
		}
		m.Release("w")
	}

	var seen [2]struct {
		Random                 string
		Year                   int
		File, Dir              bool
		Environment, Arguments []string
		Host                   string
	}
	for i := range seen {
		out, f := call("or3_health")
		if f != nil {
			t.Fatal(f)
		}
		if err := json.Unmarshal([]byte(out), &seen[i]); err != nil {
			t.Fatal(err)
		}
		m.dropIdle() // each in an instance of its own
	}
	got := seen[0]
	if got.Random == seen[1].Random || got.Year != time.Now().UTC().Year() {
		t.Errorf("randomness and clock are not real: %+v", seen)
	}
	if got.File || got.Dir || len(got.Environment) > 0 || strings.Join(got.Arguments, "") != "" || got.Host != "hour!" {
		t.Errorf("it can see %+v", got)
	}
	last := m.Logs("w")
	if text := last[len(last)-2].Text + last[len(last)-1].Text; text != "to the logand this" {
		t.Errorf("printed: %q", text)
	}

	// The rewritten module costs little, and what the gate counts is far away.
	module, refusal := wasm.Read(s.Wasm, wasm.Limits{})
	if refusal != nil {
		t.Fatal(refusal)
	}
	if grown := len(module.Harden(s.Rules(wasm.Limits{}))) - len(s.Wasm); grown > len(s.Wasm)/50 {
		t.Errorf("the rewrite added %d bytes to %d", grown, len(s.Wasm))
	}
	tight := wasm.Limits{Body: 128 << 10, Locals: 200, Complexity: 40_000, Branches: 4_000, Functions: 20_000}
	if module, refusal := wasm.Read(s.Wasm, tight); refusal != nil || len(module.Check(s.Rules(tight))) > 0 {
		t.Errorf("an ordinary guest comes near the limits: %v", refusal)
	}
}
