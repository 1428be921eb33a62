package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"or3.cloud/or3/sync/wire"
)

func titled(n int, table wire.Table, pk, field, text string, clock int64) wire.Op {
	rest := map[wire.Table]string{
		wire.Threads: `"status":"ready","pinned":false`, wire.Projects: `"data":[]`, wire.Posts: `"content":"","post_type":"markdown"`,
		wire.FileMeta: `"kind":"file"`, wire.Notifications: `"user_id":"` + ann.UserID + `","type":"x"`,
	}[table]
	if table == wire.Projects && field != "name" {
		rest += `,"name":"P"`
	}
	return wire.Op{Table: table, Op: wire.Put, PK: pk, Stamp: stampOf(n, clock),
		Payload: fmt.Appendf(nil, `{%q:%q,%q:%q,%s,"created_at":1,"updated_at":%d}`, table.Key(), pk, field, text, rest, clock)}
}

// A title of 250 kB is no title: whoever may write could make every page of a
// workspace megabytes long.
func TestNamesThatNoPageCouldShowAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := "sha256:" + strings.Repeat("a", 64)
		for i, c := range []struct {
			table     wire.Table
			pk, field string
			most      int
		}{
			{wire.Threads, "t1", "title", 1000}, {wire.Projects, "p1", "name", 1000}, {wire.Projects, "p2", "description", 10_000},
			{wire.Posts, "d1", "title", 1000}, {wire.FileMeta, hash, "name", 1000}, {wire.Notifications, "n1", "title", 1000},
		} {
			r := w.push(ann, titled(10*i+1, c.table, c.pk, c.field, strings.Repeat("ö", c.most+1), 1), titled(10*i+2, c.table, c.pk, c.field, strings.Repeat("ö", c.most), 1))
			w.wantStatuses(r, fmt.Sprintf("rejected validation_error %s, applied %d", c.field, i+1))
			if words := r.Results[0].Error.Message; !strings.Contains(words, c.field) || !strings.Contains(words, ",000 characters") {
				t.Errorf("%s is told %q", c.field, words)
			}
		}
	})
}

// What came before there were bounds is stored, and must not stand in the way of
// whatever else is done to its row.
func TestANameThatIsTooLongAlreadyMayStay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		long := strings.Repeat("L", 5000)
		w.push(ann, titled(1, wire.Threads, "t1", "title", "short", 1), titled(2, wire.Threads, "t2", "title", "short", 1))
		w.exec(`UPDATE sync_rows SET payload = replace(payload, 'short', '` + long + `') WHERE pk = 't1'`)
		w.wantStatuses(w.push(ann,
			titled(3, wire.Threads, "t1", "title", long, 2),     // pinned, say
			titled(4, wire.Threads, "t1", "title", long+"L", 3), // not longer
			titled(5, wire.Threads, "t1", "title", long, 4),     // and again, in the same push
			titled(6, wire.Threads, "t2", "title", long, 2),     // not elsewhere
			titled(7, wire.Threads, "t1", "title", "mended", 5), //
			titled(8, wire.Threads, "t1", "title", long, 6),     // gone is gone
			remove(9, wire.Threads, "t1", 7),
		), "applied 3, rejected validation_error title, applied 4, rejected validation_error title, applied 5, rejected validation_error title, applied 6")
		w.sound("w1")
	})
}
