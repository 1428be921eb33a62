package engine_test

import (
	"testing"

	"or3.cloud/or3/sync/wire"
)

func in(group string, o wire.Op) wire.Op {
	o.Atomic = group
	return o
}

func bad(n int) wire.Op {
	o := thread(n, "bad", 1)
	o.Payload = []byte(`{"id":"bad"}`)
	return o
}

func TestAnAtomicGroupAppliesAllOrNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(ann, in("a", thread(1, "t1", 1)), thread(2, "t2", 1), in("a", bad(3)), in("a", thread(4, "t4", 1)), in("b", thread(5, "t5", 1))),
			"rejected conflict atomic, applied 1, rejected validation_error status, rejected conflict atomic, applied 2")
		w.wantSeen(w.pull(ann, 0, 10), "1 put threads/t2, 2 put threads/t5, → 2")
	})
}

func TestAnAtomicGroupFallsByWhatOnlyTheStoredRowsTell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 5))
		// The second op is refused for its clock, which its first op does not reach.
		w.wantStatuses(w.push(ann, in("a", thread(2, "t1", 6)), in("a", thread(3, "t1", 1_000_007)), thread(4, "t1", 7)),
			"rejected conflict atomic, rejected validation_error clock, applied 2")
	})
}

func TestSupersededMembersDoNotFailTheirGroup(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(9, "t1", 5))
		w.wantStatuses(w.push(ann, in("a", thread(1, "t1", 1)), in("a", thread(2, "t2", 1))), "superseded by 09, applied 2")
	})
}

func TestWhatAFallenGroupHidFromItsNeighboursIsDecidedAnew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		// While the group stood, its clock of 5 beat the neighbour's 3.
		w.wantStatuses(w.push(ann, in("a", thread(1, "t1", 5)), thread(2, "t1", 3), in("a", bad(3))),
			"rejected conflict atomic, applied 1, rejected validation_error status")
	})
}

func TestAGroupThatFallsMayTakeAnotherWithIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		// Group b stands on the clock that only group a would have brought.
		w.wantStatuses(w.push(ann, in("a", thread(1, "t1", 900_000)), in("b", thread(2, "t1", 1_500_000)), in("b", thread(3, "t3", 1)), in("a", bad(4))),
			"rejected conflict atomic, rejected validation_error clock, rejected conflict atomic, rejected validation_error status")
	})
}

func TestAReplayedGroupIsReplayed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		group := []wire.Op{in("a", thread(1, "t1", 1)), in("a", thread(2, "t2", 1))}
		w.wantStatuses(w.push(ann, group...), "applied 1, applied 2")
		w.wantStatuses(w.push(ann, group...), "replayed 1, replayed 2")
		// What took effect stays so, although a new member of the group is refused.
		w.wantStatuses(w.push(ann, append(group, in("a", bad(3)), in("a", thread(4, "t4", 1)))...),
			"replayed 1, replayed 2, rejected validation_error status, rejected conflict atomic")
	})
}

func TestAPageNeverSplitsAGroup(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1), in("a", thread(2, "t2", 1)), thread(3, "t3", 1), in("a", thread(4, "t4", 1)), thread(5, "t5", 1),
			in("b", thread(6, "t6", 1)), in("b", thread(7, "t7", 1)))
		w.wantSeen(w.pull(ann, 0, 1), "1 put threads/t1, → 1 and more")
		w.wantSeen(w.pull(ann, 0, 2), "1 put threads/t1, 2 put threads/t2, 3 put threads/t3, 4 put threads/t4, → 4 and more")
		w.wantSeen(w.pull(ann, 1, 1), "2 put threads/t2, 3 put threads/t3, 4 put threads/t4, → 4 and more")
		w.wantSeen(w.pull(ann, 4, 1), "5 put threads/t5, → 5 and more")
		w.wantSeen(w.pull(ann, 5, 1), "6 put threads/t6, 7 put threads/t7, → 7")
	})
}

func TestGroupsThatInterleaveAreKeptTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, in("a", thread(1, "t1", 1)), in("b", thread(2, "t2", 1)), in("a", thread(3, "t3", 1)), in("b", thread(4, "t4", 1)), thread(5, "t5", 1))
		w.wantSeen(w.pull(ann, 0, 1), "1 put threads/t1, 2 put threads/t2, 3 put threads/t3, 4 put threads/t4, → 4 and more")
	})
}

func TestAGroupOfAHundredOverrunsAPageByNinetyNine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ops []wire.Op
		for n := range 100 {
			ops = append(ops, in("a", kv(n, opID(n), "x", 1)))
		}
		w.push(ann, ops...)
		w.push(ann, thread(100, "t1", 1))
		if r := w.pull(ann, 0, 1); len(r.Changes) != 100 || r.NextCursor != 100 || !r.HasMore {
			t.Errorf("a page of 1 has %d changes up to %d, want the whole group of 100", len(r.Changes), r.NextCursor)
		}
		if r := w.pull(ann, 100, 1); len(r.Changes) != 1 || r.HasMore {
			t.Errorf("the next page is %s", seen(r))
		}
	})
}
