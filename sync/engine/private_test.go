package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func (w *world) wantFault(err error, kind fault.Kind) *fault.Error {
	w.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind {
		w.t.Fatalf("got %v, want a %s", err, kind)
	}
	return f
}

func (w *world) pushErr(a engine.Actor, ops ...wire.Op) error {
	_, err := w.e.Push(w.t.Context(), a, wire.PushRequest{WorkspaceID: "w1", Ops: ops})
	return err
}

func TestAPersonsRowsAreSeenByThemAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := "user." + ann.UserID + ".theme"
		w.wantStatuses(w.push(ann, kv(1, mine, "dark", 1), thread(2, "t1", 1), notification(3, "n1", ann.UserID, 1)), "applied 1, applied 2, applied 3")
		w.wantSeen(w.pull(ann, 0, 10), "1 put kv/"+mine+", 2 put threads/t1, 3 put notifications/n1, → 3")
		w.wantSeen(w.pull(bob, 0, 10), "2 put threads/t1, → 3") // the cursor passes what bob does not see
		w.wantSeen(w.pull(bob, 2, 10), "→ 3")
		w.wantSeen(w.pull(bob, 0, 1), "2 put threads/t1, → 3")
		w.push(ann, remove(4, wire.Notifications, "n1", 2))
		w.wantSeen(w.pull(ann, 3, 10), "4 delete notifications/n1, → 4")
		w.wantSeen(w.pull(bob, 3, 10), "→ 4")
	})
}

func TestNobodyWritesAnotherPersonsRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		his := "user." + bob.UserID + ".theme"
		w.wantStatuses(w.push(bob, kv(1, his, "dark", 1), notification(2, "n1", bob.UserID, 1)), "applied 1, applied 2")
		w.wantStatuses(w.push(ann, thread(3, "t1", 1),
			kv(4, his, "light", 2),                 // by its name
			remove(5, wire.KV, his, 2),             //
			notification(6, "n2", bob.UserID, 1),   // by the incoming row
			notification(7, "n1", ann.UserID, 2),   // by the stored row
			remove(8, wire.Notifications, "n1", 2), // by the stored row
			notification(2, "n1", bob.UserID, 1),   // even a replay tells nothing
		), "applied 3, rejected forbidden, rejected forbidden, rejected forbidden, rejected forbidden, rejected forbidden, rejected forbidden")
		w.wantFault(w.pushErr(ann, remove(9, wire.Notifications, "n1", 2)), fault.Forbidden)
		w.wantSeen(w.pull(bob, 0, 10), "1 put kv/"+his+", 2 put notifications/n1, 3 put threads/t1, → 3")
	})
}

func TestAViewerWritesTheirOwnRowsAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := "user." + vic.UserID + ".theme"
		w.wantStatuses(w.push(vic, kv(1, mine, "dark", 1), notification(2, "n1", vic.UserID, 1), thread(3, "t1", 1), kv(4, "shared", "x", 1)),
			"applied 1, applied 2, rejected forbidden, rejected forbidden")
		w.wantStatuses(w.push(vic, remove(5, wire.Notifications, "n1", 2), remove(6, wire.KV, mine, 2)), "applied 3, applied 4")
	})
}

func TestAPushWithoutOnePermittedOpIsForbidden(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		nonsense := bad(1)
		nonsense.Table = "nonsense"
		for name, op := range map[string]wire.Op{
			"a shared row": thread(1, "t1", 1), "nonsense": nonsense, "a reserved row": kv(1, "admin.x", "1", 1),
			"a notification for nobody": notification(1, "n", "", 1), "another's notification": notification(1, "n", bob.UserID, 1),
		} {
			t.Run(name, func(t *testing.T) { w.wantFault(w.pushErr(vic, op, op), fault.Forbidden) })
		}
		w.wantFault(w.pushErr(ann, kv(1, "plugins.enabled", "[]", 1)), fault.Forbidden)
		if r := w.pull(ann, 0, 10); r.NextCursor != 0 {
			t.Errorf("something was applied: %s", seen(r))
		}
	})
}

func TestReservedRowsAreWrittenByTheServerAndPulledByAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i, name := range []string{"plugins.enabled", "plugins.settings.notes", "admin.guest_access.enabled"} {
			w.wantStatuses(w.push(ann, thread(100+i, opID(i), 1), kv(200+i, name, "x", 9), remove(300+i, wire.KV, name, 9)),
				"applied "+string(rune('1'+2*i))+", rejected forbidden, rejected forbidden")
			w.wantStatuses(w.push(robot, kv(400+i, name, "true", 1)), "applied "+string(rune('2'+2*i)))
		}
		if r := w.pull(vic, 0, 10, wire.KV); len(r.Changes) != 3 {
			t.Errorf("a viewer pulls %s, want the three rows", seen(r))
		}
	})
}

func TestTheServerMayNotifyAnyoneButMustSayWhom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(robot, notification(1, "n1", bob.UserID, 1), notification(2, "n1", ann.UserID, 2), remove(3, wire.Notifications, "n9", 1)),
			"applied 1, rejected forbidden, rejected validation_error user_id")
		w.wantSeen(w.pull(bob, 0, 10), "1 put notifications/n1, → 1")
		w.wantSeen(w.pull(ann, 0, 10), "→ 1")
		w.wantStatuses(w.push(robot, remove(4, wire.Notifications, "n1", 2)), "applied 2")
		w.wantSeen(w.pull(bob, 1, 10), "2 delete notifications/n1, → 2")
		w.wantSeen(w.pull(ann, 1, 10), "→ 2")
	})
}

