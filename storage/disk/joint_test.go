//go:build linux

package disk_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/disk"
	"or3.cloud/or3/storage/storagetest"
)

const together = 24

// receiveTogether has small files arrive until all of them wait for the disk,
// calls then, and gives what each was answered.
func receiveTogether(t *testing.T, s *disk.Store, then func(keys []storage.Key, answered func() int)) []error {
	t.Helper()
	free := s.Occupy()
	errs, keys := make([]error, together), make([]storage.Key, together)
	var answers atomic.Int32
	var wait sync.WaitGroup
	for i := range together {
		content := storagetest.Content(uint64(i), 10<<10)
		keys[i] = storagetest.Key("w1", content)
		wait.Go(func() {
			_, errs[i] = s.Receive(t.Context(), storage.Incoming{Key: keys[i], Size: 10 << 10, Upload: "u" + string(rune('a'+i)), Body: bytes.NewReader(content)})
			answers.Add(1)
		})
	}
	for s.Waiting() < together {
		runtime.Gosched()
	}
	then(keys, func() int { return int(answers.Load()) })
	free()
	wait.Wait()
	return errs
}

// While a sync is under way nobody's file is a blob, and nobody is answered:
// only what is on the disk counts.
func TestFilesThatAreSyncedTogetherCountWhenTheyAreOnTheDisk(t *testing.T) {
	s := open(t, t.TempDir())
	var synced atomic.Int32
	var keys []storage.Key
	var answered func() int
	s.Jointly(func(dir *os.File) error {
		if synced.Add(1) == 1 {
			for _, key := range keys {
				storagetest.Lacks(t, s, key)
			}
			if n := answered(); n > 0 {
				t.Errorf("%d were answered before their bytes were on the disk", n)
			}
		}
		return dir.Sync()
	})
	errs := receiveTogether(t, s, func(k []storage.Key, a func() int) { keys, answered = k, a })
	for i, err := range errs {
		if err != nil {
			t.Errorf("file %d: %v", i, err)
			continue
		}
		storagetest.Holds(t, s, keys[i], storagetest.Content(uint64(i), 10<<10))
	}
	if n := synced.Load(); n == 0 || n > together {
		t.Errorf("%d files were synced together %d times", together, n)
	}
	if s.Holding() {
		t.Error("the directory is kept open when nothing arrives: its disk cannot be unmounted")
	}
}

// A sync that fails is everybody's who waited for it, and leaves nothing.
func TestASyncThatFailsIsToldToEverybody(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	lost := errors.New("the disk does not answer")
	s.Jointly(func(*os.File) error { return lost })
	for i, err := range receiveTogether(t, s, func([]storage.Key, func() int) {}) {
		if !errors.Is(err, lost) {
			t.Errorf("file %d: %v, want that the disk does not answer", i, err)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("these are left behind: %v", left)
	}
}

// While something large arrives, nobody waits for it to be on the disk.
func TestNobodyIsSyncedTogetherWithALargeFile(t *testing.T) {
	s := open(t, t.TempDir())
	s.Jointly(func(*os.File) error { t.Error("the whole disk was synced"); return nil })
	large := storagetest.Content(99, 2<<20)
	_, err := s.Receive(t.Context(), storage.Incoming{Key: storagetest.Key("w1", large), Size: int64(len(large)), Body: &during{bytes.NewReader(large), func() {
		var wait sync.WaitGroup
		for i := range together {
			wait.Go(func() { storagetest.Keep(t, s, "w1", storagetest.Content(uint64(i), 1000)) })
		}
		wait.Wait()
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

// during is a body that has something happen once, in its middle.
type during struct {
	*bytes.Reader
	happen func()
}

func (d *during) Read(p []byte) (int, error) {
	if then := d.happen; then != nil {
		d.happen = nil
		then()
	}
	return d.Reader.Read(p)
}
