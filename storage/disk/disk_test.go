package disk_test

import (
	"bytes"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/disk"
	"or3.cloud/or3/storage/storagetest"
)

func open(t testing.TB, dir string) *disk.Store {
	t.Helper()
	s, err := disk.Open(disk.Options{Dir: dir})
	if err == nil {
		err = s.Begin(false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDiskKeepsTheContract(t *testing.T) {
	storagetest.Run(t, storagetest.Backend{
		Open:   func(t *testing.T) storage.Store { return open(t, t.TempDir()) },
		Reopen: func(t *testing.T, s storage.Store) storage.Store { return open(t, s.(*disk.Store).Dir()) },
		Damage: func(t *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			path := s.(*disk.Store).Path(key)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(content), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	})
}

func TestNothingButBlobsIsLeftBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "files")
	s := open(t, dir)
	content := storagetest.Content(1, 1000)
	key := storagetest.Keep(t, s, "Ab", content)
	if _, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: 1000, Body: bytes.NewReader(content[:999])}); err == nil {
		t.Fatal("too little is received")
	}
	if got, want := strings.Join(files(t, dir), " "), "blobs/w_+ab/sha256/"+key.Ref.Hex()[:2]+"/"+key.Ref.Hex(); got != want {
		t.Errorf("the directory holds %s, want %s", got, want)
	}
	if runtime.GOOS == "windows" {
		return
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// files lists the files below a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if rel == "or3-files" {
			return err
		}
		found = append(found, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestStrangersInTheDirectoryAreNotBlobs(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	content := storagetest.Content(2, 100)
	key := storagetest.Keep(t, s, "w1", content)
	hash := key.Ref.Hex()
	other := storage.RefOf([]byte("misplaced")).Hex()
	for _, name := range []string{
		"blobs/README", "blobs/w_W1/sha256/" + hash[:2] + "/" + hash, "blobs/w_w1/sha256/" + hash[:2] + "/note.txt",
		"blobs/w_w1/sha256/" + hash[:2] + "/" + strings.Repeat("F", 64), "blobs/w_w1/sha256/zz/" + other, "blobs/w_+/sha256/" + hash[:2] + "/" + hash,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for blob, err := range s.Enumerate(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; blob.Key != key {
			t.Errorf("%+v is listed", blob)
		}
	}
	if n != 1 {
		t.Errorf("%d blobs are listed", n)
	}
}

func TestDirectoriesThatWentAreMadeAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	content := storagetest.Content(3, 100)
	storagetest.Keep(t, s, "w1", content)
	for _, sub := range []string{"blobs", "incoming"} {
		if err := os.RemoveAll(filepath.Join(dir, sub)); err != nil {
			t.Fatal(err)
		}
	}
	in := storage.Incoming{Key: storagetest.Key("w1", content), Size: 100, Body: bytes.NewReader(content)}
	if _, err := s.Receive(t.Context(), in); err == nil {
		t.Fatal("it is received into nothing") // and now the store knows
	}
	storagetest.Holds(t, s, storagetest.Keep(t, s, "w1", content), content)
}

func TestAPartOfABlobIsSentOverAConnection(t *testing.T) {
	s := open(t, t.TempDir())
	content := storagetest.Content(4, 300<<10)
	key := storagetest.Keep(t, s, "w1", content)
	sent(t, s, key, storage.Span{Offset: 1000, Length: 200 << 10}, content[1000:][:200<<10])
	sent(t, s, key, storage.Span{Hashed: true}, content)
}

// What was hashed can be left to the kernel, which does not hash.
func TestABlobThatWasHashedIsReadAsItIs(t *testing.T) {
	s := open(t, t.TempDir())
	content := storagetest.Content(5, 1000)
	key := storagetest.Keep(t, s, "w1", content)
	content[7] ^= 1
	if err := os.WriteFile(s.Path(key), content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, hashed := range []bool{true, false} {
		blob, err := s.Open(t.Context(), key, storage.Span{Hashed: hashed})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(blob.Body)
		_ = blob.Body.Close()
		if whole := err == nil && bytes.Equal(got, content); whole != hashed {
			t.Errorf("hashed before: %v; %d bytes are read, %v", hashed, len(got), err)
		}
	}
}

// sent copies a span into a connection and compares what arrives.
func sent(t *testing.T, s *disk.Store, key storage.Key, span storage.Span, want []byte) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	received := make(chan []byte, 1)
	go func() {
		var got bytes.Buffer
		defer func() { received <- got.Bytes() }()
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = got.ReadFrom(conn)
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.Open(t.Context(), key, span)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(conn, part.Body); n != int64(len(want)) || err != nil {
		t.Errorf("%d bytes are sent, %v", n, err)
	}
	_ = conn.Close()
	_ = part.Body.Close()
	if got := <-received; !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrive, and other ones", len(got))
	}
}
