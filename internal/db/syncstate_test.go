package db_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/db"
)

// A database whose index sorts in another way, as after a library update under
// PostgreSQL, must not make snapshots with holes.
func TestRowsOutOfOrderAreRefused(t *testing.T) {
	type key struct{ table, pk string }
	for name, c := range map[string]struct {
		after key
		rows  []key
		fails bool
	}{
		"in order":                    {rows: []key{{"kv", "a"}, {"kv", "b"}, {"posts", "a"}}},
		"after a key":                 {rows: []key{{"kv", "B"}, {"kv", "a"}}, after: key{"kv", "A"}},
		"keys the other way round":    {rows: []key{{"kv", "a"}, {"kv", "B"}}, fails: true},
		"a row twice":                 {rows: []key{{"kv", "a"}, {"kv", "a"}}, fails: true},
		"tables the other way round":  {rows: []key{{"posts", "a"}, {"kv", "b"}}, fails: true},
		"a row of the page before it": {rows: []key{{"kv", "a"}}, after: key{"kv", "a"}, fails: true},
	} {
		var err error
		next := db.InKeyOrder(c.after.table, c.after.pk)
		for _, k := range c.rows {
			if err == nil {
				err = next(&db.Row{Table: []byte(k.table), PK: []byte(k.pk)})
			}
		}
		if (err != nil) != c.fails || err != nil && !strings.Contains(err.Error(), "the database gave the row") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
