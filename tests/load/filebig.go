package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// atOnce is how many uploads the server's memory is measured with.
const atOnce = 32

// measureUploadBig tells what the server's memory grows by with 32 uploads at
// once, and then sends one large file again and again, by turns with what the
// same disk and processor need at least: sha256sum of it, and dd with one fsync.
func measureUploadBig(ctx context.Context, o options) error {
	r, err := launchFiles(ctx, o)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	if err := r.memoryOfUploads(o.each); err != nil {
		return err
	}
	big := &bigFile{path: filepath.Join(r.dir, "big.source"), size: o.sizeOr(1 << 30)}
	if err := big.fill(); err != nil {
		return err
	}
	defer os.Remove(big.path)
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	if err := r.n.forgetPeak(); err != nil {
		return err
	}
	var sums, copies, floors, uploads, sent []time.Duration
	for round := range max(1, o.rounds) {
		if err := big.begin(round); err != nil {
			return err
		}
		sum, copied, err := big.alone(ctx)
		if err != nil {
			return err
		}
		if err := settle(ctx); err != nil {
			return err
		}
		whole, bytes, err := r.uploadBig(w, big)
		if err != nil {
			return err
		}
		sums, copies, floors = append(sums, sum), append(copies, copied), append(floors, sum+copied)
		uploads, sent = append(uploads, whole), append(sent, bytes)
	}
	most, err := r.n.peak()
	if err != nil {
		return err
	}
	fmt.Printf("upload-big: %d bytes, median of %d: %.2f s, %s, from the request for a ticket to the commit's answer; the bytes alone %.2f s; the server's memory at most %.1f MiB\n",
		big.size, len(uploads), median(uploads).Seconds(), mib(big.size, median(uploads)), median(sent).Seconds(), most)
	fmt.Printf("upload-big: by turns on the same disk: sha256sum %.2f s + dd conv=fsync %.2f s = %.2f s; the upload takes %.2f × of it\n",
		median(sums).Seconds(), median(copies).Seconds(), median(floors).Seconds(), median(uploads).Seconds()/median(floors).Seconds())
	return nil
}

// memoryOfUploads sends files of so many bytes all at once.
func (r *running) memoryOfUploads(each int64) error {
	made, err := newContents(each)
	if err != nil {
		return err
	}
	files := make([]*content, atOnce)
	for i := range files {
		files[i] = made.file(0, i)
	}
	time.Sleep(5 * time.Second) // idle means idle: let start-up work end
	idle, err := r.n.rss()
	if err != nil {
		return err
	}
	if err := r.n.forgetPeak(); err != nil {
		return err
	}
	used, err := r.n.meter()
	if err != nil {
		return err
	}
	var (
		wait   sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	began := time.Now()
	for _, f := range files {
		wait.Go(func() {
			w, err := dial(r.n.base)
			if err == nil {
				err = r.upload(w, f)
				w.conn.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	took := time.Since(began)
	most, err := r.n.peak()
	if err := errors.Join(failed, err); err != nil {
		return err
	}
	fmt.Printf("upload-big: %d uploads of %d bytes at once: the server's memory %.1f MiB idle, at most %.1f MiB, %.1f MiB above; %s in all; %s\n",
		atOnce, each, idle, most, most-idle, mib(each*atOnce, took), used.per(int(each*atOnce>>20), "MiB"))
	return nil
}

// bigFile is a file on the disk that is sent again and again, with other first
// bytes each time, because the server takes nothing twice.
type bigFile struct {
	path string
	size int64
	hash string
}

// fill writes it.
func (b *bigFile) fill() error {
	f, err := os.Create(b.path)
	if err != nil {
		return err
	}
	var seed [32]byte
	_, err = io.CopyN(f, rand.NewChaCha8(seed), b.size)
	return errors.Join(err, f.Close())
}

// begin makes it the file of a round, and hashes it, which also has it in memory.
func (b *bigFile) begin(round int) error {
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "round %010d", round); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	b.hash = hashText(sum)
	return f.Sync()
}

// alone is how long sha256sum and dd take.
func (b *bigFile) alone(ctx context.Context) (sum, copied time.Duration, err error) {
	if err := settle(ctx); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	out, err := exec.CommandContext(ctx, "sha256sum", b.path).Output()
	if err != nil {
		return 0, 0, err
	}
	sum = time.Since(began)
	if want := b.hash[len("sha256:"):]; string(out[:min(len(out), len(want))]) != want {
		return 0, 0, fmt.Errorf("sha256sum says %.80s, not %s", out, want)
	}
	target := b.path + ".copy"
	defer os.Remove(target)
	began = time.Now()
	if out, err := exec.CommandContext(ctx, "dd", "if="+b.path, "of="+target, "bs=1M", "conv=fsync", "status=none").CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("dd: %w: %s", err, out)
	}
	return sum, time.Since(began), nil
}

// settle writes out what others have left, so that nobody pays for it.
func settle(ctx context.Context) error { return exec.CommandContext(ctx, "sync").Run() }

// uploadBig sends it, the kernel copying from the file to the connection.
func (r *running) uploadBig(w *wire, b *bigFile) (whole, bytes time.Duration, err error) {
	f, err := os.Open(b.path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	began := time.Now()
	t, err := r.presign(w, b.hash, b.size)
	if err != nil {
		return 0, 0, err
	}
	sending := time.Now()
	err = r.put(t, b.size, func(to io.Writer) error {
		_, err := io.Copy(to, f)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	bytes = time.Since(sending)
	err = r.commit(w, t, b.hash, b.size)
	return time.Since(began), bytes, err
}
