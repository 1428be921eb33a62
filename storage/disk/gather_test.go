//go:build linux

package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/storagetest"
)

func several(n int) (ins []storage.Incoming) {
	for i := range n {
		content := storagetest.Content(uint64(i), 100*i)
		ins = append(ins, storage.Incoming{Key: storagetest.Key("w1", content), Size: int64(len(content)), Upload: fmt.Sprint("u", i), Body: bytes.NewReader(content)})
	}
	return ins
}

// However many come in one call, the disk is waited for twice: for their bytes and
// for their names. One that is wrong is refused alone.
func TestBlobsOfOneCallShareTwoSyncs(t *testing.T) {
	s := open(t, t.TempDir())
	synced := 0
	ins := several(40)
	s.Jointly(func(dir *os.File) error {
		if synced++; synced == 1 {
			for i := range ins {
				storagetest.Lacks(t, s, ins[i].Key)
			}
		}
		return dir.Sync()
	})
	ins[7].Body = bytes.NewReader(storagetest.Content(99, 700))
	ins[8].Body = bytes.NewReader(storagetest.Content(8, 801))
	ins[9].Upload = "no id!"
	for i, err := range s.ReceiveAll(t.Context(), ins) {
		switch i {
		case 7, 9:
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("blob %d: %v, want that it is wrong", i, err)
			}
		case 8:
			if !fault.Is(err, fault.Oversized) {
				t.Errorf("blob %d: %v, want that it is too long", i, err)
			}
		default:
			if err != nil {
				t.Errorf("blob %d: %v", i, err)
				continue
			}
			storagetest.Holds(t, s, ins[i].Key, storagetest.Content(uint64(i), 100*i))
			continue
		}
		storagetest.Lacks(t, s, ins[i].Key)
	}
	if synced != 2 {
		t.Errorf("they were synced %d times", synced)
	}
	if s.Holding() {
		t.Error("the directory is kept open when nothing arrives")
	}
}

// Where they cannot be synced together each is by itself, and one that cannot be
// is refused alone.
func TestBlobsOfOneCallAreSyncedOneByOneWhereTheyHaveToBe(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	s.Jointly(func(*os.File) error { return errors.New("the disk does not answer") })
	for i, err := range s.ReceiveAll(t.Context(), several(40)) {
		if err == nil {
			t.Errorf("blob %d was taken, and is not on the disk", i)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("these are left behind: %v", left)
	}
	s.Apart()
	ins := several(40)
	for i, err := range s.ReceiveAll(t.Context(), ins) {
		if err != nil {
			t.Errorf("blob %d: %v", i, err)
		} else {
			storagetest.Holds(t, s, ins[i].Key, storagetest.Content(uint64(i), 100*i))
		}
	}
}
