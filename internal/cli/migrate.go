package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
)

func (p *program) migrateCommand() *cobra.Command {
	return group("migrate", "Look at and change the database's schema; serve migrates up by itself",
		p.migrateStatusCommand(), p.migrateUpCommand(), p.migrateDownCommand())
}

func (p *program) migrateStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "status", Short: "List the migrations of this program and of the database", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd.Context(), mustExist, func(ctx context.Context, _ config.Config, d *db.DB) error {
				steps, err := d.MigrationStatus(ctx)
				if err != nil {
					return err
				}
				type step struct {
					Name      string     `json:"name"`
					State     string     `json:"state"`
					AppliedAt *time.Time `json:"applied_at"`
				}
				list := make([]step, len(steps))
				rows := make([][]string, len(steps))
				for i, m := range steps {
					list[i] = step{Name: m.Name, State: "pending"}
					if m.AppliedAt != 0 {
						at := time.UnixMilli(m.AppliedAt).UTC()
						list[i].State, list[i].AppliedAt = "applied", &at
						rows[i] = []string{m.Name, "applied", day(at)}
					} else {
						rows[i] = []string{m.Name, "pending", ""}
					}
					if m.Unknown {
						list[i].State, rows[i][1] = "newer than this program", "newer than this program"
					}
				}
				return writeTable(cmd.OutOrStdout(), asJSON, list, []string{"MIGRATION", "STATE", "APPLIED"}, rows)
			})
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (p *program) migrateUpCommand() *cobra.Command {
	return &cobra.Command{Use: "up", Short: "Apply the migrations the database lacks; makes the database when there is none", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd.Context(), mayCreate, func(ctx context.Context, _ config.Config, d *db.DB) error {
				before, err := applied(ctx, d)
				if err != nil {
					return err
				}
				if err := d.Migrate(ctx); err != nil {
					return err
				}
				after, err := applied(ctx, d)
				if err != nil {
					return err
				}
				return printChanges(cmd, "applied", before, after)
			})
		}}
}

func (p *program) migrateDownCommand() *cobra.Command {
	var steps int
	cmd := &cobra.Command{Use: "down", Short: "Undo the newest migrations with all the data they hold; the server must be stopped", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if steps < 1 {
				return usage("--steps must be at least 1")
			}
			return p.withDatabase(cmd.Context(), mustExist, func(ctx context.Context, c config.Config, d *db.DB) error {
				release, err := stopped(ctx, c, d, p.now())
				if err != nil {
					return err
				}
				defer release()
				before, err := applied(ctx, d)
				if err != nil {
					return err
				}
				if err := d.MigrateDown(ctx, steps); err != nil {
					return err
				}
				after, err := applied(ctx, d)
				if err != nil {
					return err
				}
				return printChanges(cmd, "undone", after, before)
			})
		}}
	cmd.Flags().IntVar(&steps, "steps", 1, "how many migrations to undo")
	return cmd
}

// applied is the set of migrations the database has.
func applied(ctx context.Context, d *db.DB) ([]string, error) {
	steps, err := d.MigrationStatus(ctx)
	var names []string
	for _, m := range steps {
		if m.AppliedAt != 0 {
			names = append(names, m.Name)
		}
	}
	return names, err
}

// printChanges names what the longer list has beyond the shorter.
func printChanges(cmd *cobra.Command, word string, shorter, longer []string) error {
	if len(longer) <= len(shorter) {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "nothing to do")
		return err
	}
	for _, name := range longer[len(shorter):] {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), word, name); err != nil {
			return err
		}
	}
	return nil
}
