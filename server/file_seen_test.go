package server

import (
	"fmt"
	"testing"
	"time"

	"or3.cloud/or3/storage"
)

func TestAFileIsTakenAsHashedOnlyWhileNobodyCanHaveChangedIt(t *testing.T) {
	t.Parallel()
	stored := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hashed := stored.Add(time.Hour)
	blob := storage.Blob{Key: storage.Key{Workspace: "w1", Ref: storage.RefOf([]byte("a"))}, Size: 1, Stored: stored}
	var s seen
	if s.has(blob, hashed) || s.may(blob.Key) {
		t.Error("a file that nobody has hashed is taken as right")
	}
	s.add(blob, hashed)
	if !s.has(blob, hashed.Add(seenFor-1)) || !s.may(blob.Key) {
		t.Error("a file that was just hashed is not known")
	}
	if s.has(blob, hashed.Add(seenFor)) {
		t.Error("a file is taken as right for ever")
	}
	for name, change := range map[string]func(*storage.Blob){
		"written again":        func(b *storage.Blob) { b.Stored = b.Stored.Add(1) },
		"put back in time":     func(b *storage.Blob) { b.Stored = b.Stored.Add(-time.Hour) },
		"longer":               func(b *storage.Blob) { b.Size++ },
		"another workspace's":  func(b *storage.Blob) { b.Workspace = "w2" },
		"another file's bytes": func(b *storage.Blob) { b.Ref = storage.RefOf([]byte("b")) },
	} {
		other := blob
		change(&other)
		if s.has(other, hashed) {
			t.Errorf("a file that is %s is taken as the one that was hashed", name)
		}
	}
	fresh := storage.Blob{Key: storage.Key{Workspace: "w1", Ref: storage.RefOf([]byte("c"))}, Size: 1, Stored: hashed.Add(-seenSettle / 2)}
	if s.add(fresh, hashed); s.has(fresh, hashed) {
		t.Error("a file is taken as right that may have been changed in the same moment")
	}
}

func TestFilesThatWereHashedTakeNoMoreThanSoMuchMemory(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var s seen
	for i := range 3 * seenMost {
		blob := storage.Blob{Key: storage.Key{Workspace: fmt.Sprint("w", i), Ref: storage.RefOf(nil)}, Stored: now}
		s.add(blob, now.Add(time.Hour))
		if len(s.files) > seenMost {
			t.Fatalf("%d files are remembered", len(s.files))
		}
		if !s.has(blob, now.Add(time.Hour)) {
			t.Fatal("the last one is not")
		}
	}
}
