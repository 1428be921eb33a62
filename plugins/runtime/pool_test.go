package runtime

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestTheLongestUnusedInstanceMakesRoom(t *testing.T) {
	r := open(t, Options{Instances: 3})
	m := load(t, r, spec(t, "leak"))
	for i := range 5 {
		if got, _, f := page(t, m, fmt.Sprint("w", i), ""); f != nil || got != "10" {
			t.Fatalf("%q %v", got, f)
		}
		if u := r.Usage(); u.Instances > 3 {
			t.Fatalf("%+v", u)
		}
	}
	for i, want := range map[int]string{4: "20", 3: "20", 0: "10"} {
		if got, _, _ := page(t, m, fmt.Sprint("w", i), ""); got != want {
			t.Errorf("w%d counted to %q, want %q", i, got, want)
		}
	}
}

func TestUnusedInstancesGo(t *testing.T) {
	c := &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	r := open(t, Options{Now: c.now, Idle: time.Hour})
	m := load(t, r, spec(t, "leak"))
	page(t, m, "old", "")
	c.pass(time.Minute)
	page(t, m, "new", "")
	r.pool.expire(c.now())
	if u := r.Usage(); u.Instances != 1 {
		t.Errorf("%+v", u)
	}
	if got, _, _ := page(t, m, "new", ""); got != "20" {
		t.Errorf("the used one went: %q", got)
	}
}

func TestAnInstanceIsNotUsedForEver(t *testing.T) {
	m := load(t, open(t, Options{}), spec(t, "echo"))
	made := 0
	for range reuses + 1 {
		_, trace, f := page(t, m, "w", "x")
		if f != nil {
			t.Fatal(f)
		}
		if trace.Create > 0 {
			made++
		}
	}
	if made != 2 {
		t.Errorf("%d instances for %d calls", made, reuses+1)
	}
}

// Two plugins take what they can get. Together they stay within what all may
// have, and idle ones make room for those that work.
func TestMemoryIsCountedForAllTogether(t *testing.T) {
	const all = 24 << 20
	r := open(t, Options{Memory: all})
	idle := load(t, r, spec(t, "echo"))
	for i := range 4 {
		if _, _, f := page(t, idle, fmt.Sprint(i), "x"); f != nil {
			t.Fatal(f)
		}
	}
	eats := load(t, r, spec(t, "memory"))
	_, trace, f := page(t, eats, "w", "")
	if trace.Memory < 16<<20 {
		t.Errorf("it got %d MiB while others were idle: %v", trace.Memory>>20, f)
	}
	var working sync.WaitGroup
	for i := range 4 {
		working.Go(func() {
			for range 5 {
				_, _, _ = eats.Call(t.Context(), Call{Workspace: fmt.Sprint(i), Export: "or3_page"})
				if u := r.Usage(); u.Memory > all {
					t.Errorf("%+v", u)
				}
			}
		})
	}
	working.Wait()
	if _, _, f := page(t, idle, "0", "x"); f != nil {
		t.Errorf("afterwards: %v", f)
	}
}

// What could not be given is nobody's fault: the call says that there is no room,
// and the breaker does not count it.
func TestWhoGetsNoMemoryIsBusyNotBroken(t *testing.T) {
	r := open(t, Options{Memory: 6 << 20})
	m := load(t, r, spec(t, "memory"))
	for range failuresToOpen + 1 {
		if _, trace, f := page(t, m, "w", ""); trace.Outcome != Busy {
			t.Errorf("%s: %v", trace.Outcome, f)
		}
	}
}

func TestAPluginsCallsWaitForEachOther(t *testing.T) {
	r := open(t, Options{RunningEach: 1, Budgets: Budgets{Page: 10 * time.Second, Filter: 50 * time.Millisecond}})
	s := spec(t, "ask")
	entered, goOn := make(chan struct{}), make(chan struct{})
	s.Host["or3_now"] = func(context.Context, []byte) ([]byte, error) {
		entered <- struct{}{}
		<-goOn
		return nil, nil
	}
	m := load(t, r, s)
	first := make(chan error)
	go func() {
		_, _, err := m.Call(context.Background(), Call{Workspace: "w", Export: "or3_page"})
		first <- err
	}()
	<-entered
	_, trace, err := m.Call(t.Context(), Call{Workspace: "w", Export: "or3_page", Budget: 50 * time.Millisecond})
	if trace.Outcome != Busy || trace.Queue == 0 {
		t.Errorf("the second: %+v %v", trace, err)
	}
	other := load(t, r, spec(t, "echo"))
	if _, trace, f := page(t, other, "w", "x"); f != nil {
		t.Errorf("another plugin: %+v", trace)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
}
