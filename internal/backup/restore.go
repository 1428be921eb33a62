package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Target is the database that a backup goes into. The caller holds the locks
// that keep servers away.
type Target struct {
	URL    string
	SQLite string // path of the database file, "" on PostgreSQL
	// Stopped fails while a server uses the PostgreSQL database; it is asked
	// again when nobody can start any more.
	Stopped func(ctx context.Context, q bun.IDB) error
}

// Restored is what a restore did.
type Restored struct {
	Manifest     Manifest
	HistoryID    string
	Aside        string // where the database from before is; "" when there was none
	TokensEnded  int
	TokensKept   int
	InvitesEnded int
	Files        int64 // files whose bytes are there
	FilesGone    int64 // files of the backup whose bytes are nowhere: a device that has them is asked to send them
	Known        bool  // the database from before could be asked what has ended
	// Damage says why it could not be, if it was there.
	Damage error
}

// details is what the audit log keeps of a backup or a restore.
type details struct {
	BackupAt     time.Time `json:"backup_at"`
	Rows         int64     `json:"rows"`
	Bytes        int64     `json:"bytes"`
	SHA256       string    `json:"sha256"`
	MadeBy       string    `json:"made_by,omitempty"`
	HistoryID    string    `json:"history_id,omitempty"`
	DiscardNewer bool      `json:"discard_newer,omitempty"`
	TokensEnded  int       `json:"tokens_ended,omitempty"`
	InvitesEnded int       `json:"invites_ended,omitempty"`
	Aside        string    `json:"aside,omitempty"`
	// Replaced is the head of the audit log that was replaced: number and hash.
	Replaced string `json:"replaced_audit_head,omitempty"`
}

// Restore replaces the target's content by the backup's. It happens whole or
// not at all, also when the process is killed meanwhile; what was there before
// is kept aside. All sessions end, and so does every token and invite that the
// database from before no longer has.
func Restore(ctx context.Context, f *File, t Target, discardNewer bool, o Options) (Restored, error) {
	r := &restore{file: f, target: t, discardNewer: discardNewer, o: o}
	r.done.Manifest = f.Manifest
	err := r.alone(ctx)
	if err == nil {
		err = r.putFiles(ctx)
	}
	if err != nil {
		return r.done, err
	}
	if t.SQLite != "" {
		err = r.intoFile(ctx)
	} else {
		err = r.intoPostgres(ctx)
	}
	return r.done, err
}

