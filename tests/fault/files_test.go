//go:build linux

package fault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"or3.cloud/or3/sync/wire"
)

// upload is one file on its way from a device.
type upload struct {
	site *site
	via  *http.Client
	text []byte
	hash string
	mime string
	ticket
}

type ticket struct {
	Stored    bool   `json:"already_stored"`
	URL       string `json:"url"`
	StorageID string `json:"storage_id"`
	Offset    int64  `json:"offset"`
}

// attached makes a file of a size; other seeds are other files.
func attached(s *site, via *http.Client, seed uint64, size int) *upload {
	random := rand.New(rand.NewPCG(seed, 7))
	text := make([]byte, size)
	for i := range text {
		text[i] = 'a' + byte(random.IntN(26))
	}
	return attachedAs(s, via, "text/plain", text)
}

func attachedAs(s *site, via *http.Client, mime string, text []byte) *upload {
	sum := sha256.Sum256(text)
	return &upload{site: s, via: via, text: text, hash: "sha256:" + hex.EncodeToString(sum[:]), mime: mime}
}

func (u *upload) ask(t testing.TB, base string) error {
	u.ticket = ticket{}
	return call(t.Context(), u.via, http.MethodPost, base+"/api/storage/presign-upload", u.site.token,
		map[string]any{"workspace_id": u.site.workspace, "hash": u.hash, "mime_type": u.mime, "size_bytes": len(u.text)}, &u.ticket)
}

// put sends a body from the ticket's offset on. The URL is all it needs.
func (u *upload) put(t testing.TB, body io.Reader, length int64) error {
	return u.piece(t, body, length, "?1")
}

// piece is put for a body after which more comes (?0) or nothing (?1).
func (u *upload) piece(t testing.TB, body io.Reader, length int64, complete string) error {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u.URL, body)
	if err != nil {
		return err
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", u.mime)
	req.Header.Set("Upload-Complete", complete)
	req.Header.Set("Upload-Offset", strconv.FormatInt(u.Offset, 10))
	res, err := u.via.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return &refusal{status: res.StatusCode, text: string(text)}
	}
	return nil
}

func (u *upload) commit(t testing.TB, base string) error {
	var done struct {
		OK bool `json:"ok"`
	}
	return call(t.Context(), u.via, http.MethodPost, base+"/api/storage/commit", u.site.token, map[string]any{"workspace_id": u.site.workspace, "hash": u.hash,
		"storage_id": u.StorageID, "mime_type": u.mime, "size_bytes": len(u.text), "name": "a.txt", "kind": "file"}, &done)
}

// send does all of it.
func (u *upload) send(t testing.TB, base string) error {
	if err := u.ask(t, base); err != nil || u.Stored {
		return err
	}
	if rest := u.text[u.Offset:]; len(rest) > 0 { // else all of it is here
		if err := u.put(t, bytes.NewReader(rest), int64(len(rest))); err != nil {
			return err
		}
	}
	return u.commit(t, base)
}

// opens fails unless the file is there, bit for bit.
func (u *upload) opens(t testing.TB, base string) {
	t.Helper()
	var at struct {
		URL string `json:"url"`
	}
	if err := call(t.Context(), u.via, http.MethodPost, base+"/api/storage/presign-download", u.site.token, map[string]any{"workspace_id": u.site.workspace, "hash": u.hash}, &at); err != nil {
		t.Fatal(err)
	}
	res, err := u.via.Get(at.URL)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil || !bytes.Equal(text, u.text) {
		t.Fatalf("%d of %d bytes open, %d, %v", len(text), len(u.text), res.StatusCode, err)
	}
}

