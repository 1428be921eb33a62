package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/manifest"
)

func (p *program) pluginDevCommand() *cobra.Command {
	var to target
	var workspace string
	cmd := &cobra.Command{Use: "dev [DIR] [--server URL --token T] [--workspace W]", Short: "Build and install a plugin again whenever its source changes", Args: atMostOne,
		Long: "Watches DIR, builds what changes, installs it with all it asks for, and shows each call with its time, memory and\n" +
			"calls of the server beside its budget. Open pages of the plugin load again. Without --server it starts a server of\n" +
			"its own that is gone afterwards, and says how to sign in. Use it with servers for development only.",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			m, _, err := build.Manifest(folderOr(args))
			if err != nil {
				return err
			}
			d := &devLoop{program: p, dir: folderOr(args), id: m.ID, out: cmd.OutOrStdout(), colour: p.environ("NO_COLOR") == "" && isTerminal(cmd.OutOrStdout())}
			if to.server == "" {
				return p.withThrowaway(ctx, cmd.OutOrStdout(), func(ctx context.Context, base, token string) error {
					if d.server, err = newRemote(base, token); err != nil {
						return err
					}
					return d.run(ctx, workspace)
				})
			}
			if d.server, err = p.remote(to); err != nil {
				return err
			}
			return d.run(ctx, workspace)
		}}
	to.flags(cmd)
	cmd.Flags().Lookup("server").Usage = "address of a server for development (default: one of its own)"
	cmd.Flags().StringVar(&workspace, "workspace", "", "name or id of the workspace it runs in (default: the active one)")
	return cmd
}

// devLoop is a plugin that is being worked on.
type devLoop struct {
	*program
	dir, id string
	server  *remote
	place   place
	out     io.Writer
	colour  bool
	turn    int   // of dev versions
	shown   bool  // it is enabled, and its address was told
	after   int64 // the last call that was shown
}

// Changes within this time are one: editors write in several steps.
const settle = 60 * time.Millisecond

// traceEvery is how often it is asked for calls.
const traceEvery = 500 * time.Millisecond

