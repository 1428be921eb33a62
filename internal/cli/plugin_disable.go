package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/plugins"
)

func (p *program) pluginDisableCommand() *cobra.Command {
	var in string
	var all bool
	cmd := &cobra.Command{Use: "disable ID (--workspace W | --all)", Short: "Disable a plugin in a workspace, or everywhere", Args: exactly("ID"),
		Long: "For when a plugin keeps its owners out: it works on a stopped server too, and on a running one within a second.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (in != "") {
				return usage("name a workspace with --workspace, or all of them with --all")
			}
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				return p.disablePlugin(ctx, cmd, s, args[0], in)
			})
		}}
	cmd.Flags().StringVar(&in, "workspace", "", "id or name of the workspace")
	cmd.Flags().BoolVar(&all, "all", false, "in every workspace where it is enabled")
	return cmd
}

func (p *program) disablePlugin(ctx context.Context, cmd *cobra.Command, s services, id, in string) (err error) {
	m, err := plugins.Open(ctx, plugins.Options{DB: s.db, Audit: audit.New(audit.Options{DB: s.db, Now: p.now}), Now: p.now, Version: p.version(), SafeMode: true, Poll: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	where, err := m.Workspaces(ctx, id)
	if err != nil {
		return err
	}
	if in != "" {
		w, err := s.workspaces.Find(ctx, in)
		if err != nil {
			return err
		}
		where = slices.DeleteFunc(where, func(each string) bool { return each != w.ID })
	}
	for _, workspaceID := range where {
		if err := m.Disable(ctx, account.Operator(), id, workspaceID); err != nil {
			return err
		}
	}
	return say(cmd.OutOrStdout(), "%s is disabled in %d workspaces where it was enabled\n", id, len(where))
}
