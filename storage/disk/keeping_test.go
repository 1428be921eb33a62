package disk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/storagetest"
)

// Somebody has two contents of one name, and sends the second when the first
// has been looked at.
func TestAGoodBlobIsNeverReplaced(t *testing.T) {
	s := open(t, t.TempDir())
	one, other, key := storagetest.Twins(t)
	for _, content := range [][]byte{one, other} {
		_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: int64(len(content)), Upload: "u1", Body: bytes.NewReader(content)})
		must(t, err)
		if got, err := os.ReadFile(s.Path(key)); err != nil || !bytes.Equal(got, one) {
			t.Errorf("it is not what it was, %v", err)
		}
	}
	if n, err := s.Received(t.Context(), key, "u1"); n != 0 || err != nil {
		t.Errorf("%d bytes stay on the way in, %v", n, err)
	}
}

func TestADamagedBlobIsReplaced(t *testing.T) {
	s := open(t, t.TempDir())
	content := storagetest.Content(7, 1000)
	key := storagetest.Keep(t, s, "w1", content)
	must(t, os.WriteFile(s.Path(key), storagetest.Content(8, 1000), 0o600))
	storagetest.Holds(t, s, storagetest.Keep(t, s, "w1", content), content)
}

// What a killed process was writing for no upload is nobody's; an upload goes on.
func TestWhatNobodyCanGoOnWithIsGoneAtTheNextBegin(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	content := storagetest.Content(9, 1000)
	key := storagetest.Keep(t, s, "w1", content)
	upload := storage.Incoming{Key: storagetest.Key("w1", storagetest.Content(10, 1000)), Size: 1000, Upload: "u1", Body: bytes.NewReader(content[:10])}
	if _, err := s.Receive(t.Context(), upload); err == nil {
		t.Fatal("ten bytes of a thousand were taken for the whole")
	}
	lanes, err := filepath.Glob(filepath.Join(dir, "incoming", "~*"))
	if err != nil || len(lanes) == 0 {
		t.Fatalf("nothing arrived for no upload: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(lanes[0], "KILLED"), content[:500], 0o600))

	next := open(t, dir)
	if left, err := filepath.Glob(filepath.Join(dir, "incoming", "*", "*")); err != nil || len(left) != 1 || filepath.Base(filepath.Dir(left[0])) != "w_w1" {
		t.Errorf("on the way in: %v, %v", left, err)
	}
	if n, err := next.Received(t.Context(), upload.Key, "u1"); n != 10 || err != nil {
		t.Errorf("%d bytes of the upload are there, %v", n, err)
	}
	storagetest.Holds(t, next, key, content)
}
