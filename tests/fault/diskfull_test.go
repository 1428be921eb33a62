//go:build linux

package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"or3.cloud/or3/sync/wire"
)

// A disk of a few megabytes fills up under pushes. Each that does not fit is
// refused as a whole and in words; reading goes on; and when there is room
// again, pushing does, without a restart.
func TestAFullDiskRefusesWritesAndNothingElse(t *testing.T) {
	memory := mountMemory(t, 8<<20)
	s := newSite(t, filepath.Join(memory, "or3"), "")
	n := s.start(t)
	l := newLedger()
	w := writer{name: "full", random: rand.New(rand.NewPCG(1, 1))}
	via := newHTTP()
	defer via.CloseIdleConnections()

	try := func(ops []wire.Op) error {
		l.sending(ops)
		answer, err := push(t.Context(), via, n.base, s, ops)
		if err == nil {
			err = l.answered(answer.Results)
		}
		return err
	}
	var refused []wire.Op
	var slowest time.Duration
	for full, pushes := 0, 0; full < 20; pushes++ {
		if pushes > 2000 {
			t.Fatal("the disk does not fill up")
		}
		ops := []wire.Op{large(&w, 40<<10), large(&w, 40<<10), w.message()}
		if pushes%2 == 1 {
			for i := range ops {
				ops[i].Atomic = "together"
			}
		}
		began := time.Now()
		err := try(ops)
		if err == nil {
			continue
		}
		if r := (*refusal)(nil); !errors.As(err, &r) || r.status != http.StatusInsufficientStorage || r.code != "disk_full" {
			t.Fatalf("a push onto a full disk ends with %v instead of 507 disk_full: %s", err, n.log)
		}
		slowest = max(slowest, time.Since(began))
		refused = append(refused, ops...)
		full++

		// Nothing of it is there, and everything else still is.
		if err := errors.Join(l.pulled(pullAfter(t, n.base, s, l.head())), l.check()); err != nil {
			t.Fatalf("while the disk is full: %v", err)
		}
		for _, op := range ops {
			if l.place[op.Stamp.OpID] != 0 {
				t.Fatalf("op %s of a refused push is in the log", op.Stamp.OpID)
			}
		}
	}
	acked := l.count()
	if err := readsPage(t.Context(), n.base); err != nil {
		t.Errorf("while the disk is full: %v", err)
	}

	if err := syscall.Mount("or3-fault", memory, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < len(refused); from += 3 {
		eventually(t, "a push goes through now that there is room", func() bool { return try(refused[from:from+3]) == nil })
	}
	for _, op := range refused {
		if got := l.told[op.Stamp.OpID].Status; got != wire.Applied {
			t.Errorf("op %s, refused on a full disk, is %q when sent again", op.Stamp.OpID, got)
		}
	}
	catchUp(t, n, s, l, "with room again")
	n.stop(t)
	sound(t, filepath.Join(s.dir, "or3.db"))
	t.Logf("%d ops acknowledged before the disk was full, then %d refused, the slowest push within %s; all are there now", acked, len(refused), slowest.Round(time.Millisecond))
}

// A server that is killed on a full disk starts on it again, and can be read.
func TestAServerStartsOnAFullDisk(t *testing.T) {
	memory := mountMemory(t, 8<<20)
	s := newSite(t, filepath.Join(memory, "or3"), "")
	n := s.start(t)
	l := newLedger()
	w := writer{name: "full", random: rand.New(rand.NewPCG(1, 2))}
	via := newHTTP()
	defer via.CloseIdleConnections()
	fill := func() bool {
		ops := []wire.Op{large(&w, 60<<10)}
		l.sending(ops)
		answer, err := push(t.Context(), via, n.base, s, ops)
		if err == nil {
			err = l.answered(answer.Results)
			if err != nil {
				t.Fatal(err)
			}
			return false
		}
		r := (*refusal)(nil)
		return errors.As(err, &r) && r.code == "disk_full"
	}
	eventually(t, "the disk is full", fill)
	n.kill()

	n = s.start(t)
	catchUp(t, n, s, l, "after a kill on a full disk")
	if err := syscall.Mount("or3-fault", memory, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a push goes through now that there is room", func() bool { return !fill() })
	catchUp(t, n, s, l, "with room again")
	n.stop(t)
	sound(t, filepath.Join(s.dir, "or3.db"))
}

// large is a message of so many bytes.
func large(w *writer, size int) wire.Op {
	op := w.message()
	op.Payload = []byte(strings.Replace(string(op.Payload), "The seal kit", strings.Repeat("x", size)+" The seal kit", 1))
	return op
}

func readsPage(ctx context.Context, base string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/sign-in", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the sign-in page answers %d", res.StatusCode)
	}
	return nil
}
