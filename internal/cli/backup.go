package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/server"
)

func (p *program) backupCommand() *cobra.Command {
	var with, without bool
	cmd := &cobra.Command{Use: "backup FILE", Short: "Put the database into one file, beside a running server or without one", Args: exactly("FILE"),
		Long: "Writes everything the database holds at one moment, and people's files, into FILE, checks it and only then gives it its\n" +
			"name. The server may go on running. Files in a bucket stay there, unless --files. Not in it: server.secret_key, or3.toml and the sessions of signed-in people.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withDatabase(cmd.Context(), mustExist, func(ctx context.Context, c config.Config, d *db.DB) error {
				if err := notTheDatabase(c, args[0]); err != nil {
					return err
				}
				ctx = audit.WithOrigin(ctx, audit.Origin{Actor: audit.Actor{Kind: audit.Command, Name: operator()}})
				o := p.backupOptions(cmd.OutOrStdout())
				var err error
				if o.Files, err = p.filesToCarry(ctx, c, d, with, without); err != nil {
					return err
				}
				made, err := backup.Write(ctx, d, args[0], o)
				if err != nil {
					return err
				}
				out := cmd.OutOrStdout()
				if made.Unrecorded != nil {
					if err := say(out, "the audit log could not be written to: %s\n", telemetry.OneLine(words(made.Unrecorded))); err != nil {
						return err
					}
				}
				return say(out, "%s: %d rows, %s, sha256 %s\n%skeep beside it: server.secret_key and or3.toml are not in a backup\n",
					made.Path, made.Manifest.Rows(), size(made.Bytes), made.SHA256, tellFiles(made.Manifest.Files, c))
			})
		}}
	cmd.Flags().BoolVar(&with, "files", false, "also files that are in a bucket")
	cmd.Flags().BoolVar(&without, "without-files", false, "the database alone")
	return cmd
}

func (p *program) restoreCommand() *cobra.Command {
	var discardNewer bool
	cmd := &cobra.Command{Use: "restore FILE", Short: "Put a backup in the place of the database; the server must be stopped", Args: exactly("FILE"),
		Long: "Checks FILE from beginning to end, builds the database from it, and replaces the present one in one step; the present\n" +
			"one is kept beside it. Everybody has to sign in again. Devices notice, take the restored state and push again what\n" +
			"they know beyond it; with --discard-newer the restored state replaces theirs.",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			ctx = audit.WithOrigin(ctx, audit.Origin{Actor: audit.Actor{Kind: audit.Command, Name: operator()}})
			return p.restore(ctx, cmd.OutOrStdout(), args[0], discardNewer)
		}}
	cmd.Flags().BoolVar(&discardNewer, "discard-newer", false, "devices drop what they know beyond the backup")
	return cmd
}

func (p *program) restore(ctx context.Context, out io.Writer, path string, discardNewer bool) error {
	c, err := p.config(nil)
	if err != nil {
		return err
	}
	o := p.backupOptions(out)
	file, err := backup.Open(ctx, path, o)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if c, err = ownDataDir(c); err != nil {
		return err
	}
	release, err := lock(c)
	if err != nil {
		return err
	}
	defer release()
	if o.Files, err = p.filesOf(ctx, c); err != nil {
		return err
	}
	if o.Files != nil {
		if err := server.BeginFiles(o.Files.Store, false); err != nil {
			return err
		}
	}
	target := backup.Target{URL: c.Database.URL, Stopped: func(ctx context.Context, q bun.IDB) error { return noNodes(ctx, q, p.now()) }}
	target.SQLite, err = db.SQLiteFile(c.Database.URL)
	if err != nil {
		return err
	}
	done, err := backup.Restore(ctx, file, target, discardNewer, o)
	if err != nil {
		return err
	}
	return tellRestored(out, done, discardNewer)
}

// tellRestored says what the operator has to know now.
func tellRestored(out io.Writer, r backup.Restored, discardNewer bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "restored %d rows of %s, made by or3 %s\n", r.Manifest.Rows(), r.Manifest.CreatedAt.Format(time.RFC3339), r.Manifest.Program)
	fmt.Fprintf(&b, "history: %s; ", r.HistoryID)
	if discardNewer {
		b.WriteString("devices take the restored state in place of theirs\n")
	} else {
		b.WriteString("devices take the restored state and push again what they know beyond it\n")
	}
	if r.Files+r.FilesGone > 0 {
		fmt.Fprintf(&b, "files: %d are there", r.Files)
		if r.FilesGone > 0 {
			fmt.Fprintf(&b, "; of %d the bytes are nowhere, and devices that have them are asked to send them", r.FilesGone)
		}
		b.WriteString("\n")
	}
	b.WriteString("sessions: all ended; everybody signs in again\n")
	switch {
	case r.Known:
		fmt.Fprintf(&b, "tokens: %d kept, %d ended since the backup stay ended; invites that stay ended: %d\n", r.TokensKept, r.TokensEnded, r.InvitesEnded)
	default:
		fmt.Fprintf(&b, "tokens: all %d ended, and %d open invites, because no database could say which had ended since the backup\n", r.TokensEnded, r.InvitesEnded)
	}
	if r.Damage != nil {
		fmt.Fprintf(&b, "the database from before could not be read: %s\n", telemetry.OneLine(words(r.Damage)))
	}
	if r.Aside != "" {
		fmt.Fprintf(&b, "kept: the database from before is %s; remove it when you no longer need it\n", r.Aside)
	}
	b.WriteString("server.secret_key is not in a backup: on a new machine put the old secret.key into the data directory\n")
	return say(out, "%s", b.String())
}

// backupOptions tells of progress every few seconds, so that a small database
// prints nothing of it.
func (p *program) backupOptions(out io.Writer) backup.Options {
	last := time.Now()
	return backup.Options{Program: p.version(), Now: p.now, Renew: p.renewHistory, Progress: func(now backup.Progress) {
		if time.Since(last) < 3*time.Second {
			return
		}
		last = time.Now()
		if now.Of > 0 {
			_ = say(out, "%s: %d %%\n", now.Doing, now.Done*100/now.Of)
			return
		}
		_ = say(out, "%s: %d rows so far\n", now.Doing, now.Done)
	}}
}

// notTheDatabase refuses to write the backup over the database.
func notTheDatabase(c config.Config, path string) error {
	source, err := db.SQLiteFile(c.Database.URL)
	if err != nil || source == "" {
		return err
	}
	a, errA := os.Stat(source)
	b, errB := os.Stat(path)
	if errA == nil && errB == nil && os.SameFile(a, b) {
		return errors.New("FILE is the database itself; name another file")
	}
	return nil
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}
