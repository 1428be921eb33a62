package engine_test

import (
	"fmt"
	"slices"
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

// devices lists the devices a workspace knows.
func (w *world) devices() []string {
	w.t.Helper()
	o, err := w.e.Overview(w.t.Context(), "w1")
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, d := range o.Devices {
		names = append(names, d.DeviceID)
	}
	slices.Sort(names)
	return names
}

// Whoever may only read could keep the log from ever being collected: by saying
// one cursor again and again, or that of a new device each time.
func TestAViewerWhoSaysAnOldCursorAgainHoldsNothingBackForEver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		say := func(a engine.Actor, device string, version int64) {
			t.Helper()
			if err := w.cursor(a, device, version); err != nil {
				t.Fatal(device, err)
			}
		}
		w.push(ann, thread(1, "t1", 1))
		say(vic, "same", 1)
		w.push(ann, thread(2, "t2", 1), thread(3, "t3", 1))
		say(ann, "at the end", 3)
		for i := range 7 {
			w.millis.Add((10 * day).Milliseconds())
			say(vic, "same", 1)
			say(vic, fmt.Sprint("new-", i), 1)
			say(ann, "at the end", 3)
			if err := w.e.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if floor := w.pull(ann, 3, 10).TombstoneFloor; i < 3 && floor > 1 {
				t.Errorf("after %d days the floor is %d, and devices heard of for the first time need what lies above 1", 10*(i+1), floor)
			}
		}
		if r := w.pull(ann, 3, 10); r.TombstoneFloor != 3 {
			t.Errorf("after 70 days the floor is %d: somebody holds it back", r.TombstoneFloor)
		}
		if got := w.devices(); !slices.Equal(got, []string{"at the end"}) {
			t.Errorf("known are %q, want the one that lacks nothing", got)
		}
	})
}

func TestOfOnePersonsDevicesTheOldestGiveWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, thread(1, "t1", 1))
		if err := w.cursor(bob, "bobs", 1); err != nil {
			t.Fatal(err)
		}
		for i := range engine.MaxDevices + 2 {
			w.millis.Add(1)
			if err := w.cursor(vic, fmt.Sprintf("d%02d", i), 1); err != nil {
				t.Fatal(err)
			}
		}
		got := w.devices()
		if len(got) != engine.MaxDevices+1 || got[0] != "bobs" || got[1] != "d02" || slices.Contains(got, "d01") {
			t.Errorf("known are %q", got)
		}
		if err := w.cursor(vic, "d00", 1); err != nil { // it comes back, and d02 goes
			t.Fatal(err)
		}
		if got := w.devices(); !slices.Contains(got, "d00") || len(got) != engine.MaxDevices+1 {
			t.Errorf("known are %q", got)
		}
	})
}
