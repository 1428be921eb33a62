package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// editable is a line of the plugin that `or3 plugin new` makes; what stands
// between the quotes is what is edited.
const editable = `Key: "Opened`

// measureDev edits a plugin as `or3 plugin new` makes it while `or3 plugin dev`
// watches, each time with other text, so that each time another module is built
// and compiled. By turns it builds the same text with Go alone.
func measureDev(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "or3-load-dev")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	scaffold := exec.CommandContext(ctx, o.binary, "plugin", "new", "kestrel.tides")
	scaffold.Dir, scaffold.Stderr = dir, os.Stderr
	if err := scaffold.Run(); err != nil {
		return err
	}
	folder := filepath.Join(dir, "kestrel.tides")
	source := filepath.Join(folder, "main.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), editable) {
		return fmt.Errorf("%s has no %q to edit", source, editable)
	}
	edit := func(number int) error {
		return os.WriteFile(source, []byte(strings.ReplaceAll(string(text), editable, fmt.Sprintf("%s %d, ", editable, number))), 0o600)
	}

	dev := exec.CommandContext(ctx, o.binary, "plugin", "dev")
	dev.Dir, dev.Stderr = folder, os.Stderr
	dev.Cancel = func() error { return dev.Process.Signal(syscall.SIGTERM) }
	out, err := dev.StdoutPipe()
	if err != nil {
		return err
	}
	if err := dev.Start(); err != nil {
		return err
	}
	defer func() {
		_ = dev.Process.Signal(syscall.SIGTERM)
		err = errors.Join(err, ignoreExit(dev.Wait()))
	}()
	lines := bufio.NewScanner(out)
	if err := inPlace(lines); err != nil { // the first fetches and fills Go's cache
		return err
	}

	var edits, builds spread
	for number := range 2*max(o.rounds, 1) + 1 {
		began := time.Now()
		if err := edit(2 * number); err != nil {
			return err
		}
		if err := inPlace(lines); err != nil {
			return err
		}
		edited := time.Since(began)
		if built, err := buildAlone(ctx, dir, folder, string(text), number); err != nil {
			return err
		} else if number > 0 { // the first of each is not counted
			edits, builds = append(edits, edited), append(builds, built)
		}
	}
	fmt.Printf("dev: from an edit to the new version in place of the old: %s\n", edits)
	fmt.Printf("dev: `go build` of such an edit alone: %s; ratio of p50 %.1f\n", builds, float64(edits.at(.5))/float64(builds.at(.5)))
	return nil
}

// inPlace reads what dev tells until a version runs.
func inPlace(lines *bufio.Scanner) error {
	for lines.Scan() {
		if strings.Contains(lines.Text(), " in place after ") {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("plugin dev ended before a version was in place"), lines.Err())
}

// buildAlone builds another edit in a copy of the folder, which nobody watches.
func buildAlone(ctx context.Context, dir, folder, text string, number int) (time.Duration, error) {
	alone := filepath.Join(dir, "alone")
	if number == 0 {
		if err := os.CopyFS(alone, os.DirFS(folder)); err != nil {
			return 0, err
		}
	}
	edited := strings.ReplaceAll(text, editable, fmt.Sprintf("%s %d, ", editable, 2*number+1))
	if err := os.WriteFile(filepath.Join(alone, "main.go"), []byte(edited), 0o600); err != nil {
		return 0, err
	}
	began := time.Now()
	build := exec.CommandContext(ctx, "go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "alone.wasm"), ".")
	build.Dir, build.Env = alone, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return time.Since(began), nil
}

// ignoreExit leaves out that a process ended with a code, as one does that is
// told to end.
func ignoreExit(err error) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
