// Command load measures a real or3 server from outside: it builds the binary,
// starts it on a temporary data directory, and prints figures beside a
// baseline taken in the same run on the same machine.
//
//	go run ./tests/load push     acknowledged ops/s of 1-op pushes, beside the disk's own fsync rate
//	go run ./tests/load page     first page at 200 requests/s, then the highest rate that holds
//	go run ./tests/load start    cold start, idle memory, size of the binary
//	go run ./tests/load policy   how soon a second node on PostgreSQL obeys a changed policy
//	go run ./tests/load peer     beside PocketBase, by turns: messages created singly and by 50, and read by 1000
//	go run ./tests/load pull     changes/s in pages of 1000 out of a log of 100,000
//	go run ./tests/load snapshot rows/s of a new device, and what the server's memory grows by
//	go run ./tests/load log      what a row costs in a log of 5 million rows in 100 workspaces, beside a short one
//	go run ./tests/load latency  from a push to 1,000 streams, at 20 commits/s
//	go run ./tests/load idle     memory of 10,000 streams without news
//	go run ./tests/load upload-big    1 GiB through the server, beside sha256sum and dd; memory of 32 uploads at once
//	go run ./tests/load upload-small  files of 10 KiB, beside PocketBase, by turns; -batch 50 sends 50 in a request
//	go run ./tests/load download      files of 1 MiB, beside nginx, by turns
//	go run ./tests/load plugins       install, overview, start and other pages, beside the same without plugins
//	go run ./tests/load dev           from an edit under `or3 plugin dev` to the new version, beside go build
//	go run ./tests/load all
//
// Everything goes to 127.0.0.1. Nothing here is asserted: speed is reported, never tested.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var o options
	flag.DurationVar(&o.duration, "for", 10*time.Second, "length of one measurement")
	flag.IntVar(&o.clients, "clients", 0, "concurrent clients; 0 is 32 of push, peer and uploads, 8 of download, 1 of pull")
	flag.IntVar(&o.batch, "batch", 1, "ops per push; files per request of upload-small")
	flag.IntVar(&o.rows, "rows", 0, "rows of pull and snapshot, a multiple of 1000, and of log; 0 is 100,000 and 5 million")
	flag.StringVar(&o.ids, "ids", "time", "ids of pushed rows: time (UUIDv7) or random (UUIDv4)")
	flag.StringVar(&o.postgres, "postgres", "", "base URL of a PostgreSQL server to run on instead of SQLite, e.g. postgres://root@127.0.0.1:5432/test?sslmode=disable")
	flag.StringVar(&o.binary, "binary", "", "an or3 binary to measure instead of building one")
	flag.Int64Var(&o.size, "size", 0, "bytes of a file; 0 is 1 GiB of upload-big, 10 KiB of upload-small and 1 MiB of download")
	flag.IntVar(&o.files, "files", 0, "files of a round; 0 is 10,000 of upload-small and 64 of download")
	flag.IntVar(&o.rounds, "rounds", 5, "turns that each side of a measurement with files has; the median counts")
	flag.Int64Var(&o.each, "each", 64<<20, "bytes of each of the uploads at once of upload-big")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

type options struct {
	duration time.Duration
	clients  int
	batch    int
	postgres string
	binary   string
	ids      string
	rows     int

	size   int64 // of a file
	files  int   // of a round
	rounds int
	each   int64 // of the uploads at once of upload-big

	withFiles bool // the server keeps files
}

// sizeOr gives how large a file was asked for, or the usual size.
func (o options) sizeOr(usual int64) int64 {
	if o.size > 0 {
		return o.size
	}
	return usual
}

// filesOr gives how many files were asked for, or the usual number of them.
func (o options) filesOr(usual int) int {
	if o.files > 0 {
		return o.files
	}
	return usual
}

// rowsOr gives how many rows were asked for, or the usual number of them.
func (o options) rowsOr(usual int) int {
	if o.rows > 0 {
		return o.rows
	}
	return usual
}

// clientsOr gives how many clients were asked for, or the usual number of them.
func (o options) clientsOr(usual int) int {
	if o.clients > 0 {
		return o.clients
	}
	return usual
}

func run(ctx context.Context, o options, what string) error {
	if o.ids != "time" && o.ids != "random" {
		return fmt.Errorf("-ids is time or random")
	}
	if o.binary == "" {
		dir, err := os.MkdirTemp("", "or3-load-bin")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if o.binary, err = build(ctx, dir); err != nil {
			return err
		}
	}
	measurements := map[string]func(context.Context, options) error{
		"push": measurePush, "page": measurePage, "start": measureStart, "policy": measurePolicy, "peer": measurePeer,
		"pull": measurePull, "snapshot": measureSnapshot, "latency": measureLatency, "idle": measureIdle, "log": measureLog,
		"upload-big": measureUploadBig, "upload-small": measureUploadSmall, "download": measureDownload, "plugins": measurePlugins, "dev": measureDev,
	}
	if what == "all" {
		for _, name := range []string{"start", "page", "push", "peer", "pull", "snapshot", "latency", "idle", "policy", "upload-big", "upload-small", "download", "plugins", "dev"} {
			if err := measurements[name](ctx, o); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	m, ok := measurements[what]
	if !ok {
		flag.Usage()
		return fmt.Errorf("say what to measure: push, pull, snapshot, latency, idle, peer, page, start, policy, upload-big, upload-small, download, plugins, dev, log or all (which leaves log out)")
	}
	return m(ctx, o)
}
