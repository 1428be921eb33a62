package db

import (
	"context"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
)

// For the tests of opening.
var (
	OlderThan  = olderThan
	SQLitePath = sqlitePath
)

// Checkpoint runs one round of the checkpointer and gives the log's size.
func Checkpoint(ctx context.Context, d *DB, path string, before int64) int64 {
	c := checkpointer{db: d.writer.DB, wal: path + "-wal", log: slog.New(slog.DiscardHandler)}
	return c.once(ctx, before)
}

// InKeyOrder gives what refuses rows out of order after a key.
func InKeyOrder(table, pk string) func(*Row) error {
	o := keyOrder{table: []byte(table), pk: []byte(pk)}
	return o.next
}

// PushPlans gives PostgreSQL's plans of the statements of the push path, by
// their names, as it makes them once for all values.
func (d *DB) PushPlans(ctx context.Context) (map[string]string, error) {
	w, err := d.SyncWriter(ctx)
	if err != nil {
		return nil, err
	}
	plans := map[string]string{}
	return plans, w.onConnection(ctx, func(ctx context.Context, conn *pgx.Conn, _ func(string) error) error {
		if _, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan"); err != nil {
			return err
		}
		for _, b := range []*batch{w.lockHeads, w.openHeads, w.lookUp, w.rowPayloads, w.insertSuperseded, w.writeAll, w.lockListed, w.changeListed} {
			nulls := strings.TrimSuffix(strings.Repeat("NULL,", strings.Count(b.text, "[]")), ",")
			rows, err := conn.Query(ctx, "EXPLAIN EXECUTE "+b.name+"("+nulls+")")
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			plans[b.name] = strings.Join(lines, "\n")
		}
		return nil
	})
}
