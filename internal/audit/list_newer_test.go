package audit_test

import (
	"fmt"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func TestTheLogIsReadBackToNewerPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		for i := 1; i <= 7; i++ {
			record(t, t.Context(), log, audit.Entry{Action: "member.added", WorkspaceID: fmt.Sprintf("w%d", i%2)})
		}
		read := func(f audit.Filter, than string) (string, bool) {
			t.Helper()
			page, newest, err := log.ListNewer(t.Context(), f, than)
			if err != nil {
				t.Fatal(err)
			}
			seqs := page.Next + ":"
			for _, e := range page.Entries {
				seqs += fmt.Sprint(" ", e.Seq)
			}
			return seqs, newest
		}
		for _, c := range []struct {
			than   string
			filter audit.Filter
			want   string
			newest bool
		}{
			{"1", audit.Filter{Limit: 3}, "2: 4 3 2", false},
			{"4", audit.Filter{Limit: 3}, "5: 7 6 5", true},
			{"7", audit.Filter{Limit: 3}, ":", true},
			{"1", audit.Filter{Limit: 2, WorkspaceID: "w1"}, "3: 5 3", false},
			{"3", audit.Filter{Limit: 2, WorkspaceID: "w1"}, "5: 7 5", true},
		} {
			if got, newest := read(c.filter, c.than); got != c.want || newest != c.newest {
				t.Errorf("newer than %s: %q newest %v, want %q %v", c.than, got, newest, c.want, c.newest)
			}
		}
		for _, bad := range []string{"x", "-1", "0"} {
			if _, _, err := log.ListNewer(t.Context(), audit.Filter{}, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("marker %q: %v", bad, err)
			}
		}
	})
}
