package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/build"
)

// pluginPlace is where plugins are installed: a server that is asked, or the
// database of this machine.
type pluginPlace interface {
	install(ctx context.Context, zip []byte, o installOptions) (installedPlugin, error)
	workspace(ctx context.Context, nameOrID string) (place, error)
	enable(ctx context.Context, id string, in place) error
	list(ctx context.Context) ([]listedPlugin, error)
	remove(ctx context.Context, id string) error
}

// installOptions are those of the JSON API: grant is "all", or names with commas.
type installOptions struct {
	force bool
	grant string
}

// installedPlugin is what became of a package, as the JSON API says it.
type installedPlugin struct {
	State        string       `json:"state"`
	Unchanged    bool         `json:"unchanged"`
	ID           string       `json:"id"`
	Version      string       `json:"version"`
	SHA256       string       `json:"sha256"`
	Capabilities []askedFor   `json:"capabilities"`
	Replaces     []replaced   `json:"replaces"`
	Plugin       listedPlugin `json:"plugin"`
}

// replaced is a plugin whose place another one takes.
type replaced struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type askedFor struct {
	Name    string `json:"name"`
	Risk    string `json:"risk"`
	Words   string `json:"words"`
	Reason  string `json:"reason"`
	Granted bool   `json:"granted"`
}

// listedPlugin is a plugin as the JSON API lists it.
type listedPlugin struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	State     string `json:"state"`
	Version   string `json:"version"`
	LastError string `json:"last_error"`
}

// target are the flags that say where a command acts.
type target struct{ server, token string }

func (t *target) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.server, "server", "", "address of a server (default: the database of this machine)")
	cmd.Flags().StringVar(&t.token, "token", "", "an API token of an owner there (default $OR3_TOKEN)")
}

// at opens where a command acts.
func (p *program) at(ctx context.Context, t target, fn func(ctx context.Context, at pluginPlace) error) error {
	if t.server == "" {
		if t.token != "" {
			return usage("--token needs --server")
		}
		return p.withPlugins(ctx, fn)
	}
	r, err := p.remote(t)
	if err != nil {
		return err
	}
	return fn(ctx, r)
}

func (p *program) remote(t target) (*remote, error) {
	if t.token == "" {
		t.token = p.environ("OR3_TOKEN")
	}
	return newRemote(t.server, t.token)
}

func (p *program) environ(name string) string {
	for _, pair := range p.Environ {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

func (p *program) pluginInstallCommand() *cobra.Command {
	var to target
	var o installOptions
	var workspace string
	cmd := &cobra.Command{Use: "install ZIP|DIR [--server URL --token T] [--grant all] [--enable WORKSPACE] [--force]",
		Short: "Install a package, or the one of a plugin's folder", Args: exactly("ZIP or DIR"),
		Long: "Sends a package to a server, or puts it into the database of this machine, where a running server sees it within\n" +
			"a second. Without --grant an owner has to agree to what it asks for, on the page Plugins. --force lets it\n" +
			"replace a version that is there.",
		RunE: func(cmd *cobra.Command, args []string) error {
			zip, err := packageOf(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return p.at(cmd.Context(), to, func(ctx context.Context, at pluginPlace) error {
				return installInto(ctx, cmd.OutOrStdout(), at, zip, o, workspace)
			})
		}}
	to.flags(cmd)
	cmd.Flags().StringVar(&o.grant, "grant", "", "agree to what it asks for: all, or names of capabilities with commas between")
	cmd.Flags().StringVar(&workspace, "enable", "", "name or id of a workspace where it is to run")
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a version that is there")
	return cmd
}

// packageOf reads a package, or makes the one of a folder.
func packageOf(ctx context.Context, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, orName(err, path, folderOrPackage)
	}
	if info.IsDir() {
		return build.Package(ctx, path, nil)
	}
	const most = 64 << 20 // more than any package has; the gate says what is too much
	if info.Size() > most {
		return nil, fault.Newf(fault.Oversized, "%s has %s: that is no package of a plugin.", path, fault.Binary(info.Size()))
	}
	return os.ReadFile(path)
}

// What a command that takes a path wants to be named.
const (
	aPackage        = "a package, as or3 plugin pack makes one"
	folderOrPackage = "the folder of a plugin, or " + aPackage
)

// orName says of a path that leads nowhere what to name instead.
func orName(err error, path, what string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Newf(fault.NotFound, "There is no %s: name %s.", path, what)
	}
	return err
}

func installInto(ctx context.Context, w io.Writer, at pluginPlace, zip []byte, o installOptions, workspace string) error {
	var in place
	if workspace != "" {
		var err error
		if in, err = at.workspace(ctx, workspace); err != nil {
			return err
		}
	}
	got, err := at.install(ctx, zip, o)
	if err != nil {
		return err
	}
	did := "is installed"
	switch {
	case got.Unchanged:
		did = "was there already, byte for byte"
	case got.State == "awaiting_consent":
		did = "waits for an owner to agree"
	}
	if err := say(w, "%s %s %s\n", got.ID, got.Version, did); err != nil {
		return err
	}
	if err := sayReplaced(w, &got); err != nil {
		return err
	}
	if got.State == "awaiting_consent" {
		for _, c := range got.Capabilities {
			if err := say(w, "  %-6s  %s: %s “%s”\n", c.Risk, c.Name, telemetry.Printable(c.Words), telemetry.Printable(c.Reason)); err != nil {
				return err
			}
		}
		if err := say(w, "Agree on the page Plugins, or install it again with --grant all.\n"); err != nil || workspace == "" {
			return err
		}
	}
	if workspace == "" {
		return nil
	}
	if err := at.enable(ctx, got.ID, in); err != nil {
		return fmt.Errorf("%s is installed, but not enabled: %w", got.ID, err)
	}
	return say(w, "%s is enabled in %s\n", got.ID, telemetry.Printable(in.Name))
}

// sayReplaced names what the plugin takes over, before somebody agrees or after.
func sayReplaced(w io.Writer, got *installedPlugin) error {
	does := "has taken"
	if got.State == "awaiting_consent" {
		does = "takes, once somebody agrees,"
	}
	for _, old := range got.Replaces {
		if err := say(w, "It %s the place of %s (%s): what that has stored, its settings and secrets, and where it is enabled.\n", does, telemetry.Printable(old.Name), old.ID); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) pluginListCommand() *cobra.Command {
	var to target
	var asJSON bool
	cmd := &cobra.Command{Use: "list [--server URL --token T]", Short: "List the installed plugins", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.at(cmd.Context(), to, func(ctx context.Context, at pluginPlace) error {
				list, err := at.list(ctx)
				if err != nil {
					return err
				}
				rows := make([][]string, len(list))
				for i, one := range list {
					rows[i] = []string{one.ID, one.Version, one.State, one.Kind, one.Name, one.LastError}
				}
				return writeTable(cmd.OutOrStdout(), asJSON, list, []string{"ID", "VERSION", "STATE", "KIND", "NAME", "LAST ERROR"}, rows)
			})
		}}
	to.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) pluginRemoveCommand() *cobra.Command {
	var to target
	cmd := &cobra.Command{Use: "remove ID [--server URL --token T]", Short: "Uninstall a plugin; what it stored is kept for 30 days", Args: exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.at(cmd.Context(), to, func(ctx context.Context, at pluginPlace) error {
				if err := at.remove(ctx, args[0]); err != nil {
					return err
				}
				return say(cmd.OutOrStdout(), "%s is uninstalled; what it stored is kept for 30 days\n", args[0])
			})
		}}
	to.flags(cmd)
	return cmd
}
