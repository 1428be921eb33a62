package db

import (
	"context"
	"database/sql"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Step names a migration by what is in it, so that two databases can be
// compared: the same name with another checksum is another step.
type Step struct {
	Name     string `json:"name"`
	Checksum string `json:"checksum"`
}

// TableInfo is one table of the program: its name and columns, as they are in
// a database.
type TableInfo struct {
	Name    string
	Columns []string
}

var createsTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// tableNames are all tables that the migrations make, parents before the
// tables that refer to them. Other people's tables in the same PostgreSQL
// schema are not among them.
func tableNames() ([]string, error) {
	files, err := fs.Glob(migrationFiles, "migrations/*.up.sql")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	var names []string
	for _, file := range files {
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, found := range createsTable.FindAllSubmatch(text, -1) {
			if name := string(found[1]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// rowsQuerier is a transaction or a pool.
type rowsQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// tablesIn lists the program's tables that a database has, parents first.
func (d *DB) tablesIn(ctx context.Context, q rowsQuerier) ([]TableInfo, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
	if d.dialect == Postgres {
		query = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, Fault(err, "listing tables")
	}
	defer func() { _ = rows.Close() }()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, Fault(err, "listing tables")
		}
		columns[table] = append(columns[table], column)
	}
	if err := rows.Err(); err != nil {
		return nil, Fault(err, "listing tables")
	}
	names, err := tableNames()
	if err != nil {
		return nil, err
	}
	var tables []TableInfo
	for _, name := range names {
		if has := columns[name]; len(has) > 0 {
			tables = append(tables, TableInfo{Name: name, Columns: has})
		}
	}
	return tables, nil
}

// KnowsSteps tells whether this program has all of the steps, unchanged; if
// not, it names the first that it lacks.
func (d *DB) KnowsSteps(steps []Step) (missing string, err error) {
	own, err := d.steps(nil)
	if err != nil {
		return "", err
	}
	for _, s := range steps {
		if !slices.ContainsFunc(own, func(m Migration) bool { return m.Name == s.Name && m.checksum == s.Checksum }) {
			return s.Name, nil
		}
	}
	return "", nil
}
