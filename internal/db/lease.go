package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/fault"
)

// Leases are judged by the database's clock alone: the clocks of nodes differ.
const (
	nowPostgres = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
	nowSQLite   = `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`
)

func (d *DB) clockSQL() string {
	if d.dialect == Postgres {
		return nowPostgres
	}
	return nowSQLite
}

// TakeLease gives holder the lease for so long, if it holds it already or
// nobody does. ok is false when somebody else holds it. The epoch stays while
// the holder does and is greater for each one after.
func (d *DB) TakeLease(ctx context.Context, name, holder string, hold time.Duration) (epoch int64, ok bool, err error) {
	now := d.clockSQL()
	err = d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw(`INSERT INTO leases (name, holder, epoch, until) VALUES (?, ?, 1, `+now+` + ?)
			ON CONFLICT (name) DO UPDATE SET until = excluded.until, holder = excluded.holder,
				epoch = leases.epoch + CASE WHEN leases.holder = excluded.holder AND leases.until >= `+now+` THEN 0 ELSE 1 END
			WHERE leases.holder = excluded.holder OR leases.until < `+now+`
			RETURNING epoch`, name, holder, hold.Milliseconds()).Scan(ctx, &epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return Fault(err, "taking a lease")
	})
	return epoch, ok && err == nil, err
}

// HoldLease makes sure, inside the transaction of a job, that its holder still
// holds the lease of this epoch, and keeps others from taking it until the
// transaction ends. Else it is a Conflict fault.
func HoldLease(ctx context.Context, tx bun.IDB, name, holder string, epoch int64) error {
	var n int
	err := tx.NewRaw(`SELECT 1 FROM leases WHERE name = ? AND holder = ? AND epoch = ?`+forUpdate(tx), name, holder, epoch).Scan(ctx, &n)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, "Another server has taken over this job.")
	}
	return Fault(err, "holding a lease")
}

// DropLease lets the next holder begin at once.
func (d *DB) DropLease(ctx context.Context, name, holder string) error {
	return d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE leases SET until = 0 WHERE name = ? AND holder = ?`, name, holder).Exec(ctx)
		return Fault(err, "dropping a lease")
	})
}
