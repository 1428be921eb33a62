package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"or3.cloud/or3/ui"
)

func (p *program) exportCommand() *cobra.Command {
	return group("export", "Write the app as plain files", p.exportStaticCommand())
}

func (p *program) exportStaticCommand() *cobra.Command {
	return &cobra.Command{Use: "static DIR", Short: "Write the app without accounts as plain files, for any file server", Args: exactly("DIR"),
		Long: "Writes the app that lives on a person's device alone into DIR, which must be empty or an earlier export. Every\n" +
			"address in it is relative, so that it can lie in any folder of any file server.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.config(nil)
			if err != nil {
				return err
			}
			site := ui.ExportSite
			if c.Source("site.name") != "default" {
				site = c.Site.Name
			}
			files, err := ui.Export(site, p.version())
			if err != nil {
				return err
			}
			if err := writeExport(args[0], p.version(), files); err != nil {
				return err
			}
			return say(cmd.OutOrStdout(), "%s: %d files; serve them from any file server, and offline start needs https or localhost\n", args[0], len(files))
		}}
}

// exportMark is the file by which a folder is known to be an export.
const exportMark = "or3-export.json"

// exported is what the mark says.
type exported struct {
	MadeBy  string   `json:"made_by"`
	Version string   `json:"version"`
	Files   []string `json:"files"`
}

// writeExport replaces an export file by file, what the page refers to before
// the page, and removes what the earlier one had: whoever loads it meanwhile gets
// the old or the new. An interrupted one is finished by the next.
func writeExport(dir, version string, files map[string][]byte) error {
	before, err := earlierExport(dir)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(files))
	all := slices.Concat(before.Files, names)
	slices.Sort(all)
	if err := writeMark(dir, version, slices.Compact(all)); err != nil {
		return err
	}
	// The page and its worker come last, in this order: the worker keeps the page.
	last := []string{"manifest.webmanifest", "index.html", "sw.js"}
	for _, name := range append(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(last, n) }), last...) {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), files[name]); err != nil {
			return cannotExport(dir, err)
		}
	}
	for _, name := range before.Files {
		if _, still := files[name]; !still && filepath.IsLocal(filepath.FromSlash(name)) {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return cannotExport(dir, err)
			}
		}
	}
	return writeMark(dir, version, names)
}

// earlierExport refuses a folder that holds anything but an export.
func earlierExport(dir string) (exported, error) {
	var before exported
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return before, os.MkdirAll(dir, 0o755)
	case err != nil:
		return before, fmt.Errorf("%s cannot be used: %w; name a directory that is empty or does not exist", dir, err)
	case len(entries) == 0:
		return before, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, exportMark))
	if err != nil || json.Unmarshal(text, &before) != nil || before.MadeBy != madeBy {
		return before, fmt.Errorf("%s is neither empty nor an earlier export; name another directory", dir)
	}
	return before, nil
}

const madeBy = "or3 export static"

func writeMark(dir, version string, names []string) error {
	text, err := json.MarshalIndent(exported{MadeBy: madeBy, Version: version, Files: names}, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, exportMark), append(text, '\n')); err != nil {
		return cannotExport(dir, err)
	}
	return nil
}

func cannotExport(dir string, err error) error {
	return fmt.Errorf("the export to %s was not finished: %w; make room or check who may write there, then run it again", dir, err)
}

// writeFile brings a file that everybody may read to the disk, whole or not at all.
func writeFile(path string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".or3-*.part")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := errors.Join(file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
