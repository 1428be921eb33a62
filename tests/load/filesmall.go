package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// measureUploadSmall has clients send many small files by turns with PocketBase,
// which is sent the same files as records with a file field, one request each. With
// a batch of 1 a file comes by presign, bytes and commit, else so many come in one
// request.
func measureUploadSmall(ctx context.Context, o options) error {
	p, stop, err := launchPeer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	r, err := launchFiles(ctx, o)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	made, err := newContents(o.sizeOr(10 << 10))
	if err != nil {
		return err
	}
	files, clients, batch := o.filesOr(10_000), o.clientsOr(32), max(1, o.batch)
	var theirs, ours []float64
	var lastOurs, lastTheirs done
	for round := range max(1, o.rounds) {
		file := func(number int) *content { return made.file(round+1, number) }
		if lastTheirs, err = manyFiles(p.base, clients, files, func(w *wire, number int) error { return p.keepFile(w, file(number)) }); err != nil {
			return err
		}
		used, err := r.n.meter()
		if err != nil {
			return err
		}
		send := func(w *wire, number int) error { return r.upload(w, file(number)) }
		if batch > 1 {
			send = func(w *wire, number int) error {
				return r.uploadTogether(w, file, batch*(number-1)+1, min(batch*number, files))
			}
		}
		if lastOurs, err = manyFiles(r.n.base, clients, (files+batch-1)/batch, send); err != nil {
			return err
		}
		lastOurs.count = files
		lastOurs.cost = used.per(files, "file")
		theirs, ours = append(theirs, lastTheirs.rate()), append(ours, lastOurs.rate())
	}
	if err := r.compareSome(made, max(1, o.rounds), files); err != nil {
		return err
	}
	fmt.Printf("upload-small: %d clients, %d files of %d bytes, %d a request, median of %d: or3 %.0f files/s (%s; %s)\n",
		clients, files, o.sizeOr(10<<10), batch, len(ours), median(ours), lastOurs.latencies, lastOurs.cost)
	fmt.Printf("upload-small: by turns, PocketBase %.0f files/s (%s). %.2f ×\n", median(theirs), lastTheirs.latencies, median(ours)/median(theirs))
	return nil
}

// uploadTogether sends the files of some numbers in one request.
func (r *running) uploadTogether(w *wire, file func(number int) *content, first, last int) error {
	type said struct {
		Hash      string `json:"hash"`
		MediaType string `json:"mime_type"`
		SizeBytes int    `json:"size_bytes"`
		Name      string `json:"name"`
		Kind      string `json:"kind"`
	}
	var list []said
	var contents []byte
	for number := first; number <= last; number++ {
		f := file(number)
		list = append(list, said{f.hash, fileType, f.size(), "load.bin", "file"})
		contents = append(append(contents, f.first[:]...), f.rest...)
	}
	line, err := json.Marshal(map[string]any{"workspace_id": r.workspace, "files": list})
	if err != nil {
		return err
	}
	head := fmt.Appendf(nil, "POST /api/storage/upload-batch HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer %s\r\nContent-Type: application/vnd.or3.files\r\nContent-Length: %d\r\n\r\n",
		r.token, len(line)+1+len(contents))
	status, answer, err := w.roundTrip(slices.Concat(head, line, []byte("\n"), contents), true)
	if kept := bytes.Count(answer, []byte(`"ok":true`)); err == nil && (status != http.StatusOK || kept != len(list)) {
		err = fmt.Errorf("of %d files %d were kept: %d %.500s", len(list), kept, status, answer)
	}
	return err
}

// manyFiles has clients work through the numbers of files, each on a connection
// of its own.
func manyFiles(base string, clients, files int, work func(w *wire, number int) error) (done, error) {
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		next   atomic.Int64
		all    = done{count: files}
		failed error
	)
	began := time.Now()
	for range clients {
		wait.Go(func() {
			var own spread
			w, err := dial(base)
			if err == nil {
				defer w.conn.Close()
				for number := int(next.Add(1)); err == nil && number <= files; number = int(next.Add(1)) {
					sent := time.Now()
					err = work(w, number)
					own = append(own, time.Since(sent))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all.latencies = append(all.latencies, own...)
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	all.took = time.Since(began)
	return all, failed
}

// compareSome fetches some of the files back: that many were acknowledged says
// little if they are not there.
func (r *running) compareSome(made contents, rounds, files int) error {
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	for round := 1; round <= rounds; round++ {
		for number := 1; number <= files; number += max(1, files/10) {
			if err := r.compare(w, made.file(round, number)); err != nil {
				return err
			}
		}
	}
	return nil
}

const boundary = "----or3load7MA4YWxkTrZu0gW"

// keepFile creates a record with a file.
func (p peer) keepFile(w *wire, f *content) error {
	before := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nload.bin\r\n--" + boundary +
		"\r\nContent-Disposition: form-data; name=\"content\"; filename=\"load.bin\"\r\nContent-Type: " + fileType + "\r\n\r\n"
	body := slices.Concat([]byte(before), f.first[:], f.rest, []byte("\r\n--"+boundary+"--\r\n"))
	head := fmt.Appendf(nil, "POST /api/collections/files/records HTTP/1.1\r\nHost: load\r\nAuthorization: %s\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n",
		p.token, boundary, len(body))
	status, answer, err := w.roundTrip(append(head, body...), true)
	if err == nil && (status != http.StatusOK || !bytes.Contains(answer, []byte(`"content":"load_`))) {
		err = fmt.Errorf("the peer answered %d %.500s", status, answer)
	}
	return err
}
