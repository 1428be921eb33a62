package runtime

import (
	"context"
	"errors"
	"testing"
	"time"

	"or3.cloud/or3/plugins/wasm/wat"
)

// Whoever a filter keeps from something calls its pages until they fail, or until
// no other call has a turn: it is asked all the same.
func TestPagesDoNotSilenceAFilter(t *testing.T) {
	r := open(t, Options{Running: 1, RunningEach: 1, Budgets: Budgets{Filter: 30 * time.Second}})
	s := spec(t, "ask")
	s.Wasm = wat.Compile(`(module
		(import "extism:host/user" "or3_now" (func $now (param i64) (result i64)))
		(func (export "or3_page") (result i32) (drop (call $now (i64.const 0))) unreachable)
		(func (export "or3_filter") (result i32) (i32.const 0)))`)
	s.Exports = []string{"or3_page", "or3_filter"}
	entered, goOn := make(chan struct{}, 9), make(chan struct{})
	s.Host["or3_now"] = func(context.Context, []byte) ([]byte, error) {
		entered <- struct{}{}
		<-goOn
		return nil, nil
	}
	m := load(t, r, s)
	filter := func(want Outcome) {
		t.Helper()
		if _, trace, err := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_filter"}); trace.Outcome != want {
			t.Errorf("the filter: %s, %v", trace.Outcome, err)
		}
	}
	filter(OK) // so that there is an instance
	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _, _ = m.Call(context.Background(), Call{Workspace: "w", Export: "or3_page"})
	}()
	<-entered
	filter(OK)
	close(goOn)
	<-first
	for range failuresToOpen {
		page(t, m, "w", "")
	}
	if _, trace, _ := page(t, m, "w", ""); trace.Outcome != Paused || !m.Health("w").Paused {
		t.Fatalf("pages that fail: %s", trace.Outcome)
	}
	filter(OK)
	m.Quarantine("w")
	filter(OK)
	if _, trace, _ := page(t, m, "w", ""); trace.Outcome != Quarantined {
		t.Errorf("a page in quarantine: %s", trace.Outcome)
	}
}

// A filter that fails too often itself is not asked any more: what its manifest
// says of failures counts then, at no cost.
func TestAFilterIsStoppedByItsOwnFailures(t *testing.T) {
	c := &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	told := 0
	r := open(t, Options{Now: c.now, Quarantined: func(string, string, string) { told++ }, Budgets: Budgets{Filter: 30 * time.Second}})
	s := spec(t, "ask")
	s.Wasm = wat.Compile(`(module (func (export "or3_page") (result i32) (i32.const 0)) (func (export "or3_filter") (result i32) unreachable))`)
	s.Exports = []string{"or3_page", "or3_filter"}
	m := load(t, r, s)
	filter := func() Outcome {
		_, trace, _ := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_filter"})
		return trace.Outcome
	}
	for range opensToStop {
		for range failuresToOpen {
			if got := filter(); got != Trap {
				t.Fatalf("a filter that traps: %s", got)
			}
		}
		c.pass(20 * time.Minute)
		m.mu.Lock()
		if b := m.breakers[breakersOf("w")[1]]; !b.quarantined {
			b.succeeded()
		}
		m.mu.Unlock()
	}
	if got := filter(); got != Quarantined || told != 1 {
		t.Errorf("after all that: %s, told %d times", got, told)
	}
	if _, trace, _ := page(t, m, "w", ""); trace.Outcome != OK {
		t.Errorf("its page meanwhile: %s", trace.Outcome)
	}
	m.Release("w")
	if got := filter(); got != Trap {
		t.Errorf("released: %s", got)
	}
}

// What a filter answers to one question must not keep it from being asked others.
func TestAFilterThatAnswersBadlyIsAskedAgain(t *testing.T) {
	s := spec(t, "echo")
	s.Wasm = wat.Compile(`(module (func (export "or3_page") (result i32) (i32.const 0)) (func (export "or3_filter") (result i32) (i32.const 0)))`)
	s.Exports = []string{"or3_page", "or3_filter"}
	m := load(t, open(t, Options{Budgets: Budgets{Filter: 30 * time.Second}}), s)
	for range failuresToOpen + 1 {
		bad := func([]byte) *Failure { return Unusable(errors.New("ttl_s is 61")) }
		if _, trace, _ := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_filter", Read: bad}); trace.Outcome != BadAnswer {
			t.Errorf("an answer of no use: %s", trace.Outcome)
		}
	}
	if len(m.Logs("w")) != failuresToOpen+1 {
		t.Errorf("its log has %v", m.Logs("w"))
	}
}