func TestAMessageCannotBeWrittenInAnothersName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		message := func(n int, author string, clock int64) wire.Op {
			return wire.Op{Table: wire.Messages, Op: wire.Put, PK: "m1", Stamp: stampOf(n, clock),
				Payload: []byte(`{"id":"m1","thread_id":"t1","role":"user","index":0,"order_key":"a","author_user_id":"` + author + `","created_at":1,"updated_at":1}`)}
		}
		w.wantStatuses(w.push(bob, message(1, ann.UserID, 1)), "rejected validation_error author_user_id")
		w.wantStatuses(w.push(ann, message(2, ann.UserID, 1)), "applied 1")
		w.wantStatuses(w.push(bob, message(3, ann.UserID, 2), message(4, bob.UserID, 3), message(5, vic.UserID, 4)),
			"applied 2, applied 3, rejected validation_error author_user_id") // correcting it leaves the author
		w.wantStatuses(w.push(robot, message(6, vic.UserID, 5)), "applied 4")
	})
}

func TestAThreadCannotBeStartedInAnothersName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		thread := func(n int, pk, field, author string, clock int64) wire.Op {
			return wire.Op{Table: wire.Threads, Op: wire.Put, PK: pk, Stamp: stampOf(n, clock),
				Payload: []byte(`{"id":"` + pk + `","status":"ready","pinned":false,"` + field + `":"` + author + `","created_at":1,"updated_at":1}`)}
		}
		for i, field := range []string{"author_user_id", "author_id"} {
			pk, n := "t-"+field[7:9], 10*i
			w.wantStatuses(w.push(bob, thread(n+1, pk, field, ann.UserID, 1)), "rejected validation_error "+field)
			w.wantStatuses(w.push(ann, thread(n+2, pk, field, ann.UserID, 1)), fmt.Sprintf("applied %d", 4*i+1))
			w.wantStatuses(w.push(bob, thread(n+3, pk, field, ann.UserID, 2), thread(n+4, pk, field, bob.UserID, 3), thread(n+5, pk, field, vic.UserID, 4)),
				fmt.Sprintf("applied %d, applied %d, rejected validation_error %s", 4*i+2, 4*i+3, field)) // renaming it leaves who started it
			w.wantStatuses(w.push(robot, thread(n+6, pk, field, vic.UserID, 5)), fmt.Sprintf("applied %d", 4*i+4))
		}
	})
}

// A viewer whose clock is ahead dismisses a notification: the device can mend
// its clock only if it is told that this is what is wrong.
func TestAViewerWithAFastClockIsToldSoAndCanDismissANotification(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(robot, notification(1, "n1", vic.UserID, 1))
		early := remove(2, wire.Notifications, "n1", 2)
		early.Stamp.HLC = wire.HLC{Millis: now + 3_600_000, Node: "a"}.String()
		w.wantStatuses(w.push(vic, early), "rejected validation_error hlc")
		w.wantStatuses(w.push(vic, remove(2, wire.Notifications, "n1", 2)), "applied 2")
	})
}

// Ids of notices may be known before there is a notice: whoever deletes one that
// never was must not keep it from its person.
func TestWhoDeletesANotificationThatNeverWasTakesItsIDFromNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.wantStatuses(w.push(vic, remove(1, wire.Notifications, "n1", 999_999), remove(2, wire.Notifications, "n2", 1), remove(3, wire.Notifications, "n3", 1)),
			"applied 1, applied 2, applied 3")
		w.wantSeen(w.pull(vic, 0, 10), "1 delete notifications/n1, 2 delete notifications/n2, 3 delete notifications/n3, → 3")
		w.wantStatuses(w.push(vic, remove(2, wire.Notifications, "n2", 1)), "replayed 2")
		w.wantStatuses(w.push(ann, notification(4, "n1", ann.UserID, 1)), "applied 4")
		w.wantSeen(w.pull(ann, 0, 10), "4 put notifications/n1, → 4")
		w.wantStatuses(w.push(ann, notification(5, "n1", ann.UserID, 2)), "applied 5")
		w.wantFault(w.pushErr(vic, remove(6, wire.Notifications, "n1", 3)), fault.Forbidden)
		if err := w.e.Tell(t.Context(), "w1", ann.UserID, engine.Notice{ID: "n2", Type: "system.warning", Title: "Told"}); err != nil {
			t.Fatal(err)
		}
		w.wantSeen(w.pull(ann, 5, 10), "6 put notifications/n2, → 6")
		// One's own deletion stands, and what was once there stays its person's when it is deleted.
		w.wantStatuses(w.push(vic, notification(7, "n3", vic.UserID, 1), notification(8, "n3", vic.UserID, 2), remove(9, wire.Notifications, "n3", 3)),
			"superseded by 03, applied 7, applied 8")
		w.wantFault(w.pushErr(bob, notification(10, "n3", bob.UserID, 9)), fault.Forbidden)
	})
}

func TestAnIDThatNamesAPersonIsTheirsAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		anns := "user." + ann.UserID + ".conflict.1"
		w.wantFault(w.pushErr(bob, notification(1, anns, bob.UserID, 1)), fault.Forbidden)
		w.wantFault(w.pushErr(bob, remove(2, wire.Notifications, anns, 1)), fault.Forbidden)
		w.wantStatuses(w.push(ann, notification(3, anns, ann.UserID, 1)), "applied 1")
	})
}
