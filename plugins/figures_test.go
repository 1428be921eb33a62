package plugins_test

import (
	"testing"
	"time"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/runtime"
)

func TestFiguresLeaveOutNoSlowCall(t *testing.T) {
	calls := func(ms ...int) (list []runtime.Trace) {
		for _, each := range ms {
			list = append(list, runtime.Trace{Outcome: runtime.OK, Guest: time.Duration(each) * time.Millisecond})
		}
		return list
	}
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i
	}
	for _, c := range []struct {
		of       []runtime.Trace
		p50, p95 int
	}{{nil, 0, 0}, {calls(7), 7, 7}, {calls(24, 2), 2, 24}, {calls(1, 2, 900), 2, 900}, {calls(hundred...), 50, 95}} {
		if f := plugins.FiguresOf(c.of); f.P50 != time.Duration(c.p50)*time.Millisecond || f.P95 != time.Duration(c.p95)*time.Millisecond || f.Calls != len(c.of) {
			t.Errorf("%d calls: %+v, want %d and %d ms", len(c.of), f, c.p50, c.p95)
		}
	}
}
