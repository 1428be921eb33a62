package db_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/db/dbtest"
)

// What a push asks PostgreSQL is planned once, maybe while the tables are empty;
// the plan must be right for full ones.
func TestAPushFindsItsRowsByKeyHoweverFullTheTablesAre(t *testing.T) {
	d := dbtest.Open(t, dbtest.PostgresURL(t))
	plans, err := d.PushPlans(t.Context())
	if err != nil || len(plans) != 8 {
		t.Fatalf("%d plans, %v", len(plans), err)
	}
	for name, plan := range plans {
		for _, table := range []string{"change_log", "superseded_ops", "sync_rows", "sync_heads", "workspaces", "blobs", "listed_files"} {
			if strings.Contains(plan, "Seq Scan on "+table) {
				t.Errorf("%s reads the whole of %s:\n%s", name, table, plan)
			}
		}
		if name == "or3_look_up" && strings.Count(plan, "Index Cond: (ROW(") != 3 {
			t.Errorf("%s does not look into three indexes by their keys:\n%s", name, plan)
		}
	}
}
