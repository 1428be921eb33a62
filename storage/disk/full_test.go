package disk_test

import (
	"bytes"
	"io"
	"math"
	"os"
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

type counted struct {
	from io.Reader
	n    int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += n
	return n, err
}
