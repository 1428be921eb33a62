package engine_test

import (
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func (w *world) cursor(a engine.Actor, device string, version int64) error {
	_, err := w.e.UpdateCursor(w.t.Context(), a, wire.CursorRequest{WorkspaceID: "w1", DeviceID: device, Version: version})
	return err
}

// from is an op as another device than the usual one makes it.
func from(device string, op wire.Op) wire.Op {
	op.Stamp.DeviceID = device
	return op
}

// Ids of devices are in every change, so a fellow member can be quicker to name
// one than whom it belongs to.
func TestWhoNamesSomebodyElsesDeviceFirstTakesNothingFromThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, from("anns", thread(1, "t1", 1)), from("anns", thread(2, "t2", 1)))
		w.push(bob, from("anns", thread(3, "t3", 1)))
		w.millis.Add(2000)
		for _, said := range []struct {
			by      engine.Actor
			version int64
		}{{vic, 2}, {ann, 1}, {bob, 3}} { // vic never wrote from it, but nobody had spoken for it
			if err := w.cursor(said.by, "anns", said.version); err != nil {
				t.Fatal(said.by.UserID, err)
			}
		}
		w.wantFault(w.cursor(robot, "anns", 1), fault.Forbidden)
		// What others say of it moves nothing: it still needs what lies above 1.
		if _, err := w.e.CollectChangeLog(t.Context(), robot, wire.CollectRequest{WorkspaceID: "w1", RetentionSeconds: 1}); err != nil {
			t.Fatal(err)
		}
		if r := w.pull(ann, 1, 10); r.ResetRequired || len(r.Changes) != 2 || r.TombstoneFloor != 1 {
			t.Errorf("the device is left with %s above %d", seen(r), r.TombstoneFloor)
		}
		if err := w.cursor(ann, "anns", 2); err != nil {
			t.Fatal(err)
		}
		w.wantFault(w.cursor(ann, "anns", 1), fault.Conflict)
	})
}
