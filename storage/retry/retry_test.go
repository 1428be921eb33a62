package retry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/memory"
	"or3.cloud/or3/storage/retry"
	"or3.cloud/or3/storage/storagetest"
)

// moody fails the next so many times.
type moody struct {
	*memory.Store
	failures int
	with     error
	asked    int
}

func (m *moody) mood() error {
	m.asked++
	if m.failures > 0 {
		m.failures--
		return m.with
	}
	return nil
}

func (m *moody) Receive(ctx context.Context, in storage.Incoming) (storage.Blob, error) {
	if err := m.mood(); err != nil {
		_, _ = io.CopyN(io.Discard, in.Body, 7)
		return storage.Blob{}, err
	}
	return m.Store.Receive(ctx, in)
}

func (m *moody) Open(ctx context.Context, key storage.Key, span storage.Span) (*storage.Content, error) {
	if err := m.mood(); err != nil {
		return nil, err
	}
	return m.Store.Open(ctx, key, span)
}

func (m *moody) Stat(ctx context.Context, key storage.Key) (storage.Blob, error) {
	if err := m.mood(); err != nil {
		return storage.Blob{}, err
	}
	return m.Store.Stat(ctx, key)
}

func (m *moody) Delete(ctx context.Context, key storage.Key) error {
	if err := m.mood(); err != nil {
		return err
	}
	return m.Store.Delete(ctx, key)
}

func (m *moody) Enumerate(ctx context.Context, workspace string) iter.Seq2[storage.Blob, error] {
	if err := m.mood(); err != nil {
		return func(yield func(storage.Blob, error) bool) { yield(storage.Blob{}, err) }
	}
	return m.Store.Enumerate(ctx, workspace)
}

var away = fault.New(fault.Unavailable, "Away.")

type pauses []time.Duration

func (p *pauses) wait(_ context.Context, d time.Duration) error {
	*p = append(*p, d)
	return nil
}

func TestRetryKeepsTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open: func(*testing.T) storage.Store { return retry.New(&memory.Store{}, retry.Options{}) },
		Damage: func(_ *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			s.(*retry.Store).Unwrap().(*memory.Store).Damage(key, change)
		},
	})
}

func TestWhatIsAwayForAMomentIsAskedAgain(t *testing.T) {
	m := &moody{Store: &memory.Store{}, with: away}
	var paused pauses
	told := 0
	s := retry.New(m, retry.Options{Attempts: 4, First: time.Second, Longest: 3 * time.Second, Wait: paused.wait, Retrying: func(string, int, error) { told++ }})
	content := storagetest.Content(1, 100)
	key := storagetest.Key("w1", content)
	for doing, do := range map[string]func() error{
		"receive": func() error {
			_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 100, Body: bytes.NewReader(content)})
			return err
		},
		"open":   func() error { _, err := storagetest.Read(t, s, key, storage.Span{}); return err },
		"stat":   func() error { _, err := s.Stat(t.Context(), key); return err },
		"delete": func() error { return s.Delete(t.Context(), storagetest.Key("w2", content)) },
		"enumerate": func() error {
			n := 0
			for _, err := range s.Enumerate(t.Context(), "") {
				if err != nil {
					return err
				}
				n++
			}
			if n != 1 {
				t.Errorf("%d blobs are listed", n)
			}
			return nil
		},
	} {
		storagetest.Keep(t, m.Store, "w1", content)
		paused, told = nil, 0
		m.failures = 3
		if err := do(); err != nil || len(paused) != 3 || told != 3 {
			t.Errorf("%s: %v after pauses of %v, told %d times", doing, err, paused, told)
		}
		for i, d := range paused {
			if whole := min(time.Second<<i, 3*time.Second); d < whole/2 || d > whole {
				t.Errorf("%s: pause %d is %s", doing, i, d)
			}
		}
		m.failures, paused = 4, nil
		if err := do(); !errors.Is(err, away) || len(paused) != 3 {
			t.Errorf("%s: after four failures %v", doing, err)
		}
		m.failures = 0
	}
}

func TestWhatCannotBeRepeatedIsNot(t *testing.T) {
	content := storagetest.Content(1, 100)
	key := storagetest.Key("w1", content)
	var paused pauses
	for name, c := range map[string]struct {
		with error
		body io.Reader
	}{
		"a body that cannot go back":        {away, io.MultiReader(bytes.NewReader(content))},
		"an error that will be there again": {fault.New(fault.DiskFull, "Full."), bytes.NewReader(content)},
		"an error of nobody's":              {errors.New("broken"), bytes.NewReader(content)},
	} {
		m := &moody{Store: &memory.Store{}, with: c.with, failures: 1}
		_, err := retry.New(m, retry.Options{Wait: paused.wait}).Receive(t.Context(), storage.Incoming{Key: key, Size: 100, Body: c.body})
		if !errors.Is(err, c.with) || m.asked != 1 {
			t.Errorf("%s: %v after %d attempts", name, err, m.asked)
		}
	}
	m := &moody{Store: &memory.Store{}, with: away, failures: 9}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := retry.New(m, retry.Options{}).Stat(ctx, key); !errors.Is(err, away) || m.asked != 1 {
		t.Errorf("after the caller has gone: %v, %d attempts", err, m.asked)
	}
	if len(paused) != 0 {
		t.Errorf("there were pauses: %v", paused)
	}
}