// alone makes sure, before anything is written, that no server uses a PostgreSQL
// database; of a file the lock of its directory says so.
func (r *restore) alone(ctx context.Context) (err error) {
	if r.target.SQLite != "" {
		return nil
	}
	d, err := db.Open(ctx, db.Options{URL: r.target.URL, PollEvery: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	steps, err := d.MigrationStatus(ctx)
	if err != nil || !slices.ContainsFunc(steps, func(m db.Migration) bool { return m.AppliedAt > 0 }) {
		return err
	}
	return r.target.Stopped(ctx, d.Read())
}

type restore struct {
	file         *File
	target       Target
	discardNewer bool
	o            Options

	have   map[storage.Key]int64 // sizes of the files in the store
	proven map[storage.Key]bool  // those that were hashed
	name   string                // see stamp
	before credentials
	done   Restored
}

// credentials are what opened doors before the restore.
type credentials struct {
	tokens, invites []string
	revision        int64
	auditHead       string
}

// remember reads what opens doors just now.
func (r *restore) remember(ctx context.Context, q bun.IDB) error {
	var c credentials
	var err error
	if c.tokens, err = db.TokenHashes(ctx, q); err != nil {
		return err
	}
	if c.invites, err = db.OpenInviteHashes(ctx, q); err != nil {
		return err
	}
	if c.revision, err = db.AccessRevision(ctx, q); err != nil {
		return err
	}
	if c.auditHead, err = db.SettingValue(ctx, q, "audit_head"); err != nil {
		return err
	}
	r.before, r.done.Known = c, true
	return nil
}

// known refuses a backup of a newer program.
func (r *restore) known(d *db.DB) error {
	missing, err := d.KnowsSteps(r.file.Manifest.Steps)
	if err == nil && missing != "" {
		return fault.Newf(fault.Unsupported, "The backup %s was made by a newer version of or3 (%s; it has migration %s). Restore it with that version.",
			r.file.Path, r.file.Manifest.Program, missing)
	}
	return err
}

// refill fills a database from the file.
func (r *restore) refill(ctx context.Context, d *db.DB) error {
	if err := r.known(d); err != nil {
		return err
	}
	return d.Refill(ctx, db.Refill{
		Steps: r.file.Manifest.Steps, Stamp: r.stamp(),
		Before: func(ctx context.Context, tx bun.Tx, aside string) error {
			if err := r.target.Stopped(ctx, tx); err != nil {
				return err
			}
			r.done.Aside = aside
			return r.remember(ctx, tx)
		},
		Load:   r.load,
		Finish: func(ctx context.Context, tx bun.Tx) error { return r.finish(ctx, tx, d) },
	})
}

// load brings the rows, table by table in the order of the schema.
func (r *restore) load(ctx context.Context, l *db.Loader) error {
	total, loaded := r.file.Manifest.Rows(), int64(0)
	into := map[string]*db.Inserter{}
	for _, t := range r.file.Manifest.Tables {
		in, err := l.Insert(ctx, t.Name, t.Columns)
		if err != nil {
			return err
		}
		into[t.Name] = in
	}
	// The parts lie in the order of the tables, parents first; each table's last
	// rows must be written before the next one's first.
	var open *db.Inserter
	err := r.file.rows(ctx, func(t Table, p Part, content []byte) error {
		in := into[t.Name]
		if open != nil && open != in {
			if err := open.Close(ctx); err != nil {
				return err
			}
		}
		open = in
		n, err := decodeRows(content, len(t.Columns), func(row []any) error { return in.Row(ctx, row) })
		if err != nil {
			return fmt.Errorf("restoring %s: %w", p.Name, err)
		}
		if n != p.Rows {
			return r.file.damaged(fmt.Sprintf("the part %s has %d rows instead of %d", p.Name, n, p.Rows))
		}
		loaded += n
		r.o.tell("restoring "+t.Name, loaded, total)
		return nil
	})
	if err == nil && open != nil {
		err = open.Close(ctx)
	}
	return err
}

// finish ends what must not come back, begins a new history and writes down
// what happened.
func (r *restore) finish(ctx context.Context, tx bun.Tx, d *db.DB) error {
	if err := r.endCredentials(ctx, tx); err != nil {
		return err
	}
	if err := r.settleFiles(ctx, tx); err != nil {
		return err
	}
	if revision, err := db.AccessRevision(ctx, tx); err != nil {
		return err
	} else if r.before.revision > revision {
		if err := db.PutSetting(ctx, tx, "access_revision", strconv.FormatInt(r.before.revision, 10)); err != nil {
			return err
		}
	}
	if err := d.BumpAccess(ctx, tx, db.AccessChange{}); err != nil {
		return err
	}
	var err error
	if r.done.HistoryID, err = r.o.Renew(ctx, tx, r.discardNewer); err != nil {
		return err
	}
	m := r.file.Manifest
	return r.o.log(d).Append(ctx, tx, audit.Entry{Action: ActRestore, TargetKind: "backup", TargetID: filepath.Base(r.file.Path), Details: details{
		BackupAt: m.CreatedAt, Rows: m.Rows(), Bytes: r.file.Bytes, SHA256: r.file.SHA256, MadeBy: m.Program, HistoryID: r.done.HistoryID,
		DiscardNewer: r.discardNewer, TokensEnded: r.done.TokensEnded, InvitesEnded: r.done.InvitesEnded, Aside: filepath.Base(r.done.Aside), Replaced: r.before.auditHead,
	}})
}

// endCredentials ends the tokens and invites that the database from before did
// not have any more; when it cannot be asked, all of them.
func (r *restore) endCredentials(ctx context.Context, tx bun.Tx) error {
	tokens, err := db.TokenHashes(ctx, tx)
	if err != nil {
		return err
	}
	for _, hash := range tokens {
		if slices.Contains(r.before.tokens, hash) {
			r.done.TokensKept++
			continue
		}
		r.done.TokensEnded++
		if err := db.DeleteTokenByHash(ctx, tx, hash); err != nil {
			return err
		}
	}
	invites, err := db.OpenInviteHashes(ctx, tx)
	if err != nil {
		return err
	}
	for _, hash := range invites {
		if slices.Contains(r.before.invites, hash) {
			continue
		}
		r.done.InvitesEnded++
		if err := db.RevokeInviteByHash(ctx, tx, hash, r.o.Now().UnixMilli()); err != nil {
			return err
		}
	}
	return db.DeleteSetting(ctx, tx, db.SetupTokenSetting)
}

// verify opens what was restored as a server would.
func (r *restore) verify(ctx context.Context, d *db.DB) error {
	if err := d.CheckMigrated(ctx); err != nil {
		return err
	}
	for _, t := range r.file.Manifest.Tables {
		if t.Name != "users" && t.Name != "sync_rows" && t.Name != "change_log" {
			continue
		}
		n, err := d.CountRows(ctx, t.Name)
		if err != nil {
			return err
		}
		if n != t.Rows {
			return fmt.Errorf("%s has %d rows after the restore, and the backup has %d", t.Name, n, t.Rows)
		}
	}
	return d.CheckSQLite(ctx)
}

// intoPostgres restores in one transaction; the tables from before move into a
// schema of their own.
func (r *restore) intoPostgres(ctx context.Context) (err error) {
	d, err := db.Open(ctx, db.Options{URL: r.target.URL, PollEvery: -1})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := d.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := r.refill(ctx, d); err != nil {
		return err
	}
	return r.verify(ctx, d)
}

// stamp makes a name of the time that nobody has used.
func (r *restore) stamp() string {
	if r.name == "" {
		r.name = r.o.Now().UTC().Format("20060102t150405") + "_" + strings.ToLower(rand.Text()[:6])
	}
	return r.name
}
