package disk_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/disk"
	"or3.cloud/or3/storage/storagetest"
)

// A disk fills up at any moment of an upload. The upload is refused in words,
// nothing of it stays, and there is room again for others.
func TestAFullDiskRefusesAndKeepsNothing(t *testing.T) {
	for _, upload := range []string{"", "u1"} {
		for _, room := range []int{0, 1, 300 << 10} {
			dir := t.TempDir()
			s := open(t, dir)
			left := room
			s.Writing(func(f *os.File, p []byte) (int, error) {
				if len(p) <= left {
					left -= len(p)
					return f.Write(p)
				}
				n, _ := f.Write(p[:left])
				left = 0
				return n, &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
			})
			content := storagetest.Content(1, 500<<10)
			key := storagetest.Key("w1", content)
			_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 500 << 10, Upload: upload, Body: bytes.NewReader(content)})
			if !fault.Is(err, fault.DiskFull) {
				t.Errorf("with room for %d bytes: %v", room, err)
			}
			storagetest.Lacks(t, s, key)
			if found := files(t, dir); len(found) != 0 {
				t.Errorf("with room for %d bytes these stay: %v", room, found)
			}
			s.Writing((*os.File).Write)
			storagetest.Holds(t, s, storagetest.Keep(t, s, "w1", content), content)
		}
	}
}

func TestAnUploadLeavesRoomForOthers(t *testing.T) {
	dir := t.TempDir()
	s, err := disk.Open(disk.Options{Dir: dir, KeepFree: math.MaxInt64})
	if err == nil {
		err = s.Begin(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	content := storagetest.Content(2, 100)
	body := &counted{from: bytes.NewReader(content)}
	_, err = s.Receive(t.Context(), storage.Incoming{Key: storagetest.Key("w1", content), Size: 100, Body: body})
	if !fault.Is(err, fault.DiskFull) {
		t.Errorf("it says %v", err)
	}
	if body.n != 0 || len(files(t, dir)) != 0 {
		t.Errorf("%d bytes were read first, and the directory holds %v", body.n, files(t, dir))
	}
}

// small is a store on a disk of 1 MiB, of which 200 KiB stay free; others take
// some of it.
func small(t *testing.T, others *atomic.Int64) *disk.Store {
	t.Helper()
	s, err := disk.Open(disk.Options{Dir: t.TempDir(), KeepFree: 200 << 10})
	if err == nil {
		err = s.Begin(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Free(func(dir string) (left, all int64, err error) {
		left = 1<<20 - others.Load()
		err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				var info fs.FileInfo
				if info, err = e.Info(); err == nil {
					left -= info.Size()
				}
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		return max(0, left), 1 << 20, err
	})
	return s
}

// Each of them would fit if it came alone.
func TestUploadsAtOnceLeaveRoomForOthersTogether(t *testing.T) {
	s := small(t, new(atomic.Int64))
	content := storagetest.Content(3, 400<<10)
	key := storagetest.Key("w1", content)
	var all sync.WaitGroup
	var lines []*io.PipeWriter
	for _, upload := range []string{"u1", "u2"} {
		from, to := io.Pipe()
		all.Go(func() {
			if _, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 400 << 10, Upload: upload, Body: from}); !storage.IsStopped(err) {
				t.Error(err)
			}
		})
		if _, err := to.Write(content[:1]); err != nil { // it has been let in
			t.Fatal(err)
		}
		lines = append(lines, to)
	}
	third := storage.Incoming{Key: key, Size: 400 << 10, Upload: "u3", Body: bytes.NewReader(content)}
	if _, err := s.Receive(t.Context(), third); !fault.Is(err, fault.DiskFull) {
		t.Errorf("the third is told %v", err)
	}
	for _, to := range lines {
		must(t, to.Close())
	}
	all.Wait()
	third.Body = bytes.NewReader(content)
	if _, err := s.Receive(t.Context(), third); err != nil {
		t.Errorf("when the others have gone it is told %v", err)
	}
}

// Somebody else writes to the disk while an upload arrives.
func TestAnUploadEndsWhenOthersTakeTheRoom(t *testing.T) {
	var others atomic.Int64
	s := small(t, &others)
	s.Writing(func(f *os.File, p []byte) (int, error) {
		others.Store(700 << 10)
		return f.Write(p)
	})
	const size = 700 << 10
	content := storagetest.Content(4, size)
	_, err := s.Receive(t.Context(), storage.Incoming{Key: storagetest.Key("w1", content), Size: size, Upload: "u1", Body: bytes.NewReader(content)})
	if !fault.Is(err, fault.DiskFull) {
		t.Errorf("it is told %v", err)
	}
	if n, err := s.Received(t.Context(), storagetest.Key("w1", content), "u1"); n != 0 || err != nil {
		t.Errorf("%d bytes of it stay, %v", n, err)
	}
}

func TestWhatNobodySendsMakesRoomFirst(t *testing.T) {
	var others atomic.Int64
	s := small(t, &others)
	part, content := storagetest.Content(5, 300<<10), storagetest.Content(6, 100<<10)
	key := storagetest.Key("w1", part)
	_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 300 << 10, Upload: "u1", Body: bytes.NewReader(part[:299<<10])})
	if n, again := s.Received(t.Context(), key, "u1"); !storage.IsStopped(err) || n != 299<<10 || again != nil {
		t.Fatalf("%d bytes are there, %v, %v", n, err, again)
	}
	others.Store(600 << 10)
	storagetest.Holds(t, s, storagetest.Keep(t, s, "w1", content), content)
	if n, err := s.Received(t.Context(), key, "u1"); n != 0 || err != nil {
		t.Errorf("%d bytes of the interrupted one stay, %v", n, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type counted struct {
	from io.Reader
	n    int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += n
	return n, err
}
