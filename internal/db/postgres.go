package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"runtime"
	"slices"
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
	own := ownSettings(config)
	// bun writes the arguments into the text, so every text differs and a
	// statement cache would only churn. Statements prepared by hand still are.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec

	pooled, err := behindPooler(ctx, config)
	if refusesSettings(err) {
		o.Log.WarnContext(ctx, "the pooler before PostgreSQL refuses settings at the start of a connection, so time limits are not set; "+
			"give it ignore_startup_parameters, and the role the limits (docs/operations.md)", "settings", own)
		for _, name := range own {
			delete(config.RuntimeParams, name)
		}
		pooled, err = behindPooler(ctx, config)
	}
	if err != nil {
		return nil, notThere(err)
	}
	var connector driver.Connector = stdlib.GetConnector(*config)
	if pooled {
		o.Log.InfoContext(ctx, "a pooler stands before PostgreSQL: statements are not prepared")
		connector = unprepared{connector}
	}
	pool, err := o.ForTests.pool(sql.OpenDB(connector), func() (driver.Connector, error) { return connector, nil })
	if err != nil {
		return nil, Fault(err, "opening the database")
	}
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
		direct:  config,
		pooled:  pooled,
		writer:  db,
		reader:  db,
		log:     o.Log,
		close:   func(d *DB) error { return d.writer.Close() },
	}, nil
}

// ownSettings adds what every connection is to have, unless the URL says
// otherwise, and names what it added that a pooler may refuse.
func ownSettings(config *pgx.ConnConfig) []string {
	var own []string
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
			if name != "application_name" && name != "timezone" { // every pooler knows these
				own = append(own, name)
			}
		}
	}
	slices.Sort(own)
	return own
}

func notThere(err error) error {
	return fault.Wrap(err, fault.Unavailable, "PostgreSQL does not answer at database.url. Check that it runs and that user, password and database are right.")
}

// checkPostgres refuses a server on which an acknowledged write may be lost.
func checkPostgres(ctx context.Context, pool *sql.DB, o Options) error {
	var version, fsync, commit, fullPages string
	err := pool.QueryRowContext(ctx, `SELECT current_setting('server_version_num'), current_setting('fsync'),
		current_setting('synchronous_commit'), current_setting('full_page_writes')`).Scan(&version, &fsync, &commit, &fullPages)
	if err != nil {
		return notThere(err)
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
