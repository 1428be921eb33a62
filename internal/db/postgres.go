package db

import (
	"context"
	"database/sql"
	"runtime"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"or3.cloud/or3/internal/fault"
)

const oldestPostgres = 140000

func openPostgres(ctx context.Context, o Options) (*DB, error) {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		// The parser's own words may quote the URL, password included.
		return nil, fault.Field("database.url", "The database URL is not a valid postgres:// URL.")
	}
	for name, value := range map[string]string{
		"application_name":                    "or3",
		"statement_timeout":                   "5000",
		"lock_timeout":                        "2000",
		"idle_in_transaction_session_timeout": "10000",
		"default_transaction_isolation":       "read committed",
		"timezone":                            "UTC",
		// A plan kept from when the tables were empty reads them from end to
		// end for ever after; planning anew costs a fraction of a millisecond.
		"plan_cache_mode": "force_custom_plan",
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	// bun writes the arguments into the text, so every text differs and a
	// statement cache would only churn. Statements prepared by hand still are.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec

	pool := stdlib.OpenDB(*config)
	size := max(8, 4*runtime.GOMAXPROCS(0))
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := checkPostgres(ctx, pool, o); err != nil {
		closing(pool)
		return nil, err
	}
	db := bun.NewDB(pool, pgdialect.New())
	return &DB{
		dialect: Postgres,
		writer:  db,
		reader:  db,
		log:     o.Log,
		close:   func(d *DB) error { return d.writer.Close() },
	}, nil
}

// checkPostgres refuses a server on which an acknowledged write may be lost.
func checkPostgres(ctx context.Context, pool *sql.DB, o Options) error {
	var version, fsync, commit, fullPages string
	err := pool.QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('fsync'),
		current_setting('synchronous_commit'), current_setting('full_page_writes')`).Scan(&version, &fsync, &commit, &fullPages)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "PostgreSQL does not answer at database.url. Check that it runs and that user, password and database are right.")
	}
	if n, _ := strconv.Atoi(version); n < oldestPostgres {
		return fault.Newf(fault.Unavailable, "This PostgreSQL (%s) is too old; version 14 or newer is needed.", version)
	}
	if fsync == "off" {
		return fault.New(fault.Unavailable, "PostgreSQL runs with fsync=off and would lose acknowledged writes. Set fsync=on.")
	}
	if commit == "off" {
		return fault.New(fault.Unavailable, "PostgreSQL runs with synchronous_commit=off and would lose acknowledged writes. Set it to on.")
	}
	if fullPages == "off" {
		o.Log.WarnContext(ctx, "PostgreSQL runs with full_page_writes=off: a power cut can tear pages")
	}
	return nil
}
