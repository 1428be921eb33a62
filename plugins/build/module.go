// Package build makes plugin.wasm of a plugin's source, and a package of its
// folder. The same source and compiler make the same bytes, in whatever folder.
package build

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
)

// tool is a program that makes plugin.wasm, and where it comes from.
type tool struct {
	name, from string
	args, env  []string
}

var errNoSource = errors.New("nothing to build")

// toolFor tells what builds a folder: npm where there is a package.json, else Go,
// also for a folder inside another module.
func toolFor(dir string) (tool, error) {
	switch {
	case there(dir, "package.json"):
		if !there(dir, "node_modules") {
			if _, err := exec.LookPath("npm"); err == nil {
				return tool{}, fault.Newf(fault.Invalid, "The compiler is not there yet: run npm install in %s first.", dir)
			}
		}
		return tool{name: "npm", from: "https://nodejs.org, version 20 or later: the compiler of AssemblyScript runs in it", args: []string{"run", "--silent", "build"}}, nil
	case there(dir, "go.mod") || hasGo(dir) && withinModule(dir):
		return tool{name: "go", from: "https://go.dev/dl",
			args: []string{"build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w", "-o", manifest.Wasm, "."},
			env:  []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOWORK=off"}}, nil
	}
	return tool{}, errNoSource
}

// Module builds plugin.wasm in a plugin's folder. What the compiler says goes to
// said only if it fails.
func Module(ctx context.Context, dir string, environ []string, said io.Writer) error {
	t, err := toolFor(dir)
	if errors.Is(err, errNoSource) {
		return fault.Newf(fault.Invalid, "There is neither package.json nor Go within a module in %s: build %s by yourself, then go on with or3 plugin check.", dir, manifest.Wasm)
	}
	if err != nil {
		return err
	}
	path, err := exec.LookPath(t.name)
	if err != nil {
		return fault.Newf(fault.Unavailable, "There is no %s on the PATH, which builds this plugin: install it from %s.", t.name, t.from)
	}
	run := exec.CommandContext(ctx, path, t.args...)
	run.Dir, run.Env = dir, append(environ, t.env...)
	var out strings.Builder
	run.Stdout, run.Stderr = &out, &out
	err = run.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	if _, err := io.WriteString(said, out.String()); err != nil {
		return err
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fault.Newf(fault.Invalid, "%s %s failed in %s: mend what stands above.", t.name, t.args[0], dir)
	}
	return err
}

func there(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return !errors.Is(err, fs.ErrNotExist)
}

func hasGo(dir string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	return err == nil && len(files) > 0
}

// withinModule reports whether a folder above has a go.mod.
func withinModule(dir string) bool {
	at, err := filepath.Abs(dir)
	for ; err == nil; at = filepath.Dir(at) {
		if there(at, "go.mod") {
			return true
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	return false
}