// The server is killed while a file arrives, several times over. Each time the
// device goes on with what is here, and in the end the file opens.
func TestAnUploadGoesOnAfterAKill(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "or3"), "")
	via := newHTTP()
	defer via.CloseIdleConnections()
	n := s.start(t, "OR3_STORAGE_ENABLED=true")
	s.workspace = firstWorkspace(t, n.base, s.token)
	u := attached(s, via, 1, 12<<20)
	seen := int64(0)
	for kills := range 3 {
		if err := u.ask(t, n.base); err != nil {
			t.Fatal(err)
		}
		if kills > 0 && u.Offset < seen {
			t.Fatalf("after kill %d the server has %d bytes of the %d it said it has", kills, u.Offset, seen)
		}
		body, writer := io.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- u.put(t, body, int64(len(u.text))-u.Offset) }()
		if _, err := writer.Write(u.text[u.Offset : u.Offset+3<<20]); err != nil {
			t.Fatal(err)
		}
		eventually(t, "some of the file is here", func() bool {
			at, err := url.Parse(u.URL)
			if err != nil {
				return false
			}
			var state struct {
				Offset int64 `json:"offset"`
			}
			if err := call(t.Context(), via, http.MethodGet, n.base+at.RequestURI(), s.token, nil, &state); err != nil || state.Offset <= u.Offset {
				return false
			}
			seen = state.Offset
			return true
		})
		n.kill()
		_ = writer.CloseWithError(io.ErrClosedPipe)
		if err := <-ended; err == nil {
			t.Fatal("an upload to a server that was killed has succeeded")
		}
		n = s.start(t, "OR3_STORAGE_ENABLED=true")
	}
	if err := u.send(t, n.base); err != nil {
		t.Fatalf("the rest: %v: %s", err, n.log)
	}
	if u.Offset < seen {
		t.Errorf("the rest began at %d", u.Offset)
	}
	u.opens(t, n.base)

	// All of it has arrived, and the server is killed before the commit.
	late := attached(s, via, 2, 1<<20)
	if err := errors.Join(late.ask(t, n.base), late.put(t, bytes.NewReader(late.text), 1<<20)); err != nil {
		t.Fatal(err)
	}
	n.kill()
	n = s.start(t, "OR3_STORAGE_ENABLED=true")
	if err := late.commit(t, n.base); err != nil {
		t.Fatalf("what had arrived before the kill: %v", err)
	}
	late.opens(t, n.base)
	n.stop(t)
}

// A disk of a few megabytes fills up under files. Each that does not fit is
// refused in words, nothing of it stays, what people write still goes through,
// and with room again files do, too.
func TestAFullDiskTakesNoFilesAndKeepsTheRest(t *testing.T) {
	memory := mountMemory(t, 24<<20)
	s := newSite(t, filepath.Join(memory, "or3"), "")
	via := newHTTP()
	defer via.CloseIdleConnections()
	n := s.start(t, "OR3_STORAGE_ENABLED=true")
	s.workspace = firstWorkspace(t, n.base, s.token)

	var kept, refused []*upload
	var mu sync.Mutex
	for seed := uint64(1); len(refused) < 8; seed += 4 {
		if seed > 100 {
			t.Fatal("the disk does not fill up")
		}
		var all sync.WaitGroup
		for i := range uint64(4) { // together they do not see each other coming
			u := attached(s, via, seed+i, 2<<20)
			all.Go(func() {
				err := u.send(t, n.base)
				mu.Lock()
				defer mu.Unlock()
				var said *refusal
				switch {
				case err == nil:
					kept = append(kept, u)
				case errors.As(err, &said) && said.status == http.StatusInsufficientStorage:
					refused = append(refused, u)
				default:
					t.Errorf("a file for a full disk ends with %v instead of 507: %s", err, n.log)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
	}
	parts, err := filepath.Glob(filepath.Join(s.dir, "files", "incoming", "*", "*"))
	if err != nil || len(parts) != 0 {
		t.Errorf("of refused files this is left: %v, %v", parts, err)
	}
	blobs, err := filepath.Glob(filepath.Join(s.dir, "files", "blobs", "*", "sha256", "*", "*"))
	if err != nil || len(blobs) != len(kept) {
		t.Errorf("%d files are on the disk, and %d were kept: %v", len(blobs), len(kept), err)
	}
	for _, u := range kept {
		u.opens(t, n.base)
	}
	w := writer{name: "full", random: rand.New(rand.NewPCG(1, 1))}
	answer, err := push(t.Context(), via, n.base, s, []wire.Op{w.message()})
	if err != nil || answer.Results[0].Status != wire.Applied {
		t.Errorf("what people write does not fit beside files: %v %+v", err, answer)
	}
	if err := syscall.Mount("or3-fault", memory, "tmpfs", syscall.MS_REMOUNT, "size=96m"); err != nil {
		t.Fatal(err)
	}
	for _, u := range refused {
		if err := u.send(t, n.base); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		u.opens(t, n.base)
	}
	n.stop(t)
	if _, err := os.Stat(filepath.Join(s.dir, "files")); err != nil {
		t.Error(err)
	}
	t.Logf("%d files fitted, %d were refused and fit now", len(kept), len(refused))
}
