package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"

	"or3.cloud/or3/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migration is one step of the schema.
type Migration struct {
	Name      string // e.g. 0001_identity
	AppliedAt int64  // epoch ms; 0 = not applied
	Unknown   bool   // in the database, but this program does not have it
	up, down  string
	checksum  string
}

// Any number will do, as long as no other program of this database uses it.
const migrationLock = 7_033_218_001

// Migrate brings the schema up to this program's. Each step and its record
// are one transaction, and programs started at the same time wait for each
// other. A database that a newer program made is refused, untouched.
func (d *DB) Migrate(ctx context.Context) error {
	for {
		done := false
		err := d.whenFull(d.migration(ctx, func(tx *sql.Tx, steps []Migration) error {
			i := firstPending(steps)
			if done = i < 0; done {
				return nil
			}
			return d.applyStep(ctx, tx, steps[i])
		}))
		if err != nil || done {
			return err
		}
	}
}

// applyStep takes one step up and records it.
func (d *DB) applyStep(ctx context.Context, tx *sql.Tx, m Migration) error {
	if _, err := tx.ExecContext(ctx, d.sqlFor(m.up)); err != nil {
		return Fault(err, "migrating up "+m.Name)
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO schema_migrations (name, checksum, applied_at) VALUES ('%s', '%s', %d)`,
		m.Name, m.checksum, time.Now().UnixMilli()))
	return Fault(err, "recording "+m.Name)
}

// MigrateDown undoes the newest steps, with all they hold; steps must be at
// least 1. Undoing more than there are is not an error.
func (d *DB) MigrateDown(ctx context.Context, steps int) error {
	if steps < 1 {
		return fault.Field("steps", "The number of steps must be at least 1.")
	}
	for ; steps > 0; steps-- {
		err := d.migration(ctx, func(tx *sql.Tx, all []Migration) error {
			i := lastApplied(all)
			if i < 0 {
				return nil
			}
			m := all[i]
			if _, err := tx.ExecContext(ctx, d.sqlFor(m.down)); err != nil {
				return Fault(err, "migrating down "+m.Name)
			}
			_, err := tx.ExecContext(ctx, `DELETE FROM schema_migrations WHERE name = '`+m.Name+`'`)
			return Fault(err, "unrecording "+m.Name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// MigrationStatus lists all steps, this program's and the database's, by name.
// It changes nothing, also in a database that was never migrated.
func (d *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	query := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'`
	if d.dialect == Postgres {
		query = `SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_migrations'`
	}
	var tables int
	if err := d.RawReader().QueryRowContext(ctx, query).Scan(&tables); err != nil {
		return nil, Fault(err, "looking for migrations")
	}
	if tables == 0 {
		return d.steps(nil)
	}
	applied, err := appliedSteps(ctx, d.RawReader())
	if err != nil {
		return nil, err
	}
	return d.steps(applied)
}

// CheckMigrated returns nil when the schema is exactly this program's, and a
// fault that says what to do when it is older or newer.
func (d *DB) CheckMigrated(ctx context.Context) error {
	steps, err := d.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	if err := refuseNewer(steps); err != nil {
		return err
	}
	if i := firstPending(steps); i >= 0 {
		return fault.Newf(fault.Unavailable, "The database lacks migration %s. Run: or3 migrate up", steps[i].Name)
	}
	return nil
}

// migration runs one step while no other process can.
func (d *DB) migration(ctx context.Context, fn func(tx *sql.Tx, steps []Migration) error) error {
	tx, err := d.RawWriter().BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return Fault(err, "beginning a migration")
	}
	defer func() { _ = tx.Rollback() }()
	if err := d.lockMigrations(ctx, tx); err != nil {
		return err
	}
	steps, err := d.stepsIn(ctx, tx)
	if err != nil {
		return err
	}
	if err := fn(tx, steps); err != nil {
		return err
	}
	return Fault(tx.Commit(), "committing a migration")
}

