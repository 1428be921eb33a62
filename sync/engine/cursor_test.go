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

// Ids of devices are in every change, so a fellow member can write under one:
// that takes nothing from whom the device belongs to.
func TestADeviceStaysWithWhoNamedItFirstWhoeverWritesWithIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		if err := w.cursor(vic, "laptop", 1); err != nil { // a device that only reads
			t.Fatal(err)
		}
		w.push(bob, thread(2, "t2", 1)) // from "laptop", as all ops here
		w.wantFault(w.cursor(ann, "laptop", 2), fault.Forbidden)
		w.wantFault(w.cursor(bob, "laptop", 2), fault.Forbidden)
		w.wantFault(w.cursor(robot, "laptop", 2), fault.Forbidden)
		if err := w.cursor(vic, "laptop", 1); err != nil { // nobody raised it meanwhile
			t.Fatal(err)
		}
		if err := w.cursor(vic, "laptop", 2); err != nil {
			t.Fatal(err)
		}
		w.wantFault(w.cursor(vic, "laptop", 1), fault.Conflict)
	})
}
