//go:build linux

package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// fleet is a number of devices that write into one workspace.
type fleet struct {
	site    *site
	history *device.History
	seed    uint64
	members []*member
}

// member is one device, its dice and its way to the server.
type member struct {
	device *device.Device
	random *rand.Rand
	via    *device.HTTP
	gaveUp atomic.Int64 // how often no answer came, or none that helped
}

func newFleet(t *testing.T, s *site, seed uint64, size int, address func(name string) string) *fleet {
	t.Helper()
	f := &fleet{site: s, history: &device.History{}, seed: seed}
	for i := range size {
		name := fmt.Sprintf("device%02d", i)
		random := rand.New(rand.NewPCG(seed, uint64(i+1)))
		skew := time.Duration(0)
		if i%4 == 3 { // a clock that is wrong by up to an hour
			skew = time.Duration(random.IntN(7200)-3600) * time.Second
		}
		client := newHTTP()
		t.Cleanup(client.CloseIdleConnections)
		f.members = append(f.members, &member{random: random,
			via: &device.HTTP{Base: address(name), Token: s.token, Client: client},
			device: device.New(device.Options{Workspace: s.workspace, Name: name, Rand: rand.New(rand.NewPCG(seed, uint64(1000+i))),
				Now: func() time.Time { return time.Now().Add(skew) }, History: f.history, Coalesce: i%2 == 0, Batch: 10, Page: 50})})
	}
	return f
}

// write lets every device write so many times, syncing as it goes, and returns
// when all have.
func (f *fleet) write(ctx context.Context, writes int) {
	var running sync.WaitGroup
	for _, m := range f.members {
		running.Go(func() {
			for range writes {
				m.write()
				m.sync(ctx)
				pause(ctx, time.Duration(m.random.IntN(50))*time.Millisecond)
			}
		})
	}
	running.Wait()
}

// keepWriting lets every device write, at least so many times, until enough is
// called: what the test does meanwhile meets writes, however long it takes to
// come to it. What enough gives is closed when all have stopped.
func (f *fleet) keepWriting(ctx context.Context, writes int) (enough func() <-chan struct{}) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		f.write(ctx, writes)
		for ctx.Err() == nil {
			select {
			case <-stop:
				return
			default:
				f.write(ctx, 1)
			}
		}
	}()
	return func() <-chan struct{} { close(stop); return done }
}

// sync asks until there is nothing to do or the network is in the way; then the
// device comes back to it with its next write.
func (m *member) sync(ctx context.Context) {
	m.device.Poke()
	if err := m.device.Sync(ctx, m.via); err != nil {
		m.gaveUp.Add(1)
	}
}

const sharedThreads = 25

// write does what a person does: mostly rows that others write too.
func (m *member) write() {
	thread := fmt.Sprintf("thread-%02d", m.random.IntN(sharedThreads))
	switch m.random.IntN(10) {
	case 0, 1, 2:
		m.device.Write(m.message(thread))
	case 3:
		m.device.Write(device.Write{Table: wire.Threads, PK: thread})
	case 4: // together or not at all
		m.device.Write(m.thread(thread), m.message(thread))
	default:
		m.device.Write(m.thread(thread))
	}
}

func (m *member) thread(id string) device.Write {
	return device.Write{Table: wire.Threads, PK: id, Payload: fmt.Appendf(nil,
		`{"id":%q,"title":"Tide table %d","status":"ready","pinned":false,"created_at":1795000000,"updated_at":1795000000}`, id, m.random.IntN(1e6))}
}

func (m *member) message(thread string) device.Write {
	id := newID()
	return device.Write{Table: wire.Messages, PK: id, Payload: fmt.Appendf(nil,
		`{"id":%q,"thread_id":%q,"role":"user","index":0,"order_key":"a","created_at":1795000000,"updated_at":1795000000,"data":{"content":"Lines %d and %d are fast."}}`,
		id, thread, m.random.IntN(100), m.random.IntN(100))}
}

// settle syncs every device over a good network until all outboxes are empty
// and all have seen the head. It returns how long that took.
func (f *fleet) settle(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	for deadline := began.Add(patience); ; {
		waiting, head := 0, int64(0)
		var why error
		for _, m := range f.members {
			m.device.Poke()
			if err := m.device.Sync(t.Context(), m.via); err != nil {
				why = fmt.Errorf("%s: %w", m.device.Name(), err)
			}
			waiting += len(m.device.Pending())
			head = max(head, m.device.Cursor())
		}
		behind := 0
		for _, m := range f.members {
			if m.device.Cursor() < head {
				behind++
			}
		}
		if waiting == 0 && behind == 0 && why == nil {
			return time.Since(began)
		}
		if time.Now().After(deadline) {
			t.Fatalf("seed %d: %d ops wait and %d devices are behind %s after everything healed: %v", f.seed, waiting, behind, patience, why)
		}
		pause(t.Context(), 20*time.Millisecond)
	}
}

