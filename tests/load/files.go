package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// fileType is the type of all files here: none that the server looks into.
const fileType = "application/octet-stream"

// launchFiles is launch with a server that keeps files on the disk of the
// temporary directory.
func launchFiles(ctx context.Context, o options) (*running, error) {
	o.withFiles = true
	return launch(ctx, o, 1)
}

// content is a file's: a number of its own, and then what many have in common.
type content struct {
	first [16]byte
	rest  []byte
	hash  string // sha256:…
}

func (f *content) size() int { return len(f.first) + len(f.rest) }

// contents makes files of one size that differ in their first bytes, so that a
// generator need not hold them all.
type contents struct {
	common []byte
}

func newContents(size int64) (contents, error) {
	if size < 16 {
		return contents{}, fmt.Errorf("-size and -each are 16 bytes at least")
	}
	c := contents{make([]byte, size-16)}
	_, err := rand.Read(c.common)
	return c, err
}

// file makes the file of a number; series tells the files of one use from those
// of another.
func (c contents) file(series, number int) *content {
	f := &content{rest: c.common}
	binary.BigEndian.PutUint64(f.first[:8], uint64(series))
	binary.BigEndian.PutUint64(f.first[8:], uint64(number))
	sum := sha256.New()
	sum.Write(f.first[:])
	sum.Write(f.rest)
	f.hash = hashText(sum)
	return f
}

func hashText(sum hash.Hash) string { return "sha256:" + hex.EncodeToString(sum.Sum(nil)) }

// ticket is where a file may be sent.
type ticket struct {
	AlreadyStored bool   `json:"already_stored"`
	URL           string `json:"url"`
	StorageID     string `json:"storage_id"`
}

// ask posts JSON over a kept connection and reads the answer into reply.
func (r *running) ask(w *wire, path string, body map[string]any, reply any) error {
	body["workspace_id"] = r.workspace
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, answer, err := w.roundTrip(post(path, r.token, string(text)), true)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s answered %d %.500s", path, status, answer)
	}
	return json.Unmarshal(answer, reply)
}

// presign asks where a file may be sent that the server does not have.
func (r *running) presign(w *wire, hash string, size int64) (t ticket, err error) {
	err = r.ask(w, "/api/storage/presign-upload", map[string]any{"hash": hash, "mime_type": fileType, "size_bytes": size}, &t)
	if err == nil && t.AlreadyStored {
		err = fmt.Errorf("the server has %s already", hash)
	}
	return t, err
}

// commit makes a file of what was sent.
func (r *running) commit(w *wire, t ticket, hash string, size int64) error {
	var reply struct{ OK bool }
	err := r.ask(w, "/api/storage/commit", map[string]any{"hash": hash, "storage_id": t.StorageID, "mime_type": fileType, "size_bytes": size,
		"name": "load.bin", "kind": "file"}, &reply)
	if err == nil && !reply.OK {
		err = fmt.Errorf("the commit of %s is not ok", hash)
	}
	return err
}

// put sends a file's bytes; the connection ends with the answer.
func (r *running) put(t ticket, size int64, send func(to io.Writer) error) error {
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	head := fmt.Appendf(nil, "PUT %s HTTP/1.1\r\nHost: load\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", pathOf(t.URL), fileType, size)
	if _, err := w.conn.Write(head); err != nil {
		return err
	}
	sent := send(w.conn)
	status, answer, err := w.answer() // which tells more than that sending broke off
	if err != nil {
		return fmt.Errorf("sending: %w, %w", sent, err)
	}
	if status != http.StatusOK || !bytes.Contains(answer, []byte(`"ok":true`)) {
		return fmt.Errorf("sending answered %d %.500s", status, answer)
	}
	return sent
}

// upload sends a file by the protocol: presign, bytes, commit.
func (r *running) upload(w *wire, f *content) error {
	size := int64(f.size())
	t, err := r.presign(w, f.hash, size)
	if err != nil {
		return err
	}
	if err := r.put(t, size, f.send); err != nil {
		return err
	}
	return r.commit(w, t, f.hash, size)
}

func (f *content) send(to io.Writer) error {
	if f.size() <= 1<<20 { // in one piece, as a client would
		_, err := to.Write(slices.Concat(f.first[:], f.rest))
		return err
	}
	if _, err := to.Write(f.first[:]); err != nil {
		return err
	}
	_, err := to.Write(f.rest)
	return err
}

// download is the path of a URL that a file can be fetched from.
func (r *running) download(w *wire, hash string) (path string, err error) {
	var t ticket
	err = r.ask(w, "/api/storage/presign-download", map[string]any{"hash": hash}, &t)
	return pathOf(t.URL), err
}

// compare fetches a file and makes sure that it is the one that was sent.
func (r *running) compare(w *wire, f *content) error {
	path, err := r.download(w, f.hash)
	if err != nil {
		return err
	}
	status, body, err := w.roundTrip(get(path), true)
	if err != nil {
		return err
	}
	sum := sha256.New()
	sum.Write(body)
	if status != http.StatusOK || hashText(sum) != f.hash {
		return fmt.Errorf("%s comes back with %d and %d other bytes", f.hash, status, len(body))
	}
	return nil
}

func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: load\r\n\r\n", path)
}

// pathOf is a URL without scheme and host.
func pathOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	_, path, _ := strings.Cut(rest, "/")
	return "/" + path
}

// median is the middle of several measurements.
func median[T int | float64 | time.Duration](of []T) T {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}

// mib words bytes in a time.
func mib(bytes int64, took time.Duration) string {
	return fmt.Sprintf("%.0f MiB/s", float64(bytes)/(1<<20)/took.Seconds())
}