func (d *devLoop) run(ctx context.Context, workspace string) (err error) {
	if d.place, err = d.server.workspace(ctx, workspace); err != nil {
		return err
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer w.Close()
	if err := watchFolders(w, d.dir); err != nil {
		return err
	}
	if before, err := d.server.traces(ctx, d.id, d.place, 0); err == nil {
		d.after = before.Next // what was before is not ours
	}
	d.swap(ctx)
	tick := time.NewTicker(traceEvery)
	defer tick.Stop()
	changed := time.NewTimer(time.Hour)
	changed.Stop()
	for {
		select {
		case <-ctx.Done():
			return d.line("", "stopped watching; the plugin stays where it is")
		case e := <-w.Events:
			if e.Has(fsnotify.Create) {
				if info, err := os.Stat(e.Name); err == nil && info.IsDir() && ofPlugin(e.Name, true) {
					_ = watchFolders(w, e.Name) // a folder that is gone again has nothing to watch
					changed.Reset(settle)       // it may have come with files in it
				}
			}
			if ofPlugin(e.Name, false) && !e.Has(fsnotify.Chmod) {
				changed.Reset(settle)
			}
		case err := <-w.Errors:
			return err
		case <-changed.C:
			d.swap(ctx)
		case <-tick.C:
			d.showCalls(ctx)
		}
	}
}

// watchFolders watches a folder and those below it that belong to the plugin.
func watchFolders(w *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if path != dir && !ofPlugin(path, true) {
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}

// ofPlugin reports whether a change of a file, or of what is in a folder, makes
// another package.
func ofPlugin(path string, folder bool) bool {
	base := filepath.Base(path)
	if folder {
		return build.IsSource(path, true) || base == archive.AssetsFolder || base == archive.TextsFolder
	}
	inside := strings.Contains(filepath.ToSlash(path), archive.AssetsFolder+"/") || strings.Contains(filepath.ToSlash(path), archive.TextsFolder+"/")
	return base != manifest.Wasm && !strings.HasPrefix(base, ".") && (build.IsSource(path, false) || archive.Belongs(base) || inside)
}

// swap builds the plugin and puts it in place of what runs. What is wrong is told;
// the version of before goes on.
func (d *devLoop) swap(ctx context.Context) {
	began := d.now()
	err := d.swapOnce(ctx)
	if err == nil || ctx.Err() != nil {
		if err == nil {
			_ = d.line("", "in place after %s; waiting for changes", d.now().Sub(began).Round(10*time.Millisecond))
		}
		return
	}
	_ = d.line(red, "%s", telemetry.Printable(words(err)))
	_ = d.line("", "what ran before goes on; waiting for changes")
}

func (d *devLoop) swapOnce(ctx context.Context) error {
	m, _, err := build.Manifest(d.dir)
	if err != nil {
		return err
	}
	if m.Kind != manifest.Theme {
		if err := build.Module(ctx, d.dir, d.Environ, d.out); err != nil {
			return err
		}
	}
	d.turn++
	version := devVersion(m.Version, d.now(), d.turn)
	zip, err := build.Package(ctx, d.dir, func(text []byte) ([]byte, error) { return withVersion(text, m.Version, version) })
	if err != nil {
		return err
	}
	got, err := d.server.install(ctx, zip, installOptions{force: true, grant: "all"})
	if err != nil {
		return err
	}
	if !d.shown || got.Plugin.State != "active" {
		if err := d.server.enable(ctx, m.ID, d.place); err != nil {
			return err
		}
	}
	if !d.shown {
		if err := d.line("", "%s%s", d.server.base, pathOf(m, d.place.ID)); err != nil {
			return err
		}
		d.shown = true
	}
	return d.line(green, "%s %s runs in %s", m.ID, version, telemetry.Printable(d.place.Name))
}

// pathOf is where a plugin is looked at.
func pathOf(m *manifest.Manifest, workspace string) string {
	switch m.Kind {
	case manifest.AdminPlugin:
		return "/admin/x/" + m.ID
	case manifest.Theme:
		return "/admin/themes"
	}
	return "/w/" + workspace + "/x/" + m.ID
}

// devVersion tells versions of one session and of several apart.
func devVersion(version string, at time.Time, turn int) string {
	released, more, _ := strings.Cut(version, "+")
	if more != "" {
		more = "." + more
	}
	return released + manifest.DevMark + strconv.FormatInt(at.Unix(), 10) + "." + strconv.Itoa(turn) + more
}

var versionKey = regexp.MustCompile(`"version"\s*:\s*"[^"]*"`)

// withVersion puts another version into the text of a manifest.
func withVersion(text []byte, old, version string) ([]byte, error) {
	first := true
	changed := versionKey.ReplaceAllFunc(text, func(found []byte) []byte {
		if !first || !strings.HasSuffix(string(found), `"`+old+`"`) {
			return found
		}
		first = false
		return []byte(`"version": "` + version + `"`)
	})
	m, err := manifest.Parse(changed)
	if err == nil && m.Version != version {
		err = fault.Newf(fault.Invalid, "The version in %s cannot be found: write it as \"version\": %q.", manifest.Name, old)
	}
	return changed, err
}

// showCalls tells the calls since the last time.
func (d *devLoop) showCalls(ctx context.Context) {
	fresh, err := d.server.traces(ctx, d.id, d.place, d.after)
	if err != nil {
		if ctx.Err() == nil && !fault.Is(err, fault.NotFound) {
			_ = d.line(red, "%s", telemetry.Printable(words(err)))
		}
		return
	}
	d.after = fresh.Next
	for _, c := range fresh.Calls {
		colour, more := "", ""
		switch {
		case c.Outcome != "ok":
			colour, more = red, ": "+c.Outcome+advice(c.Outcome)
		case c.TookMS > 0.8*c.BudgetMS || c.HostCalls*10 > c.MostCalls*8:
			colour, more = yellow, ": close to its budget"
		}
		_ = d.line(colour, "%-11s %6.1f of %.0f ms, %s of %d MiB, %d of %d host calls%s", c.Export, c.TookMS, c.BudgetMS, fault.Binary(c.Memory), c.MemoryMB, c.HostCalls, c.MostCalls, more)
	}
	for _, l := range fresh.Log {
		_ = d.line("", "  log, %s: %s", l.Level, telemetry.Printable(l.Text))
	}
}

// advice says what to do about a call that went wrong.
func advice(outcome string) string {
	switch outcome {
	case "timeout":
		return "; do less at once, or in a job"
	case "trap", "exit":
		return "; the log below says where"
	case "too_much":
		return "; answer with less, or ask the server for less"
	case "bad_answer", "declined":
		return "; the log below has why"
	case "not_created":
		return "; it cannot begin: look at what it does before its first call"
	case "paused", "quarantined":
		return "; it failed too often: mend it and save, or let it run again on the page Plugins"
	}
	return ""
}

const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
)

func (d *devLoop) line(colour, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if colour != "" && d.colour {
		text = colour + text + "\x1b[0m"
	}
	return say(d.out, "%s %s\n", d.now().Format(time.TimeOnly), text)
}

// isTerminal reports whether somebody looks at w directly.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

var errNotServing = errors.New("the server did not start")
