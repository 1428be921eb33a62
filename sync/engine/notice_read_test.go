package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Whoever goes back meets every notice once, also those of one second, and what
// comes meanwhile moves nothing.
func TestNoticesAreReadPartByPart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		notice := func(user, id string, at int64) wire.Op {
			return newOp(fmt.Sprintf(`{"id":%q,"user_id":%q,"type":"mention","title":"About %s","created_at":%d,"updated_at":%d}`, id, user, id, at, at), wire.Notifications, id, 1)
		}
		const second = 1764288000
		w.push(ann, notice(ann.UserID, "n7", second), notice(ann.UserID, "n6", second), notice(ann.UserID, "n9", second-1), notice(ann.UserID, "n5", second), notice(ann.UserID, "n8", second+1))
		w.push(bob, notice(bob.UserID, "m1", second))
		read := func(before string) ([]string, engine.NoticePage) {
			t.Helper()
			page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID, Before: before, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, n := range page.Notices {
				ids = append(ids, n.ID)
			}
			return ids, page
		}
		ids, page := read("")
		// ui/client/test/notice_cursor.test.ts has the same address.
		if !slices.Equal(ids, []string{"n8", "n7"}) || page.Total != 5 || !page.Latest || page.Earlier != "MTc2NDI4ODAwMAAAbjc" {
			t.Errorf("the latest are %v of %+v", ids, page)
		}
		w.push(ann, notice(ann.UserID, "n0", second+9))
		ids, page = read(page.Earlier)
		if !slices.Equal(ids, []string{"n6", "n5"}) || page.Total != 6 || page.Latest || page.Earlier == "" {
			t.Errorf("then come %v of %+v", ids, page)
		}
		last := page.Earlier
		if ids, page = read(last); !slices.Equal(ids, []string{"n9"}) || page.Earlier != "" {
			t.Errorf("the first are %v of %+v", ids, page)
		}
		if err := w.e.ClearNotices(t.Context(), ann, "w1"); err != nil {
			t.Fatal(err)
		}
		w.push(ann, notice(ann.UserID, "n1", second+10))
		if ids, page = read(last); !slices.Equal(ids, []string{"n1"}) || !page.Latest {
			t.Errorf("a place that has gone leads to %v of %+v", ids, page)
		}
		for _, broken := range []string{"!", "MTc2", "AAAA"} {
			if _, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID, Before: broken}); !fault.Is(err, fault.Invalid) {
				t.Errorf("the place %q gives %v", broken, err)
			}
		}
	})
}

// Devices write what a notice offers, so it may be anything.
func TestANoticeNamesTheRowWhoseHistoryHasWhatDidNotStand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := map[string]string{
			`[{"id":"bring-back","kind":"history","target":"posts","data":"p1"}]`:   "posts p1",
			`[7,null,"x",{"kind":"other"},{"kind":"history","target":5,"data":{}}]`: " ",
			`[{"kind":"history","target":"posts"}]`:                                 "posts ",
		}
		n := 0
		for actions, row := range want {
			n++
			id := fmt.Sprintf("a%d", n)
			w.push(ann, newOp(fmt.Sprintf(`{"id":%q,"user_id":%q,"type":"sync.conflict","title":%q,"actions":%s,"created_at":5,"updated_at":5}`, id, ann.UserID, row, actions), wire.Notifications, id, 1))
		}
		page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID})
		if err != nil || len(page.Notices) != len(want) {
			t.Fatalf("%d notices, %v", len(page.Notices), err)
		}
		for _, notice := range page.Notices {
			if got := notice.Table + " " + notice.PK; got != notice.Title {
				t.Errorf("the notice names the row %q, want %q", got, notice.Title)
			}
		}
	})
}

// A notice leads to a page of this server or nowhere, whatever a device wrote.
func TestANoticeLeadsToThisServerAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for target, want := range map[string]string{
			`"/w/w1/x/acme?a=b#c"`: "/w/w1/x/acme?a=b#c", `"https://evil.example"`: "", `"//evil.example"`: "", `"/\\evil.example"`: "", `"/a b"`: "", `5`: "", `""`: "", `"javascript:x"`: "",
		} {
			id := uuid.NewString()
			payload := fmt.Sprintf(`{"id":%q,"user_id":%q,"type":"x","title":"x","actions":[{"kind":"navigate","target":%s}],"created_at":1,"updated_at":1}`, id, ann.UserID, target)
			if _, _, err := w.e.PutRow(t.Context(), ann, "w1", wire.Notifications, id, []byte(payload)); err != nil {
				t.Fatal(err)
			}
			page, err := w.e.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: "w1", UserID: ann.UserID})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range page.Notices {
				if n.ID == id && n.Link != want {
					t.Errorf("%s leads to %q, want %q", target, n.Link, want)
				}
			}
		}
	})
}
