package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// measureDownload has clients fetch files again and again from URLs they were
// given, by turns with nginx, which has the same files in a directory.
func measureDownload(ctx context.Context, o options) error {
	r, err := launchFiles(ctx, o)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	made, err := newContents(o.sizeOr(1 << 20))
	if err != nil {
		return err
	}
	static, stop, err := launchNginx(ctx)
	if err != nil {
		return err
	}
	defer stop()
	files, clients := o.filesOr(64), o.clientsOr(8)
	all := make([]*content, files)
	for i := range all {
		all[i] = made.file(0, i)
		if err := static.keep(i, all[i]); err != nil {
			return err
		}
	}
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	for _, f := range all {
		if err := errors.Join(r.upload(w, f), r.compare(w, f)); err != nil {
			return err
		}
	}
	var ours, theirs []float64
	var lastOurs, lastTheirs done
	for range max(1, o.rounds) {
		if static.base != "" {
			paths := func(i int) string { return fmt.Sprintf("/%d", i) }
			if lastTheirs, err = fetch(static.base, clients, all, paths, o.duration); err != nil {
				return err
			}
			theirs = append(theirs, lastTheirs.rate())
		}
		urls := make([]string, files) // they live for five minutes
		for i, f := range all {
			if urls[i], err = r.download(w, f.hash); err != nil {
				return err
			}
		}
		used, err := r.n.meter()
		if err != nil {
			return err
		}
		if lastOurs, err = fetch(r.n.base, clients, all, func(i int) string { return urls[i] }, o.duration); err != nil {
			return err
		}
		lastOurs.cost = used.per(lastOurs.count, "file")
		ours = append(ours, lastOurs.rate())
	}
	size := o.sizeOr(1 << 20)
	fmt.Printf("download: %d clients, %d files of %d bytes, median of %d: or3 %.0f files/s, %s (%s; %s)\n", clients, files, size, len(ours),
		median(ours), mib(size*int64(median(ours)), time.Second), lastOurs.latencies, lastOurs.cost)
	if static.base == "" {
		fmt.Println("download: nginx is not installed: nothing to stand beside it. Install it (Debian: nginx-light) and measure again.")
		return nil
	}
	fmt.Printf("download: by turns, nginx with sendfile %.0f files/s, %s (%s). %.2f × of it\n", median(theirs), mib(size*int64(median(theirs)), time.Second),
		lastTheirs.latencies, median(ours)/median(theirs))
	return nil
}

// fetch has clients fetch files for a while, each beginning with another one.
func fetch(base string, clients int, all []*content, path func(number int) string, length time.Duration) (done, error) {
	next := make([]int, clients)
	for i := range next {
		next[i] = i * len(all) / clients
	}
	return closedLoop(base, clients, length, func(w *wire, client int) (int, error) {
		number := next[client] % len(all)
		next[client]++
		sent := time.Now()
		status, n, err := w.discard(get(path(number)))
		w.latencies = append(w.latencies, time.Since(sent))
		if want := all[number].size(); err == nil && (status != http.StatusOK || n != want) {
			err = fmt.Errorf("fetching answered %d with %d of %d bytes", status, n, want)
		}
		return 1, err
	})
}

// nginx is a running one; its base is "" if none is installed.
type nginx struct{ base, dir string }

func launchNginx(ctx context.Context) (n nginx, stop func(), err error) {
	bin, err := exec.LookPath("nginx")
	if errors.Is(err, exec.ErrNotFound) {
		if bin = "/usr/sbin/nginx"; !isThere(bin) { // not everybody's path has sbin
			return n, func() {}, nil
		}
	} else if err != nil {
		return n, nil, err
	}
	if n.dir, err = os.MkdirTemp("", "or3-load-nginx"); err != nil {
		return n, nil, err
	}
	stop = func() { os.RemoveAll(n.dir) }
	defer func() {
		if err != nil {
			stop()
		}
	}()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return n, nil, err
	}
	addr := free.Addr().String()
	free.Close()
	config := filepath.Join(n.dir, "nginx.conf")
	if err := errors.Join(os.Chmod(n.dir, 0o755), os.Mkdir(filepath.Join(n.dir, "files"), 0o755),
		os.WriteFile(config, []byte(strings.NewReplacer("DIR", n.dir, "ADDR", addr).Replace(nginxConfig)), 0o600)); err != nil {
		return n, nil, err
	}
	cmd := exec.CommandContext(ctx, bin, "-p", n.dir, "-c", config, "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return n, nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		os.RemoveAll(n.dir)
	}
	n.base = "http://" + addr
	for range 200 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return n, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return n, nil, fmt.Errorf("nginx did not start")
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// nginxConfig is a file server as one would run it: as many workers as cores,
// sendfile, kept connections, open files remembered, nothing logged.
const nginxConfig = `daemon off;
worker_processes auto;
pid DIR/pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 100000000;
	open_file_cache max=10000;
	default_type application/octet-stream;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	server { listen ADDR; root DIR/files; }
}
`

// keep puts a file where nginx finds it.
func (n nginx) keep(number int, f *content) error {
	if n.base == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(n.dir, "files", fmt.Sprint(number)), slices.Concat(f.first[:], f.rest), 0o644)
}
