// Package db keeps everything the program remembers, in SQLite or PostgreSQL.
//
// It owns the connections, the migrations and every SQL statement: one file
// per noun, one function per statement, written over bun.IDB so that the same
// function works inside a transaction and on the reader. Rules live above, in
// the services.
//
// Two entrances exist. Read gives connections that cannot write. Write runs
// one transaction, on SQLite always on the single writing connection; the pushes
// of sync have a Write of their own, SyncWriter. RawReader and RawWriter give the
// same two pools without bun.
package db

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/fault"
)

// Dialect names the kind of database behind a DB.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Options say which database to open.
type Options struct {
	// URL is sqlite://<path> (relative or absolute) or postgres://….
	URL string
	// Log receives what the database does on its own; nil is silence.
	Log *slog.Logger
	// PollEvery is how often the access revision of other processes is read;
	// 0 means every 250 ms, negative means never (tools that end at once).
	PollEvery time.Duration
	// ForTests stays zero outside tests.
	ForTests ForTests
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	writer  *bun.DB
	reader  *bun.DB // the writer itself on PostgreSQL
	log     *slog.Logger
	dir     string          // of the SQLite file
	direct  *pgx.ConnConfig // of PostgreSQL, for connections of one's own
	pooled  bool            // a pooler hands out PostgreSQL's connections

	statements statements // SQLite's, of the hot paths
	group      group      // SQLite's small transactions that wait for a shared one
	hasty      bool       // SQLite never waits for the disk, in tests
	relaxed    bool       // SQLite's writer does not wait for the disk; who has its connection has this

	revision revision
	close    func(*DB) error // what the dialect must do last
	stop     context.CancelFunc
	running  sync.WaitGroup
	closed   sync.Once
	closeErr error
}

// Open opens the database, creating an SQLite file (mode 0600, its directory
// 0700) when there is none, and checks what durability depends on: SQLite's
// version and pragmas, PostgreSQL's fsync. It does not migrate.
//
// An unusable database is a *fault.Error whose words say what to do.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PollEvery == 0 {
		o.PollEvery = 250 * time.Millisecond
	}
	var d *DB
	var err error
	switch scheme, _, _ := strings.Cut(o.URL, "://"); scheme {
	case "sqlite":
		d, err = openSQLite(ctx, o)
	case "postgres", "postgresql":
		d, err = openPostgres(ctx, o)
	default:
		return nil, fault.Field("database.url", "The database URL must begin with sqlite:// or postgres://.")
	}
	if err != nil {
		return nil, err
	}
	if o.PollEvery > 0 {
		d.start(func(ctx context.Context) { d.pollRevision(ctx, o.PollEvery) })
	}
	return d, nil
}

// start runs a goroutine that Close stops and waits for.
func (d *DB) start(run func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	if before := d.stop; before != nil {
		d.stop = func() { before(); cancel() }
	} else {
		d.stop = cancel
	}
	d.running.Go(func() { run(ctx) })
}

// Dialect tells which kind of database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Read gives the connections for reading. On SQLite they refuse to write.
// Close rows before doing anything slow: an open read keeps the log from
// being folded into the file.
func (d *DB) Read() bun.IDB { return d.reader }

// RawReader is Read without bun, for statements prepared once and used often.
func (d *DB) RawReader() *sql.DB { return d.reader.DB }

// RawWriter is the pool Write takes its connection from. On SQLite the pool is
// one single connection: calling RawWriter's methods inside Write waits for ever.
func (d *DB) RawWriter() *sql.DB { return d.writer.DB }

// Ping tells whether the database answers; a lost one is an Unavailable fault.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return Fault(d.RawReader().QueryRowContext(ctx, "SELECT 1").Scan(&one), "reaching the database")
}

// Close stops the background work and closes all connections. Twice is safe.
func (d *DB) Close() error {
	d.closed.Do(func() {
		if d.stop != nil {
			d.stop()
		}
		d.running.Wait()
		d.closeErr = d.close(d)
	})
	return d.closeErr
}

// closing is a helper for the error paths of opening.
func closing(closers ...io.Closer) {
	for _, c := range closers {
		_ = c.Close()
	}
}
