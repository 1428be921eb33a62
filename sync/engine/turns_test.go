package engine

import (
	"context"
	"testing"
)

// However many devices of one person ask, wherever, the others get their
// digests and searches; and of all people together only so many go on at once.
func TestNobodyWaitsForAnotherPersonsTurn(t *testing.T) {
	const atOnce = 3
	d := newTurns(atOnce)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var ends []func()
	for _, id := range []string{"ann", "bob", "cid"} {
		end, err := d.begin(t.Context(), id)
		if err != nil {
			t.Fatal(id, "has to wait:", err)
		}
		ends = append(ends, end)
		if _, err := d.begin(over, "ann"); err == nil {
			t.Fatal("a second one of the same person began")
		}
	}
	if _, err := d.begin(over, "dan"); err == nil {
		t.Fatalf("with %d under way another one began", atOnce)
	}
	for _, end := range ends {
		end()
	}
	again, err := d.begin(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	again()
	if len(d.busy) != 0 || len(d.all) != 0 {
		t.Errorf("%d people and %d turns are remembered", len(d.busy), len(d.all))
	}
}

// Whoever only reads a page must find a connection while digests are computed.
func TestTurnsLeaveConnectionsForTheRest(t *testing.T) {
	for readers, atOnce := range map[int]int{0: 1, 1: 1, 3: 1, 4: 2, 5: 3, 6: 4, 32: 4} {
		if got := turnsOn(readers); got != atOnce {
			t.Errorf("%d on %d connections, want %d", got, readers, atOnce)
		}
	}
}
