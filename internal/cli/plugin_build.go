package cli

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/build"
	"or3.cloud/or3/plugins/manifest"
)

func (p *program) pluginBuildCommand() *cobra.Command {
	return &cobra.Command{Use: "build [DIR]", Short: "Build plugin.wasm of the source in DIR (default: here)", Args: atMostOne,
		Long: "Runs go build for wasip1/wasm, or npm run build where there is a package.json. The same source, compiler and\n" +
			"dependencies make the same bytes.",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := folderOr(args)
			m, _, err := build.Manifest(dir)
			if err != nil {
				return err
			}
			if m.Kind == manifest.Theme {
				return say(cmd.OutOrStdout(), "A theme has no module: there is nothing to build. Go on with or3 plugin check.\n")
			}
			began := p.now()
			if err := build.Module(cmd.Context(), dir, p.Environ, cmd.ErrOrStderr()); err != nil {
				return err
			}
			module, err := os.ReadFile(filepath.Join(dir, manifest.Wasm))
			if err != nil {
				return fmt.Errorf("the build made no %s: %w", manifest.Wasm, err)
			}
			return say(cmd.OutOrStdout(), "%s: %s, sha256 %x, in %s\n", filepath.Join(dir, manifest.Wasm), fault.Binary(int64(len(module))),
				sha256.Sum256(module), p.now().Sub(began).Round(100*time.Millisecond))
		}}
}
