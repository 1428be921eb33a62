package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/plugintest"
)

func (p *program) pluginTestCommand() *cobra.Command {
	var update bool
	cmd := &cobra.Command{Use: "test [DIR] [--update]", Short: "Run the calls in testdata in the real sandbox", Args: atMostOne,
		Long: "Each testdata/*.json is one call with what the server knows, and the answer it should get. The module runs as on a\n" +
			"server that granted all it asks for; the server is played from memory. --update writes the answers that came.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := folderOr(args)
			paths, err := filepath.Glob(filepath.Join(dir, "testdata", "*.json"))
			if err != nil {
				return err
			}
			if len(paths) == 0 {
				return fault.Newf(fault.NotFound, "There is no *.json in %s: write a call there, as docs/plugins.md shows.", filepath.Join(dir, "testdata"))
			}
			plugin, memory, err := p.loadPlugin(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer plugin.Close()
			failed := 0
			for _, path := range paths {
				ok, err := runCase(cmd, plugin, path, memory, update)
				if err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				if !ok {
					failed++
				}
			}
			if failed > 0 {
				return fault.Newf(fault.Invalid, "%d of %d calls went wrong; look at what stands above, and run it with --update if the new answers are right.", failed, len(paths))
			}
			return say(cmd.OutOrStdout(), "all %d calls went right\n", len(paths))
		}}
	cmd.Flags().BoolVar(&update, "update", false, "write the answers that came into the files")
	return cmd
}

// loadPlugin loads the plugin of a folder if its package would be let in.
func (p *program) loadPlugin(ctx context.Context, dir string) (*plugintest.Plugin, int, error) {
	rules, err := p.packageRules()
	if err != nil {
		return nil, 0, err
	}
	rules.Policy.Require = false
	zip, err := build.Package(ctx, dir, nil)
	if err != nil {
		return nil, 0, err
	}
	r, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), rules)
	switch {
	case err != nil:
		return nil, 0, err
	case !r.OK():
		return nil, 0, fault.Newf(fault.Invalid, "%s or3 plugin check %s tells all about it.", refusedWords(r), dir)
	case r.Module == nil:
		return nil, 0, fault.New(fault.Invalid, "A theme has no module: there is nothing to call.")
	}
	plugin, err := plugintest.Open(ctx, r.Manifest, r.Wasm(), r.Files)
	return plugin, r.Module.MemoryMB, err
}

// runCase runs one file and says how it went.
func runCase(cmd *cobra.Command, plugin *plugintest.Plugin, path string, memory int, update bool) (ok bool, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	c, err := plugintest.Read(text)
	if err != nil {
		return false, err
	}
	o, err := plugin.Run(cmd.Context(), path, c)
	if err != nil {
		return false, err
	}
	word := "ok"
	if update && o.Got != nil && !o.OK() && o.Refused == "" {
		changed, err := plugintest.Update(text, o.Got)
		if err != nil {
			return false, err
		}
		if err := writeFile(path, changed); err != nil {
			return false, err
		}
		word, o.Wrong, o.Diff = "updated", "", ""
	}
	if !o.OK() {
		word = "WRONG"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-7s %s  %s: %s of %s, %s of %d MiB, %d of 500 host calls\n", word, filepath.Base(path), c.Export,
		o.Took().Round(100*time.Microsecond), o.Budget, fault.Binary(o.Trace.Memory), memory, o.Trace.HostCalls)
	if o.Slow() {
		fmt.Fprintf(&out, "        slow: a server would have ended it after %s; if it stays so when this machine has nothing else to do, do less at once\n", o.Budget)
	}
	for _, part := range []string{o.Refused, o.Wrong, o.Diff} {
		for line := range strings.Lines(part) {
			fmt.Fprintf(&out, "        %s\n", telemetry.Printable(strings.TrimRight(line, "\n")))
		}
	}
	if !o.OK() {
		for _, line := range o.Log {
			fmt.Fprintf(&out, "        log, %s: %s\n", line.Level, telemetry.Printable(line.Text))
		}
	}
	return o.OK(), say(cmd.OutOrStdout(), "%s", out.String())
}
