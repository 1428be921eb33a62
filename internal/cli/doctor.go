package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/server"
	"or3.cloud/or3/storage"
)

// finding is what the doctor says about one thing.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Found  string `json:"found"`            // what is the case
	Remedy string `json:"remedy,omitempty"` // what to do about it
}

// errUnwell is the doctor's verdict; the findings have been printed.
var errUnwell = errors.New("something is wrong; what to do is said above")

func (p *program) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "doctor", Short: "Look for what is wrong, and say how to mend it", Args: noArgs,
		Long: "Looks at the configuration, the data directory, the database, the audit log and the store that files are\n" +
			"kept in, of a running or a stopped server. Changes nothing, except that it puts a small file into the store\n" +
			"and removes it again. Ends with 1 when something is wrong.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			findings := p.examine(cmd.Context())
			if err := tell(cmd.OutOrStdout(), asJSON, findings); err != nil {
				return err
			}
			if slices.ContainsFunc(findings, func(f finding) bool { return !f.OK }) {
				return errUnwell
			}
			return nil
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// tell prints the findings: a line each, and below what is wrong what to do.
func tell(w io.Writer, asJSON bool, findings []finding) error {
	if asJSON {
		return writeTable(w, true, findings, nil, nil)
	}
	for _, f := range findings {
		word := "ok   "
		if !f.OK {
			word = "WRONG"
		}
		err := say(w, "%s  %s: %s\n", word, f.Check, telemetry.OneLine(telemetry.Redact(f.Found)))
		if err == nil && f.Remedy != "" {
			err = say(w, "       %s\n", f.Remedy)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// examine looks at everything, as far as what it needs is well.
func (p *program) examine(ctx context.Context) []finding {
	c, err := p.config(nil)
	if err != nil {
		return []finding{wrong("configuration", err.Error(), "mend it and run: or3 config check")}
	}
	found := []finding{well("configuration", "good")}
	for _, w := range c.Warnings() {
		found = append(found, wrong("configuration", w, ""))
	}
	found = append(found, dataDirectory(c))
	err = p.withDatabase(ctx, mustExist, func(ctx context.Context, _ config.Config, d *db.DB) error {
		if err := d.CheckMigrated(ctx); err != nil {
			return err
		}
		found = append(found, well("database", config.MaskURL(c.Database.URL)), auditChain(ctx, d))
		if c.Auth.Enabled && c.Storage.Enabled {
			found = append(found, damagedFiles(ctx, d), presentFiles(ctx, c, d, p.now))
		}
		return nil
	})
	if err != nil {
		found = append(found, wrong("database", err.Error(), "mend it, or restore a backup with: or3 restore"))
	}
	if c.Auth.Enabled && c.Storage.Enabled {
		found = append(found, fileStore(ctx, c, p.now))
	}
	return found
}

func well(check, what string) finding { return finding{Check: check, OK: true, Found: what} }

func wrong(check, what, remedy string) finding {
	return finding{Check: check, Found: what, Remedy: remedy}
}

// dataDirectory sees whether the data directory can be written.
func dataDirectory(c config.Config) finding {
	const check = "data directory"
	f, err := os.CreateTemp(c.DataDir, ".doctor-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return wrong(check, err.Error(), "make it writable for the server, or name another with --data")
	}
	return well(check, filepath.Clean(c.DataDir))
}

// auditChain verifies the hashes of the audit log.
func auditChain(ctx context.Context, d *db.DB) finding {
	const check = "audit log"
	result, err := audit.New(audit.Options{DB: d}).Verify(ctx)
	switch {
	case err != nil:
		return wrong(check, err.Error(), "")
	case !result.OK():
		return wrong(check, fmt.Sprintf("entry %d: %s", result.Break.Seq, result.Break.Problem), "somebody has changed the log in the database; compare it with a backup")
	}
	return well(check, fmt.Sprintf("%d entries, the chain is whole", result.Entries))
}

// damagedNamed is how many damaged files are named.
const damagedNamed = 10

// damagedFiles names the files whose bytes were found to be wrong.
func damagedFiles(ctx context.Context, d *db.DB) finding {
	const check = "damaged files"
	list, all, err := db.DamagedFiles(ctx, d.Read(), "", damagedNamed)
	if err != nil {
		return wrong(check, err.Error(), "")
	}
	if all == 0 {
		return well(check, "none is known")
	}
	text := fmt.Sprintf("%d:", all)
	for _, f := range list {
		text += " " + f.Hash + " of workspace " + f.WorkspaceID
		if f.Damage != "" {
			text += " (" + f.Damage + ")"
		}
		text += ";"
	}
	return wrong(check, text, "attach each again on a device that has it, or restore them from a backup")
}

// storeTime is how long the store may take to keep, give back and forget a file.
const storeTime = 30 * time.Second

// fileStore keeps a small file of nobody's, reads it and removes it again.
func fileStore(ctx context.Context, c config.Config, now func() time.Time) finding {
	const check = "file store"
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	where, remedy := c.Storage.Dir, "make storage.fs_root writable for the server, and see that the disk has room"
	if c.Storage.Provider == "s3" {
		where, remedy = c.Storage.S3.Endpoint+"/"+c.Storage.S3.Bucket, "check storage.s3_endpoint, the bucket and what its key may do"
	}
	if err := tryStore(ctx, c, now); err != nil {
		var known *fault.Error
		if errors.As(err, &known) && known.Err == nil {
			err = errors.New(known.Message)
		}
		return wrong(check, err.Error(), remedy)
	}
	return well(check, where+" keeps and gives back")
}

func tryStore(ctx context.Context, c config.Config, now func() time.Time) error {
	store, err := server.OpenStore(ctx, c, now)
	if err != nil {
		return err
	}
	if err := dropTrials(ctx, store, now().Add(-time.Hour)); err != nil {
		return err
	}
	content := []byte("or3 doctor " + rand.Text())
	key := storage.Key{Workspace: trials, Ref: storage.RefOf(content)}
	if _, err := store.Receive(ctx, storage.Incoming{Key: key, Size: int64(len(content)), Body: bytes.NewReader(content)}); err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	got, err := store.Open(ctx, key, storage.Span{})
	if err == nil {
		_, err = io.Copy(io.Discard, got.Body)
		err = errors.Join(err, got.Body.Close())
	}
	if err != nil {
		err = fmt.Errorf("reading it back: %w", err)
	}
	return errors.Join(err, store.Delete(ctx, key))
}

// trials is the workspace of the doctor's own files, which is nobody's.
const trials = "or3-doctor"

// dropTrials removes what a doctor who was interrupted has left: no collection
// looks there.
func dropTrials(ctx context.Context, store storage.Store, before time.Time) error {
	for b, err := range store.Enumerate(ctx, trials) {
		if err == nil && b.Workspace == trials && b.Stored.Before(before) {
			err = store.Delete(ctx, b.Key)
		}
		if err != nil {
			return fmt.Errorf("removing what an earlier trial has left: %w", err)
		}
	}
	return nil
}
