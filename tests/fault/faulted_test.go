//go:build linux

package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
)

const (
	faultedSeed    = 4711
	faultedDevices = 20
	faultedWrites  = 30 // of each device in a run

	faultedListeners = 7 // devices that hold a stream as well
)

// Twenty devices write over a network that loses, cuts, doubles, holds back and
// reorders, into a server that is stopped, killed and frozen meanwhile. Then
// everything heals, and all of them must agree: the choreography of the Jepsen
// tests of a sync engine elsewhere, which found outboxes that never empty and
// devices that never agree.
func TestDevicesAgreeAfterEverythingHeals(t *testing.T) {
	runs, first := number(t, "OR3_TEST_FAULT_RUNS", 20), number(t, "OR3_TEST_FAULT_SEED", faultedSeed)
	for run := range runs {
		kind := "sqlite"
		if run%3 == 2 {
			kind = "postgres"
		}
		seed := uint64(first + run)
		t.Run(fmt.Sprintf("%s seed %d", kind, seed), func(t *testing.T) {
			url := ""
			if kind == "postgres" {
				url = dbtest.PostgresURL(t)
			}
			faulted(t, newSite(t, dataDir(t), url), seed)
		})
	}
}

func faulted(t *testing.T, s *site, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 99))
	n := s.start(t)
	network := newChaos(t, seed)
	network.aim(n.base)
	f := newFleet(t, s, seed, faultedDevices, network.at)
	listening, hush := context.WithCancel(t.Context())
	listeners, hushed := f.listen(listening, faultedListeners)
	defer func() { hush(); hushed() }()

	// The server's faults go on as long as the devices write.
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	restarted := make(chan *node, 1)
	var did []string
	go func() {
		current := n
		defer func() { restarted <- current }()
		for {
			pause(ctx, time.Duration(150+random.IntN(500))*time.Millisecond)
			if ctx.Err() != nil {
				return
			}
			var what string
			switch random.IntN(4) {
			case 0:
				what = "frozen"
				current.freeze()
				pause(ctx, time.Duration(50+random.IntN(300))*time.Millisecond)
				current.thaw()
			case 1:
				what = "stopped"
				network.aim()
				current.stop(t)
				current = s.start(t)
			default:
				what = "killed"
				current.kill()
				pause(ctx, time.Duration(random.IntN(150))*time.Millisecond)
				current = s.start(t)
			}
			network.aim(current.base)
			did = append(did, what)
		}
	}()
	began := time.Now()
	f.write(t.Context(), faultedWrites)
	wrote := time.Since(began)
	stop()
	n = <-restarted

	network.heal()
	took := f.settle(t)
	f.check(t, n.base)
	f.hear(t, listeners, n.base)
	hush()
	hushed()
	network.mu.Lock()
	defer network.mu.Unlock()
	t.Logf("%d events in %s, settled %s after healing; server %s; network %v", len(f.history.Events()),
		wrote.Round(time.Millisecond), took.Round(time.Millisecond), strings.Join(slices.Clone(did), " "), network.done)
}
