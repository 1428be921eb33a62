// Package cli is the or3 command: it reads flags, composes what a command
// needs, runs it and turns its outcome into one line and an exit code.
package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/config"
)

// Exit codes of Run.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2 // wrong usage: flags, arguments, unknown command
)

// Invocation is one start of the or3 command, with everything it may touch of
// the world around it.
type Invocation struct {
	Args    []string // without the program's name
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string // NAME=value, as os.Environ gives it

	Model   string // the text of casbin_model.conf
	Version string // such as v1.2.3, "" or "dev" when not a release
}

// Run executes one command and returns its exit code. Cancelling ctx stops
// serve gracefully and breaks off every other command.
func Run(ctx context.Context, in Invocation) int {
	p := &program{Invocation: in, now: time.Now}
	root := p.root()
	root.SetArgs(in.Args)
	root.SetIn(in.Stdin)
	root.SetOut(in.Stdout)
	root.SetErr(in.Stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	return p.report(command, err)
}

// program is what the commands of one invocation share.
type program struct {
	Invocation
	now func() time.Time

	data string // --data
	file string // --config
}

// config loads the configuration; overrides are keys set by flags of a command.
func (p *program) config(overrides map[string]string) (config.Config, error) {
	return config.Load(config.Options{DataDir: p.data, File: p.file, Environ: p.Environ, Flags: overrides})
}

// root is the tree of commands, in the order of the contract.
func (p *program) root() *cobra.Command {
	root := group("or3", "OR3 Cloud: a workspace server in one program",
		p.serveCommand(), p.userCommand(), p.tokenCommand(), p.canCommand(), p.exportCommand(),
		p.backupCommand(), p.restoreCommand(), p.migrateCommand(), p.configCommand(), p.pluginCommand(), p.doctorCommand(), p.versionCommand())
	root.PersistentFlags().StringVar(&p.data, "data", "", "data directory (default $OR3_DATA, else "+config.DefaultDataDir+")")
	root.PersistentFlags().StringVar(&p.file, "config", "", "configuration file (default $OR3_CONFIG, else "+config.FileName+" in the data directory)")
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%v", err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.Version = p.version()
	root.SetVersionTemplate(p.versionLine())
	root.SetHelpCommand(helpCommand(root))
	return root
}

// helpCommand is "or3 help COMMAND"; unlike cobra's own it refuses a command
// that does not exist.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "help [command]", Short: "Help about any command", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage("there is no command %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		}}
}

// group is a command that only holds others.
func group(name, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("a command is missing")
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return usage("there is no command %q; the nearest is %q", args[0], cmd.CommandPath()+" "+near[0])
			}
			return usage("there is no command %q", args[0])
		}}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(children...)
	return cmd
}