// check holds the settled devices against each other, the server, and what
// their people were told.
func (f *fleet) check(t *testing.T, base string) {
	t.Helper()
	if err := errors.Join(f.equal(t.Context(), base), f.nothingLost(t, base)); err != nil {
		t.Errorf("seed %d: %v", f.seed, err)
	}
}

// equal compares the digests of all devices, of one that comes new, and of the
// server.
func (f *fleet) equal(ctx context.Context, base string) error {
	server := &device.HTTP{Base: base, Token: f.site.token}
	fresh := device.New(device.Options{Workspace: f.site.workspace, Name: "fresh", Now: time.Now, Rand: rand.New(rand.NewPCG(f.seed, 0))})
	if err := fresh.Sync(ctx, server); err != nil {
		return fmt.Errorf("a new device: %w", err)
	}
	for _, deep := range []bool{false, true} {
		said, err := server.Digest(ctx, wire.DigestRequest{WorkspaceID: f.site.workspace, Deep: deep})
		if err != nil {
			return fmt.Errorf("the server's digest (deep %t): %w", deep, err)
		}
		for _, d := range append(f.devices(), fresh) {
			if rows, digest := d.Digest(deep); digest != said.Digest || rows != said.Rows {
				return fmt.Errorf("%s ends with %d rows, the server with %d, and their digests differ (deep %t)", d.Name(), rows, said.Rows, deep)
			}
			if failed := d.Failed(); len(failed) > 0 {
				return fmt.Errorf("%s: op %+v was refused: %w", d.Name(), failed[0].Op.Stamp, failed[0].Error)
			}
		}
	}
	return nil
}

func (f *fleet) devices() []*device.Device {
	var all []*device.Device
	for _, m := range f.members {
		all = append(all, m.device)
	}
	return all
}

// nothingLost follows every op from its making to its end: in the log under the
// version its person was told, or outranked by the row that stands.
func (f *fleet) nothingLost(t *testing.T, base string) error {
	log := map[string]int64{}
	rows := map[device.Key]wire.Rank{}
	for i, c := range pullAfter(t, base, f.site, 0) {
		if c.ServerVersion != int64(i+1) {
			return fmt.Errorf("version %d follows %d", c.ServerVersion, i)
		}
		if log[c.Stamp.OpID] != 0 {
			return fmt.Errorf("op %s was applied twice, as %d and %d", c.Stamp.OpID, log[c.Stamp.OpID], c.ServerVersion)
		}
		log[c.Stamp.OpID] = c.ServerVersion
		rank := wire.Rank{Clock: c.Stamp.Clock, Delete: c.Op == wire.Delete, HLC: c.Stamp.HLC, OpID: c.Stamp.OpID}
		if k := (device.Key{Table: c.Table, PK: c.PK}); rank.Compare(rows[k]) > 0 {
			rows[k] = rank
		}
	}
	ends := map[string]bool{}
	made := 0
	for _, e := range f.history.Events() {
		switch e.What {
		case device.Made:
			made++
			ends[e.Op] = false
		case device.Coalesced:
			ends[e.Op] = true
		case device.Restamped:
			ends[e.Op], ends[e.Into] = true, false
		case device.Acknowledged:
			ends[e.Op] = true
			if e.Status == wire.Superseded {
				stands := rows[e.Key]
				if (stands == wire.Rank{}) || stands.OpID == e.Op || stands.Clock < e.Stamp.Clock {
					return fmt.Errorf("op %s was told to be superseded, and nothing outranks it: %+v", e.Op, stands)
				}
			} else if log[e.Op] != e.Version {
				return fmt.Errorf("op %s of %s was acknowledged as %s %d; the log has it at %d", e.Op, e.Device, e.Status, e.Version, log[e.Op])
			}
		case device.Sent, device.Unknown, device.Failed, device.Gone, device.Discarded, device.Again, device.Left, device.Yielded:
		}
	}
	for op, ended := range ends {
		if !ended {
			return fmt.Errorf("op %s was never answered for", op)
		}
	}
	if made == 0 {
		return errors.New("nobody wrote anything")
	}
	return nil
}
