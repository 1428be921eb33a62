package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// attachment is a file as a device has it.
type attachment struct {
	text []byte
	kind string
	name string
}

func (a attachment) hash() string {
	sum := sha256.Sum256(a.text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// words is a text file of a size; other seeds are other files.
func words(seed uint64, size int) attachment {
	random := rand.New(rand.NewPCG(seed, 1))
	text := make([]byte, size)
	for i := range text {
		text[i] = byte('a' + random.IntN(26))
	}
	return attachment{text, "text/plain", fmt.Sprintf("words %d.txt", seed)}
}

// ticket is the answer to presign-upload.
type ticket struct {
	AlreadyStored bool              `json:"already_stored"`
	Method        string            `json:"method"`
	URL           string            `json:"url"`
	Headers       map[string]string `json:"headers"`
	ExpiresAt     string            `json:"expires_at"`
	StorageID     string            `json:"storage_id"`
	Offset        int64             `json:"offset"`
	Parts         []struct {
		Number int    `json:"part_number"`
		Offset int64  `json:"offset"`
		Size   int64  `json:"size_bytes"`
		URL    string `json:"url"`
	} `json:"parts"`
}

// filer is somebody's device that sends and fetches files of a workspace.
type filer struct {
	*testkit.Client
	app       *testkit.App
	workspace string
}

func files(app *testkit.App, who *testkit.Person) filer {
	return filer{app.Bearer(who), app, app.Harbour}
}

func (f filer) in(workspace string) filer {
	f.workspace = workspace
	return f
}

func (f filer) askToSend(a attachment) *testkit.Response {
	return f.JSON("POST", "/api/storage/presign-upload", map[string]any{"workspace_id": f.workspace, "hash": a.hash(), "mime_type": a.kind, "size_bytes": len(a.text), "name": a.name})
}

func (f filer) ticket(t testing.TB, a attachment) (out ticket) {
	t.Helper()
	f.For(t).JSON("POST", "/api/storage/presign-upload", map[string]any{"workspace_id": f.workspace, "hash": a.hash(), "mime_type": a.kind, "size_bytes": len(a.text)}).Is(200).Into(&out)
	return out
}

// send puts bytes to a ticket's URL, without any credential but the URL.
func (f filer) send(tk ticket, body []byte, header ...string) *testkit.Response {
	to := f.app.Nobody()
	for i := 0; i < len(header); i += 2 {
		to = to.With(header[i], header[i+1])
	}
	return to.Do("PUT", strings.TrimPrefix(tk.URL, f.app.URL), tk.Headers["Content-Type"], body)
}

func (f filer) commit(a attachment, storageID string) *testkit.Response {
	return f.JSON("POST", "/api/storage/commit", map[string]any{"workspace_id": f.workspace, "hash": a.hash(), "storage_id": storageID,
		"mime_type": a.kind, "size_bytes": len(a.text), "name": a.name, "kind": kindOf(a.kind)})
}

func kindOf(mediaType string) string {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return "image"
	case mediaType == "application/pdf":
		return "pdf"
	}
	return "file"
}

// keep sends and commits a file.
func (f filer) keep(t testing.TB, a attachment) {
	t.Helper()
	tk := f.ticket(t, a)
	if tk.AlreadyStored {
		return
	}
	f.send(tk, a.text).Is(200)
	f.commit(a, tk.StorageID).Is(200)
}

func (f filer) askToFetch(a attachment, disposition string) *testkit.Response {
	body := map[string]any{"workspace_id": f.workspace, "hash": a.hash()}
	if disposition != "" {
		body["disposition"] = disposition
	}
	return f.JSON("POST", "/api/storage/presign-download", body)
}

// url is where a file can be fetched, as a path.
func (f filer) url(t testing.TB, a attachment, disposition string) string {
	t.Helper()
	return strings.TrimPrefix(f.askToFetch(a, disposition).Is(200).Text("url"), f.app.URL)
}

// fetch gets a file with nothing but its URL.
func (f filer) fetch(t testing.TB, a attachment) *testkit.Response {
	t.Helper()
	return f.app.Nobody().Get(f.url(t, a, ""))
}

// same fails unless an answer is the whole file.
func same(t testing.TB, r *testkit.Response, a attachment) {
	t.Helper()
	if r.Status != http.StatusOK || !bytes.Equal([]byte(r.Body), a.text) {
		t.Fatalf("status %d and %d bytes that differ from the file's %d", r.Status, len(r.Body), len(a.text))
	}
}
