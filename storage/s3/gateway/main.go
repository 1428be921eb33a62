// Command gateway is a real S3 server for the tests of storage/s3: versitygw on
// a directory. It is a module of its own, because what it needs is nothing that
// the program should ever be built with.
//
//	gateway ADDR DIR
//
// Access key and secret are "test-access" and "test-secret". It ends when its
// standard input does.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gateway ADDR DIR")
		os.Exit(2)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, dir string) error {
	objects, attributes := filepath.Join(dir, "objects"), filepath.Join(dir, "attributes")
	for _, sub := range []string{objects, attributes} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
	}
	// Attributes lie beside the objects: not every file system has extended ones.
	side, err := meta.NewSideCar(attributes)
	if err != nil {
		return err
	}
	store, err := posix.New(objects, side, posix.PosixOpts{
		SideCarDir: attributes, NewDirPerm: 0o700, NewFilePerm: 0o600, Concurrency: 100, CopyObjectThreshold: 5 << 30, ValidateBucketNames: true,
	})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, store, &embedgw.Config{
		RootUserAccess: "test-access", RootUserSecret: "test-secret", Region: "us-east-1", Ports: []string{addr},
		MaxConnections: 1000, MaxRequests: 500, MultipartMaxParts: 10000, Quiet: true, KeepAlive: true, CORSAllowOrigin: "*",
	})
}
