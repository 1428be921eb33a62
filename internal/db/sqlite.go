package db

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"or3.cloud/or3/internal/fault"
)

// Before 3.51.3 a database in WAL mode with two connections, which is what
// this is, can become corrupt.
const oldestSQLite = "3.51.3"

// The busy timeout must come before every other pragma: setting WAL takes a lock.
// The writer's cache (KiB) holds what one transaction of many pushes changes; with
// SQLite's own 2 MiB such pages would be written to the log twice. What a part of
// a transaction would have to take back is remembered in memory (temp_store), not
// in a file of its own.
const (
	writerPragmas = "_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_pragma=wal_autocheckpoint(16000)&_pragma=cache_size(-8000)&_pragma=temp_store(2)&_pragma=journal_size_limit(67108864)"
	readerPragmas = "_txlock=deferred&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)&_pragma=query_only(1)"
	// A checkpoint that cannot have its lock soon is tried again later.
	checkpointPragmas = "_pragma=busy_timeout(50)&_pragma=synchronous(FULL)&_pragma=trusted_schema(0)&_pragma=wal_autocheckpoint(0)"
)

func openSQLite(ctx context.Context, o Options) (*DB, error) {
	path, err := sqlitePath(o.URL)
	if err != nil {
		return nil, err
	}
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	uri := fileURI(path)

	d := &DB{dialect: SQLite, log: o.Log, dir: filepath.Dir(path)}
	writer, err := d.openWriter(uri, o.ForTests)
	if err != nil {
		return nil, Fault(err, "opening the database")
	}
	writer.SetMaxOpenConns(1)
	writer.SetMaxIdleConns(1)
	if err := checkSQLite(ctx, writer); err != nil {
		closing(writer)
		return nil, err
	}
	connector, err := d.connector(uri+readerPragmas, assertPragmas("wal"))
	if err != nil {
		closing(writer)
		return nil, Fault(err, "opening the database")
	}
	reader := sql.OpenDB(connector)
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	checkpoints, err := driver.Open(uri + checkpointPragmas)
	if err != nil {
		closing(writer, reader)
		return nil, Fault(err, "opening the database")
	}
	checkpoints.SetMaxOpenConns(1)

	d.writer, d.reader = bun.NewDB(writer, sqlitedialect.New()), bun.NewDB(reader, sqlitedialect.New())
	d.close = func(d *DB) error {
		// The writer goes last: the last connection folds the log into the file.
		return errors.Join(checkpoints.Close(), d.reader.Close(), d.writer.Close())
	}
	// The index of the log, which is made with the first connection; it holds no
	// data, but nobody else has any business with it.
	if err := os.Chmod(path+"-shm", 0o600); err != nil && !os.IsNotExist(err) {
		o.Log.WarnContext(ctx, "the mode of the log's index could not be set", "error", err)
	}
	c := checkpointer{db: checkpoints, wal: path + "-wal", log: o.Log}
	d.start(c.run)
	return d, nil
}

func (d *DB) openWriter(uri string, test ForTests) (*sql.DB, error) {
	name, check := uri+writerPragmas, assertPragmas("wal")
	if d.hasty = test.Hasty; d.hasty {
		name, check = strings.Replace(name, "synchronous(FULL)", "synchronous(OFF)", 1), nil
	}
	connector, err := d.connector(name, check)
	if err != nil {
		return nil, err
	}
	return test.pool(sql.OpenDB(connector), func() (sqldriver.Connector, error) { return connector, nil })
}

func (d *DB) connector(name string, check func(*sqlite3.Conn) error) (sqldriver.Connector, error) {
	plain, err := new(driver.SQLite).OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return &sqliteConnector{Connector: plain, check: check, statements: &d.statements}, nil
}

// fileURI names the file for the driver, and as the one whose mode the log is
// to have: left alone, the log could be read by everybody.
func fileURI(path string) string {
	file := filepath.ToSlash(path)
	if runtime.GOOS == "windows" {
		file = "/" + file
	}
	return (&url.URL{Scheme: "file", Path: file}).String() + "?modeof=" + strings.ReplaceAll(url.QueryEscape(path), "+", "%20") + "&"
}

// SQLiteFile is the absolute path of the file behind a database URL, "" when
// the URL is not SQLite's.
func SQLiteFile(url string) (string, error) {
	if !strings.HasPrefix(url, "sqlite://") {
		return "", nil
	}
	return sqlitePath(url)
}

// sqlitePath takes the absolute path out of sqlite://<path>.
func sqlitePath(raw string) (string, error) {
	path := strings.TrimPrefix(raw, "sqlite://")
	path, _, query := strings.Cut(path, "?")
	if path == "" || query || strings.Contains(path, ":memory:") || strings.ContainsRune(path, 0) {
		return "", fault.Field("database.url", "The database URL must be sqlite:// followed by the path of a file, without options.")
	}
	abs, err := filepath.Abs(filepath.FromSlash(path))
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "The database path cannot be made absolute.")
	}
	return abs, nil
}

// createPrivate makes the file and its directory so that nobody else can read
// them.
func createPrivate(path string) error {
	dir := filepath.Dir(path)
	if err := MakeDir(dir); err != nil {
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The data directory %s cannot be created. Check who owns its parent.", dir))
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		if isFull(err) {
			return Fault(err, "creating the database")
		}
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The database file %s cannot be opened for writing. Check its owner and mode.", path))
	}
	return file.Close()
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version string
	var tables int // reading a table opens the log, and finds out whether this is a database at all
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version(), (SELECT count(*) FROM sqlite_master)").Scan(&version, &tables); err != nil {
		if code, ok := sqliteCode(err); ok && (code.Code() == sqlite3.NOTADB || code.Code() == sqlite3.CORRUPT) {
			return fault.Wrap(err, fault.Unavailable, "The file in database.url is damaged or is no SQLite database. Name another file, or restore a backup.")
		}
		return Fault(err, "opening the database")
	}
	if olderThan(version, oldestSQLite) {
		return fault.Newf(fault.Unavailable, "SQLite %s can corrupt its log; this program needs %s or newer.", version, oldestSQLite)
	}
	return nil
}

// assertPragmas refuses a connection on which what we promise does not hold:
// an acknowledged write must be on the disk.
func assertPragmas(journal string) func(*sqlite3.Conn) error {
	return func(c *sqlite3.Conn) error {
		for pragma, want := range map[string]string{"journal_mode": journal, "synchronous": "2", "foreign_keys": "1"} {
			got, err := pragmaText(c, pragma)
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("pragma %s is %q instead of %q", pragma, got, want)
			}
		}
		return nil
	}
}

func pragmaText(c *sqlite3.Conn, name string) (string, error) {
	s, _, err := c.Prepare("PRAGMA " + name)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if !s.Step() {
		return "", s.Err()
	}
	return s.ColumnText(0), nil
}

// olderThan compares dotted version numbers.
func olderThan(version, than string) bool {
	have, want := strings.Split(version, "."), strings.Split(than, ".")
	for i := range want {
		var a int
		if i < len(have) {
			a, _ = strconv.Atoi(have[i])
		}
		b, _ := strconv.Atoi(want[i])
		if a != b {
			return a < b
		}
	}
	return false
}
