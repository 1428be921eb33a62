// Command bundle builds what ui/static serves from its sources: app.css from
// ui/styles, app.js from ui/client/src, icons.svg from ui/icons. It needs only
// Go: esbuild is a Go module. The results are committed; a test beside this
// file builds them again and compares every byte.
//
//	go generate ./ui
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	// go generate runs in the ui folder.
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(ui string) error {
	files, err := Build(ui)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(ui, "static", name), data, 0o644); err != nil { //nolint:gosec // public files
			return err
		}
	}
	return nil
}
