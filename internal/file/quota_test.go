package file_test

import (
	"context"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

func TestAWorkspaceDoesNotLearnWhatAnotherHas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		u := upload(1, 600)
		if err := h.commit(h.reserve(u), u); err != nil {
			t.Fatal(err)
		}
		other := u
		other.Key.Workspace, other.UserID = "w2", "u2"
		if _, err := h.Find(t.Context(), other.Key); !fault.Is(err, fault.NotFound) {
			t.Errorf("finding it: %v", err)
		}
		h.reserve(other) // has to send it
		h.uses("w2", 0, 600)
	})
}

func TestTheTicketsOfOneFileDoNotGetPastTheQuota(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		different := map[string]bool{}
		for _, kind := range []string{"image/png", "image/gif", "image/jpeg"} {
			for range 5 {
				u := upload(1, 300)
				u.MediaType = kind
				r, err := h.Reserve(t.Context(), u)
				if err != nil {
					t.Fatal(err)
				}
				different[r.Intent] = true
				u.Others = []string{r.Intent} // a device sends it
			}
		}
		if len(different) != 3 {
			t.Errorf("there are %d tickets", len(different))
		}
		h.uses("w1", 0, 900)
		u := upload(1, 300)
		for intent := range different {
			u.Others = append(u.Others, intent)
		}
		_, err := h.Reserve(t.Context(), u)
		refused(t, err, fault.QuotaExceeded, "one more while all of them are sent")
	})
}

func TestOnePersonDoesNotReserveAllThatIsLeft(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 1000)
		err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			for _, id := range []string{"u1", "u2"} {
				if err := db.InsertMember(ctx, tx, &db.Member{WorkspaceID: "w1", UserID: id, Role: "editor"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.reserve(upload(1, 300))
		h.reserve(upload(2, 200))
		_, err = h.Reserve(t.Context(), upload(3, 100))
		refused(t, err, fault.RateLimited, "more than half of it")
		h.reserve(upload(1, 300)) // again: it holds no more than before
		h.uses("w1", 0, 500)
		theirs := upload(4, 500)
		theirs.UserID = "u2"
		h.reserve(theirs)
		h.later(storage.UploadTTL)
		h.reserve(upload(5, 900)) // one file alone
		alone := upload(6, 600)
		alone.Key.Workspace = "w2"
		h.reserve(alone)
		second := upload(7, 400)
		second.Key.Workspace = "w2"
		h.reserve(second)
	})
}

func TestAThirdDeviceGoesOnWithWhatAnotherSends(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, -1)
		u := upload(1, 300)
		for range 6 {
			u.Others = append(u.Others, h.reserve(u))
		}
		slices.Sort(u.Others)
		if u.Others = slices.Compact(u.Others); len(u.Others) != 2 {
			t.Errorf("there are %d tickets", len(u.Others))
		}
		h.uses("w1", 0, 600)
	})
}

func TestNoBytesAreTakenForAFileThatIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 2000)
		mine, yours := upload(1, 600), upload(1, 600)
		yours.UserID = "u2"
		first, second := h.reserve(mine), h.reserve(yours)
		if err := h.Arriving(t.Context(), second, yours, h.clock()); err != nil {
			t.Fatal(err)
		}
		if err := h.commit(first, mine); err != nil {
			t.Fatal(err)
		}
		h.uses("w1", 600, 600)
		refused(t, h.Arriving(t.Context(), second, yours, h.clock()), fault.Conflict, "sending more of it")
		if others, err := h.Superseded(t.Context(), mine.Key); err != nil || len(others) != 1 || others[0].ID != second {
			t.Errorf("the others are %v, %v", others, err)
		}
		if err := h.commit(second, yours); err != nil {
			t.Error(err)
		}
		h.uses("w1", 600, 0)
	})
}

func TestOneFileCountsOnceHoweverManyBringIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, 2000)
		mine, yours := upload(1, 600), upload(1, 600)
		yours.UserID = "u2"
		first, second := h.reserve(mine), h.reserve(yours)
		h.uses("w1", 0, 1200) // until it is there, what each of them has sent is kept
		if err := h.commit(first, mine); err != nil {
			t.Fatal(err)
		}
		if err := h.commit(second, yours); err != nil {
			t.Fatal(err)
		}
		h.uses("w1", 600, 0)
		if err := h.Condemn(t.Context(), mine.Key); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			h.forget(mine, true)
			h.uses("w1", 0, 0)
		}
	})
}
