//go:build linux

package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/tests/device"
)

// A server that stands still in the middle of pushes: the devices give up and
// send again, and each op takes effect once.
func TestAFrozenServerGoesOnWithoutLoss(t *testing.T) {
	for kind, url := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, dataDir(t), url(t))
			n := s.start(t)
			f := newFleet(t, s, 31, 8, func(string) string { return n.base })
			for _, m := range f.members {
				m.via.Client = &http.Client{Transport: &http.Transport{}, Timeout: 400 * time.Millisecond}
				t.Cleanup(m.via.Client.CloseIdleConnections)
			}
			for range 3 {
				before, written := gaveUp(f), len(f.history.Events())
				enough := f.keepWriting(t.Context(), 12)
				eventually(t, "the devices write", func() bool { return len(f.history.Events()) > written })
				n.freeze()
				eventually(t, "a device gives up", func() bool { return gaveUp(f) > before })
				n.thaw()
				<-enough()
			}
			for _, m := range f.members {
				m.via.Client.Timeout = callTimeout
			}
			f.settle(t)
			f.check(t, n.base)
			t.Logf("devices gave up %d times", gaveUp(f))
		})
	}
}

func gaveUp(f *fleet) int64 {
	n := int64(0)
	for _, m := range f.members {
		n += m.gaveUp.Load()
	}
	return n
}

// A device that stands still in the middle of a push holds up nobody, and goes
// on where it was.
func TestAFrozenDeviceHoldsUpNobody(t *testing.T) {
	s := newSite(t, dataDir(t), "")
	n := s.start(t)
	c := startChild(t, "device", n.base, s.token, s.workspace)
	f := newFleet(t, s, 32, 3, func(string) string { return n.base })
	random := rand.New(rand.NewPCG(32, 0))
	acked, next := 0, 5
	digest := ""
	for c.lines.Scan() {
		line := c.lines.Text()
		if _, err := fmt.Sscanf(line, "acknowledged %d", &acked); err != nil {
			if _, err := fmt.Sscanf(line, "digest %s", &digest); err != nil {
				t.Fatalf("the device says: %s", line)
			}
			digest = line
			break
		}
		if acked == next {
			pause(t.Context(), time.Duration(random.IntN(3000))*time.Microsecond) // into the middle of its next push
			_ = c.cmd.Process.Signal(syscall.SIGSTOP)
			f.write(t.Context(), 5)
			f.settle(t) // everybody else agrees while it stands still
			_ = c.cmd.Process.Signal(syscall.SIGCONT)
			next += 20
		}
		if acked == deviceWrites {
			m := f.members[0]
			m.device.Write(device.Write{Table: lastRow.Table, PK: lastRow.PK,
				Payload: []byte(`{"id":"the-end","name":"the-end","value":"","created_at":1795000000,"updated_at":1795000000}`)})
			f.settle(t)
		}
	}
	if acked != deviceWrites {
		t.Fatalf("the device acknowledged %d writes", acked)
	}
	f.settle(t)
	rows, own := f.members[0].device.Digest(true)
	if want := fmt.Sprintf("digest %d %s", rows, own); digest != want {
		t.Errorf("the device that stood still ends with %q, the others with %q", digest, want)
	}
	if err := f.equal(context.WithoutCancel(t.Context()), n.base); err != nil {
		t.Error(err)
	}
}
