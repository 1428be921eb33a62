// Package storagetest is the contract of a storage.Store. A backend passes all
// of it, or says by what it does not implement which parts it does without.
package storagetest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Backend makes stores of one kind.
type Backend struct {
	// Open makes an empty store.
	Open func(t *testing.T) storage.Store
	// Reopen opens what an opened store keeps again, as after a restart; nil
	// where nothing outlives the process.
	Reopen func(t *testing.T, s storage.Store) storage.Store
	// Damage changes a blob's bytes behind the store's back.
	Damage func(t *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte)
	// Slow leaves out what makes thousands of calls.
	Slow bool
}

// Run tests a backend.
func Run(t *testing.T, b Backend) {
	t.Helper()
	tests := slices.Concat(keeping(), refusing(), listing())
	if b.Damage != nil {
		tests = append(tests, damaging(b)...)
	}
	if !b.Slow {
		tests = append(tests, modelled()...)
	}
	s := b.Open(t)
	if _, ok := storage.As[storage.Resumer](s); ok {
		tests = append(tests, resuming(b)...)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, b.Open(t)) })
	}
}

type test struct {
	name string
	run  func(t *testing.T, s storage.Store)
}

// Content is some bytes that are the same each time.
func Content(seed uint64, size int) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)}).Read(content)
	return content
}

// Key names some content in a workspace.
func Key(workspace string, content []byte) storage.Key {
	return storage.Key{Workspace: workspace, Ref: storage.RefOf(content)}
}

// Keep puts some content into a store.
func Keep(t testing.TB, s storage.Receiver, workspace string, content []byte) storage.Key {
	t.Helper()
	key := Key(workspace, content)
	blob, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: int64(len(content)), Body: bytes.NewReader(content)})
	if err != nil {
		t.Fatalf("receiving %d bytes: %v", len(content), err)
	}
	if blob.Key != key || blob.Size != int64(len(content)) || blob.Stored.IsZero() {
		t.Fatalf("receiving %d bytes of %v answers %+v", len(content), key, blob)
	}
	return key
}

// Read reads a span of a blob.
func Read(t testing.TB, s storage.Opener, key storage.Key, span storage.Span) ([]byte, error) {
	t.Helper()
	content, err := s.Open(t.Context(), key, span)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(content.Body)
	if err := errors.Join(err, content.Body.Close()); err != nil {
		return got, err
	}
	if content.Key != key || int64(len(got)) != content.Span.Length {
		t.Errorf("opening %+v of %v answers %+v and %d bytes", span, key, *content, len(got))
	}
	return got, nil
}

// Holds fails the test unless a blob is there as it should be.
func Holds(t testing.TB, s storage.Store, key storage.Key, want []byte) {
	t.Helper()
	blob, err := s.Stat(t.Context(), key)
	if err != nil || blob.Size != int64(len(want)) || blob.Key != key {
		t.Fatalf("the blob of %d bytes is %+v, %v", len(want), blob, err)
	}
	got, err := Read(t, s, key, storage.Span{})
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("the blob of %d bytes reads as %d other ones, %v", len(want), len(got), err)
	}
}

// Lacks fails the test if a blob is there.
func Lacks(t testing.TB, s storage.Store, key storage.Key) {
	t.Helper()
	if blob, err := s.Stat(t.Context(), key); !fault.Is(err, fault.NotFound) {
		t.Errorf("a blob that should not be there is %+v, %v", blob, err)
	}
	if _, err := s.Open(t.Context(), key, storage.Span{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("opening a blob that should not be there: %v", err)
	}
	for blob, err := range s.Enumerate(t.Context(), key.Workspace) {
		if err != nil {
			t.Fatal(err)
		}
		if blob.Key == key {
			t.Errorf("a blob that should not be there is listed: %+v", blob)
		}
	}
}

// incoming announces some content, all of it under its right name.
func incoming(workspace string, content []byte, body io.Reader) storage.Incoming {
	return storage.Incoming{Key: Key(workspace, content), Size: int64(len(content)), Body: body}
}

func is(t *testing.T, err error, kind fault.Kind, doing string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s ends with %v, want %s", doing, err, kind)
	}
}
