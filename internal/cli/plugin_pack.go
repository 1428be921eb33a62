package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/inspect"
)

func (p *program) pluginPackCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "pack [DIR] [-o FILE]", Short: "Make the package of a plugin's folder: the same bytes of the same files", Args: atMostOne,
		Long: "Writes <id>-<version>.zip, or FILE, with the files that a package has and nothing else of the folder. One that a\n" +
			"server would refuse is not written.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := folderOr(args)
			zip, err := build.Package(cmd.Context(), dir, nil)
			if err != nil {
				return err
			}
			rules, err := p.packageRules()
			if err != nil {
				return err
			}
			rules.Policy.Require = false // it is signed afterwards
			r, err := inspect.Package(bytes.NewReader(zip), int64(len(zip)), rules)
			if err != nil {
				return err
			}
			if !r.OK() {
				return fault.Newf(fault.Invalid, "%s or3 plugin check %s tells all about it.", refusedWords(r), dir)
			}
			if to == "" {
				to = r.Manifest.ID + "-" + r.Manifest.Version + ".zip"
			}
			if err := writeFile(to, zip); err != nil {
				return fmt.Errorf("writing %s: %w", to, err)
			}
			return say(cmd.OutOrStdout(), "%s: %s, %d files, sha256 %s\n", to, fault.Binary(r.Size), len(r.Files), r.SHA256)
		}}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write (default <id>-<version>.zip here)")
	return cmd
}
