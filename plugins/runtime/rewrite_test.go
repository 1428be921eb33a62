package runtime

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"or3.cloud/or3/plugins/wasm"
	"or3.cloud/or3/plugins/wasm/wat"
)

// sums computes with blocks, branches, tables, memory and several kinds of
// numbers, so that a rewrite that shifts anything gives another result.
const sums = `(module
	(memory 1) (table 4 funcref) (elem (i32.const 1) $twice $third) (data (i32.const 16) "\01\02\03\04\05\06\07\08")
	(global $g (mut i64) (i64.const 3))
	(func $twice (param i64) (result i64) (i64.mul (local.get 0) (i64.const 2)))
	(func $third (param i64) (result i64) (i64.div_u (local.get 0) (i64.const 3)))
	(func (export "run") (param $n i32) (result i64) (local $i i32) (local $sum i64) (local $f f64)
		(memory.copy (i32.const 100) (i32.const 16) (i32.const 8))
		(memory.fill (i32.const 104) (local.get $n) (i32.const 2))
		(block $out (loop $again
			(br_if $out (i32.ge_u (local.get $i) (local.get $n)))
			(local.set $sum (i64.add (local.get $sum) (call_indirect (param i64) (result i64)
				(i64.load (i32.const 100)) (i32.add (i32.const 1) (i32.and (local.get $i) (i32.const 1))))))
			(if (i32.eqz (i32.rem_u (local.get $i) (i32.const 3)))
				(then (global.set $g (i64.rotl (global.get $g) (i64.const 5))))
				(else (local.set $f (f64.add (local.get $f) (f64.const 1.5)))))
			(local.set $i (i32.add (local.get $i) (i32.const 1)))
			(br $again)))
		(i64.add (i64.xor (local.get $sum) (global.get $g)) (i64.trunc_sat_f64_s (local.get $f)))))`

func results(t *testing.T, code []byte) []uint64 {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	defer r.Close(context.Background())
	m, err := r.Instantiate(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	var all []uint64
	for n := range uint64(20) {
		out, err := m.ExportedFunction("run").Call(t.Context(), n*7)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out[0])
	}
	return all
}

func TestTheRewriteChangesNoResult(t *testing.T) {
	code := wat.Compile(sums)
	module, refusal := wasm.Read(code, wasm.Limits{})
	if refusal != nil {
		t.Fatal(refusal)
	}
	want, got := results(t, code), results(t, module.Harden(wasm.Rules{MemoryPages: 16}))
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("run(%d) is %d, was %d", i*7, got[i], want[i])
		}
	}
}

// What wazero takes and the gate lets in, wazero takes again after the rewrite.
func FuzzTheRewriteStaysValid(f *testing.F) {
	f.Add(wat.Compile(sums))
	files, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		if strings.Contains(file, "bomb") {
			continue // they take long, which is why they are refused
		}
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if code := wat.Compile(string(text)); len(code) < 8<<10 {
			f.Add(code)
		}
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(256).WithDebugInfoEnabled(false))
	f.Cleanup(func() { r.Close(ctx) })
	f.Fuzz(func(t *testing.T, code []byte) {
		if len(code) > 16<<10 {
			return
		}
		module, refusal := wasm.Read(code, wasm.Limits{})
		if refusal != nil {
			return // the engine may not be asked: it makes room for what is announced
		}
		found := module.Check(wasm.Rules{MemoryPages: 256})
		for _, r := range found {
			if strings.Contains(r.Code, "too_") || strings.Contains(r.Code, "minimum") {
				return
			}
		}
		before, err := r.CompileModule(ctx, code)
		if err != nil {
			return
		}
		defer before.Close(ctx)
		after, err := r.CompileModule(ctx, module.Harden(wasm.Rules{MemoryPages: 256}))
		if err != nil {
			t.Fatalf("it was valid and is not any more: %v", err)
		}
		defer after.Close(ctx)
		if a, b := before.ExportedFunctions(), after.ExportedFunctions(); len(a) != len(b) {
			t.Fatalf("%d exports became %d", len(a), len(b))
		}
	})
}
