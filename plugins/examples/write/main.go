// Command write builds the examples and puts their packages into their folder; it
// is run by go generate ./plugins/examples. The one in AssemblyScript needs npm install in
// its folder before.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/scaffold"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if err := written(); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join("*", manifest.Name))
	if err != nil {
		return err
	}
	for _, at := range found {
		dir := filepath.Dir(at)
		if err := build.Module(ctx, dir, os.Environ(), os.Stderr); err != nil { //nolint:forbidigo // a program of its own, and Go needs its environment
			return err
		}
		zip, err := build.Package(ctx, dir, nil)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join("packages", filepath.Base(dir)+".zip"), zip, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// written puts what a plugin in AssemblyScript is written with beside the example.
func written() error {
	files, err := scaffold.Files("counter", "assemblyscript")
	if err != nil {
		return err
	}
	for name, text := range files {
		if strings.HasPrefix(name, "assembly/or3/") {
			if err := os.WriteFile(filepath.Join("counter", filepath.FromSlash(name)), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
