package sim

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/uptrace/bun"
)

var errNoRows = sql.ErrNoRows

func marshal(v any) ([]byte, error) { return json.Marshal(v) }

// saved is a copy of the database, and of the model at that time.
type saved struct {
	tables map[string][]map[string]any
	model  *Model
	leases map[string]lease
	lives  []life
}

// life is a history the database has had, and the head it began from.
type life struct {
	id, before string
	base       int64
	discard    bool
}

// synced are the tables that a copy brings back, children last.
var synced = []string{"sync_heads", "sync_rows", "change_log", "superseded_ops", "device_cursors", "sync_histories", "collections", "blobs", "listed_files"}

// save puts a copy of the database aside.
func (w *World) save() error {
	s := &saved{tables: map[string][]map[string]any{}, model: w.model.Clone(), leases: maps.Clone(w.leases), lives: w.lives}
	for _, table := range synced {
		var rows []map[string]any
		if err := w.d.Read().NewRaw(`SELECT * FROM `+table).Scan(w.ctx, &rows); err != nil {
			return err
		}
		s.tables[table] = rows
	}
	w.saved = append(w.saved, s)
	w.say("a copy is made at %d", w.model.Head)
	return nil
}

// restore brings a copy back, as or3 restore does: the history changes.
func (w *World) restore() error {
	if len(w.saved) == 0 {
		return nil
	}
	s := pick(w, w.saved)
	discard := w.rand.IntN(3) == 0
	w.knife = knife{commits: w.knife.commits}
	err := w.d.Write(w.ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, table := range synced {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
			for _, row := range s.tables[table] {
				if _, err := tx.NewInsert().Model(&row).TableExpr(table).Exec(ctx); err != nil {
					return fmt.Errorf("%s: %w", table, err)
				}
			}
		}
		// The setting of a copy is the copy's.
		_, err := tx.ExecContext(ctx, `UPDATE settings SET value = '`+strings.ReplaceAll(s.model.Life, "'", "")+`' WHERE key = 'sync_history_id'`)
		return err
	})
	if err != nil {
		return err
	}
	for _, e := range w.model.Log[min(int(s.model.Head), len(w.model.Log)):] {
		if discard {
			w.ledger.dropped.raise(e.key(), rankOf(e.Change))
		}
	}
	w.model, w.leases, w.lives = s.model.Clone(), maps.Clone(s.leases), s.lives
	before := w.model.Life
	w.model.Life, err = w.e.RenewHistory(w.ctx, discard)
	w.lives = append(w.lives[:len(w.lives):len(w.lives)], life{w.model.Life, before, w.model.Head, discard})
	w.say("the copy of %d is put back (discard what is newer: %v)", s.model.Head, discard)
	w.counts["restored"]++
	return err
}

// base gives the lowest head since a history, and whether what is newer goes.
func (w *World) base(known string, head int64) (base int64, discard bool) {
	if known == "" || known == w.model.Life {
		return head, false
	}
	base = head
	for i := len(w.lives) - 1; i >= 0; i-- {
		l := w.lives[i]
		base, discard = min(base, l.base), discard || l.discard
		if l.before == known {
			return base, discard
		}
	}
	return 0, false
}