// lockMigrations keeps every other process from migrating until the
// transaction ends.
func (d *DB) lockMigrations(ctx context.Context, tx *sql.Tx) error {
	if d.dialect != Postgres {
		return nil
	}
	lock := fmt.Sprintf(`SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock(%d)`, migrationLock)
	_, err := tx.ExecContext(ctx, lock)
	return Fault(err, "waiting for another migration")
}

// stepsIn lists all steps as the transaction sees them, and refuses a database
// that is newer than the program.
func (d *DB) stepsIn(ctx context.Context, tx *sql.Tx) ([]Migration, error) {
	if _, err := tx.ExecContext(ctx, d.sqlFor(`CREATE TABLE IF NOT EXISTS schema_migrations (
		name {{text}} NOT NULL PRIMARY KEY, checksum {{text}} NOT NULL, applied_at {{int}} NOT NULL){{strict}}`)); err != nil {
		return nil, Fault(err, "preparing migrations")
	}
	applied, err := appliedSteps(ctx, tx)
	if err != nil {
		return nil, err
	}
	steps, err := d.steps(applied)
	if err != nil {
		return nil, err
	}
	return steps, refuseNewer(steps)
}

// sqlFor fills in what the dialects spell differently.
func (d *DB) sqlFor(text string) string {
	replace := []string{"{{int}}", "BIGINT", "{{text}}", `TEXT COLLATE "C"`, "{{bytes}}", "BYTEA", "{{strict}}", "", "{{strict_rowless}}", ""}
	if d.dialect == SQLite {
		replace = []string{"{{int}}", "INTEGER", "{{text}}", "TEXT", "{{bytes}}", "BLOB", "{{strict}}", " STRICT", "{{strict_rowless}}", " STRICT, WITHOUT ROWID"}
	}
	return strings.NewReplacer(replace...).Replace(text)
}

type appliedStep struct {
	checksum string
	at       int64
}

func appliedSteps(ctx context.Context, q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) (map[string]appliedStep, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, checksum, applied_at FROM schema_migrations`)
	if err != nil {
		return nil, Fault(err, "reading migrations")
	}
	defer rows.Close()
	steps := map[string]appliedStep{}
	for rows.Next() {
		var name string
		var step appliedStep
		if err := rows.Scan(&name, &step.checksum, &step.at); err != nil {
			return nil, Fault(err, "reading migrations")
		}
		steps[name] = step
	}
	return steps, Fault(rows.Err(), "reading migrations")
}

// steps joins the program's migrations with what the database has of them.
func (d *DB) steps(applied map[string]appliedStep) ([]Migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.up.sql")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, file := range names {
		m := Migration{Name: strings.TrimSuffix(path.Base(file), ".up.sql")}
		up, err := migrationFiles.ReadFile(file)
		down, err2 := migrationFiles.ReadFile("migrations/" + m.Name + ".down.sql")
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(up)
		m.up, m.down, m.checksum = string(up), string(down), hex.EncodeToString(sum[:])
		if a, ok := applied[m.Name]; ok {
			if a.checksum != m.checksum {
				return nil, fault.Newf(fault.Unavailable, "Migration %s in the database is not the one this program carries. Start the program that made this database, or restore a backup.", m.Name)
			}
			m.AppliedAt = a.at
			delete(applied, m.Name)
		}
		all = append(all, m)
	}
	for name, a := range applied {
		all = append(all, Migration{Name: name, AppliedAt: a.at, Unknown: true})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}

func refuseNewer(steps []Migration) error {
	for _, m := range steps {
		if m.Unknown {
			return fault.Newf(fault.Unavailable, "The database was made by a newer version of or3 (it has migration %s). Start that version, or restore a backup made before the upgrade.", m.Name)
		}
	}
	return nil
}

func firstPending(steps []Migration) int {
	for i, m := range steps {
		if m.AppliedAt == 0 {
			return i
		}
	}
	return -1
}

func lastApplied(steps []Migration) int {
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i].AppliedAt != 0 {
			return i
		}
	}
	return -1
}
