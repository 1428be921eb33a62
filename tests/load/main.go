// Command load measures a real or3 server from outside: it builds the binary,
// starts it on a temporary data directory, and prints figures beside a
// baseline taken in the same run on the same machine.
//
//	go run ./tests/load push     acknowledged ops/s of 1-op pushes, beside the disk's own fsync rate
//	go run ./tests/load page     first page at 200 requests/s, then the highest rate that holds
//	go run ./tests/load start    cold start, idle memory, size of the binary
//	go run ./tests/load policy   how soon a second node on PostgreSQL obeys a changed policy
//	go run ./tests/load peer     the same messages created in PocketBase, one request each
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
	flag.IntVar(&o.clients, "clients", 32, "concurrent clients of push")
	flag.IntVar(&o.batch, "batch", 1, "ops per push")
	flag.StringVar(&o.postgres, "postgres", "", "base URL of a PostgreSQL server to run on instead of SQLite, e.g. postgres://root@127.0.0.1:5432/test?sslmode=disable")
	flag.StringVar(&o.binary, "binary", "", "an or3 binary to measure instead of building one")
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
}

func run(ctx context.Context, o options, what string) error {
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
	}
	if what == "all" {
		for _, name := range []string{"start", "page", "push", "peer", "policy"} {
			if err := measurements[name](ctx, o); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	m, ok := measurements[what]
	if !ok {
		flag.Usage()
		return fmt.Errorf("say what to measure: push, peer, page, start, policy or all")
	}
	return m(ctx, o)
}
