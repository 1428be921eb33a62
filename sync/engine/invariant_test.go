package engine_test

import (
	"fmt"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// sound checks what must hold of the tables after anything: versions 1…head,
// each row as its last change left it and no row without one, no op in both
// the log and among the losers.
func (w *world) sound(workspaceID string) {
	w.t.Helper()
	var head int64
	w.must(w.d.Read().NewRaw(`SELECT COALESCE(max(value), 0) FROM sync_heads WHERE workspace_id = ?`, workspaceID).Scan(w.t.Context(), &head))
	var changes []db.Change
	w.must(w.d.Read().NewSelect().Model(&changes).Where("workspace_id = ?", workspaceID).Order("server_version").Scan(w.t.Context()))
	if int64(len(changes)) != head {
		w.t.Errorf("the head of %s is %d, the log has %d", workspaceID, head, len(changes))
	}
	last := map[string]db.Change{}
	for i, c := range changes {
		if c.ServerVersion != int64(i+1) {
			w.t.Fatalf("version %d stands at place %d", c.ServerVersion, i+1)
		}
		key := c.TableName + "/" + c.PK
		if before, ok := last[key]; ok && before.OwnerUserID == c.OwnerUserID && rankOf(before).Compare(rankOf(c)) >= 0 {
			w.t.Errorf("version %d of %s does not outrank version %d", c.ServerVersion, key, before.ServerVersion)
		}
		last[key] = c
	}
	var rows []db.SyncRow
	w.must(w.d.Read().NewSelect().Model(&rows).Where("workspace_id = ?", workspaceID).Scan(w.t.Context()))
	if len(rows) != len(last) {
		w.t.Errorf("there are %d rows and changes of %d", len(rows), len(last))
	}
	for _, r := range rows {
		c := last[r.TableName+"/"+r.PK]
		want := fmt.Sprint(c.ServerVersion, c.OpID, c.Clock, c.HLC, c.DeviceID, c.UserID, c.OwnerUserID, c.Op == "delete", text(c.Payload))
		if got := fmt.Sprint(r.ServerVersion, r.OpID, r.Clock, r.HLC, r.DeviceID, r.UserID, r.OwnerUserID, r.Deleted != 0, text(r.Payload)); got != want {
			w.t.Errorf("row %s/%s is %s, its last change %s", r.TableName, r.PK, got, want)
		}
	}
	var both int
	w.must(w.d.Read().NewRaw(`SELECT count(*) FROM change_log AS c JOIN superseded_ops AS s ON s.workspace_id = c.workspace_id AND s.op_id = c.op_id
		WHERE c.workspace_id = ?`, workspaceID).Scan(w.t.Context(), &both))
	if both != 0 {
		w.t.Errorf("%d ops have won and lost", both)
	}
}

func rankOf(c db.Change) wire.Rank {
	return wire.Rank{Clock: c.Clock, Delete: c.Op == "delete", HLC: c.HLC, OpID: c.OpID}
}

func text(s *string) string {
	if s == nil {
		return "NULL"
	}
	return *s
}

// A statement of the push path may fail at any place; then nothing of the push
// is there, and the next one finds everything in order.
func TestAFailureAtAnyStatementLeavesNothingHalfWritten(t *testing.T) {
	for _, place := range []string{"INSERT ON change_log", "INSERT ON sync_rows", "INSERT ON superseded_ops", "UPDATE ON sync_heads"} {
		t.Run(place, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.push(ann, thread(1, "t1", 5))
				w.fail(place)
				r, err := w.e.Push(t.Context(), ann, wire.PushRequest{WorkspaceID: "w1", Ops: []wire.Op{thread(2, "t1", 4), thread(3, "t3", 1), in("a", thread(4, "t1", 6)), in("a", thread(5, "t5", 1))}})
				if err != nil {
					t.Fatal(err)
				}
				failed := 0
				for _, res := range r.Results {
					if res.Error != nil && res.Error.Code == fault.Internal {
						failed++
					}
				}
				if failed == 0 {
					t.Errorf("nothing failed: %s", statuses(r))
				}
				w.sound("w1")
				w.mend()
				w.push(ann, thread(2, "t1", 4), thread(3, "t3", 1), in("a", thread(4, "t1", 6)), in("a", thread(5, "t5", 1)))
				w.sound("w1")
				if r := w.pull(ann, 0, 10); r.NextCursor != 4 {
					t.Errorf("after mending it there is %s, want 4 changes", seen(r))
				}
			})
		})
	}
}

// fail makes the database refuse a kind of statement from now on.
func (w *world) fail(place string) {
	if w.d.Dialect() == db.SQLite {
		w.exec(`CREATE TRIGGER failing BEFORE ` + place + ` BEGIN SELECT RAISE(ABORT, 'failing'); END`)
		return
	}
	w.exec(`CREATE FUNCTION failing() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'failing'; END $$ LANGUAGE plpgsql`)
	w.exec(`CREATE TRIGGER failing BEFORE ` + place + ` FOR EACH ROW EXECUTE FUNCTION failing()`)
}

func (w *world) mend() {
	if w.d.Dialect() == db.SQLite {
		w.exec(`DROP TRIGGER failing`)
		return
	}
	w.exec(`DROP FUNCTION failing() CASCADE`)
}
