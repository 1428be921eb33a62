package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/scaffold"
)

func (p *program) pluginCommand() *cobra.Command {
	return group("plugin", "Write, build, check, sign and install plugins",
		p.pluginNewCommand(), p.pluginBuildCommand(), p.pluginCheckCommand(), p.pluginTestCommand(), p.pluginPackCommand(), p.pluginKeygenCommand(), p.pluginSignCommand(),
		p.pluginDevCommand(), p.pluginInstallCommand(), p.pluginListCommand(), p.pluginRemoveCommand(), p.pluginDisableCommand())
}

// folderOr takes the folder of a plugin, by default the one we are in.
func folderOr(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func atMostOne(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("there is one argument too many: %q", args[1])
	}
	return nil
}

func (p *program) pluginNewCommand() *cobra.Command {
	var language, kind string
	cmd := &cobra.Command{Use: "new NAME [--lang go|assemblyscript | --kind theme]", Short: "Make the folder of a new plugin that works at once", Args: exactly("NAME"),
		Long: "Makes the folder NAME with a page, a widget, tests and everything else that a plugin needs, or of a theme with its\n" +
			"colours and a logo. The last part of NAME is the plugin's id, such as kestrel.tides.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := filepath.Clean(args[0])
			files, what, next, err := newFiles(filepath.Base(dir), kind, language, cmd.Flags().Changed("lang"))
			if err != nil {
				return err
			}
			if err := makeFolder(dir, files); err != nil {
				return err
			}
			return say(cmd.OutOrStdout(), "%s: %s; next: cd %s, %s\n", dir, what, dir, next)
		}}
	cmd.Flags().StringVar(&language, "lang", "go", "what it is written in: "+strings.Join(scaffold.Languages(), ", "))
	cmd.Flags().StringVar(&kind, "kind", "plugin", "what it is: plugin, theme")
	return cmd
}

// newFiles are the files of a new plugin or theme, what it is in words, and what
// comes next.
func newFiles(id, kind, language string, languageGiven bool) (files map[string][]byte, what, next string, err error) {
	switch {
	case kind == "theme" && languageGiven:
		return nil, "", "", usage("a theme is written in no language: leave out --lang")
	case kind == "theme":
		files, err = scaffold.Theme(id)
		return files, "a theme", "then or3 plugin check", err
	case kind != "plugin":
		return nil, "", "", usage("there is no template for --kind %s; there are plugin, theme", kind)
	case !slices.Contains(scaffold.Languages(), language):
		return nil, "", "", usage("there is no template for --lang %s; there are %s", language, strings.Join(scaffold.Languages(), ", "))
	}
	files, err = scaffold.Files(id, language)
	return files, "a plugin in " + language, firstSteps(language), err
}

// firstSteps are what builds a new plugin.
func firstSteps(language string) string {
	if language == "assemblyscript" {
		return "npm install (it needs Node 20 or later), then or3 plugin build"
	}
	return "then or3 plugin build"
}

// makeFolder writes a new folder whole or not at all.
func makeFolder(dir string, files map[string][]byte) (err error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return err
		}
		return fault.Newf(fault.Conflict, "%s is there already: choose another name, or remove it first.", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), ".or3-plugin-*")
	if err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(part)
		}
	}()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := writeFile(filepath.Join(part, filepath.FromSlash(name)), files[name]); err != nil {
			return fmt.Errorf("making %s: %w", dir, err)
		}
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	return os.Rename(part, dir)
}
