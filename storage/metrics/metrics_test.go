package metrics_test

import (
	"bytes"
	"io"
	"reflect"
	"testing"
	"time"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/metrics"
	"or3.cloud/or3/storage/storagetest"
)

func TestMetricsKeepTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open: func(*testing.T) storage.Store { return metrics.New(&memory.Store{}, func(metrics.Call) {}, nil) },
		Damage: func(_ *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			s.(*metrics.Store).Unwrap().(*memory.Store).Damage(key, change)
		},
	})
}

func TestEveryCallIsTold(t *testing.T) {
	inner := &memory.Store{}
	now := time.Unix(1000, 0)
	var told []metrics.Call
	// Every look at the clock is a second later.
	s := metrics.New(inner, func(c metrics.Call) { told = append(told, c) }, func() time.Time { now = now.Add(time.Second); return now })
	content := storagetest.Content(1, 100)
	key := storagetest.Key("w1", content)

	expect := func(want ...metrics.Call) {
		t.Helper()
		for i := range want {
			want[i].Took = time.Second
		}
		if !reflect.DeepEqual(told, want) {
			t.Errorf("told %+v, want %+v", told, want)
		}
		told = nil
	}

	storagetest.Keep(t, s, "w1", content)
	expect(metrics.Call{Doing: "receive", Result: "ok", Bytes: 100})
	_, _ = s.Receive(t.Context(), storage.Incoming{Key: key, Size: 100, Body: io.MultiReader(bytes.NewReader(content[:60]))})
	expect(metrics.Call{Doing: "receive", Result: "validation_error", Bytes: 60})

	if _, err := storagetest.Read(t, s, key, storage.Span{}); err != nil {
		t.Fatal(err)
	}
	expect(metrics.Call{Doing: "open", Result: "ok", Bytes: 100})
	part, err := s.Open(t.Context(), key, storage.Span{Offset: 90})
	if err != nil {
		t.Fatal(err)
	}
	expect() // not before it is closed
	if n, err := io.Copy(io.Discard, part.Body); n != 10 || err != nil {
		t.Errorf("%d bytes are copied, %v", n, err)
	}
	_ = part.Body.Close()
	_ = part.Body.Close()
	expect(metrics.Call{Doing: "open", Result: "ok", Bytes: 10})

	inner.Damage(key, func(c []byte) []byte { c[0] ^= 1; return c })
	_, _ = storagetest.Read(t, s, key, storage.Span{})
	expect(metrics.Call{Doing: "open", Result: "damaged"})
	_, _ = s.Open(t.Context(), storagetest.Key("w2", content), storage.Span{})
	expect(metrics.Call{Doing: "open", Result: "not_found"})
	_, _ = s.Stat(t.Context(), key)
	expect(metrics.Call{Doing: "stat", Result: "ok"})
	for range s.Enumerate(t.Context(), "") {
		break
	}
	expect(metrics.Call{Doing: "enumerate", Result: "ok"})
	_ = s.Delete(t.Context(), key)
	expect(metrics.Call{Doing: "delete", Result: "ok"})
}
