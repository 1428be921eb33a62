//go:build linux

package fault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

const (
	powerSeed   = 1128
	powerImages = 150
)

// The recording covers what a server's life has: the first start, a graceful
// stop that folds the log into the file, a crash and the recovery after it, and
// the checkpointer's own work, all with pushes around them. Then the power is
// cut at many places of it.
func TestWhatWasAcknowledgedIsThereAfterAPowerCut(t *testing.T) {
	mount, r := mountRecorder(t)
	s := newSite(t, filepath.Join(mount, "srv", "or3"), "")
	r.note(event{what: acknowledged}) // from here on the owner exists

	load := &powerLoad{site: s, recording: r}
	start := func() *node { return s.start(t, "OR3_STORAGE_ENABLED=true") }
	n := start()
	load.push(t, n, 60)
	load.attach(t, n)
	n.stop(t)
	n = start()
	load.push(t, n, 60)
	load.attach(t, n)
	n.kill()
	n = start()
	// The checkpointer may be faster than the end of the pushes, and then has nothing
	// more to do: it is waited for from before them on.
	from := len(r.all())
	load.push(t, n, 60)
	file := r.named("or3.db")
	r.wait(t, from, "the checkpointer folds the log", func(e event) bool { return e.what == synced && e.file == file })
	from = len(r.all())
	load.push(t, n, 60)
	log := r.named("or3.db-wal")
	r.wait(t, from, "the checkpointer empties the log", func(e event) bool { return e.what == resized && e.file == log && e.offset == 0 })
	load.push(t, n, 60)
	load.attach(t, n)
	n.kill()

	events := r.all()
	random := rand.New(rand.NewPCG(powerSeed, 0))
	images := number(t, "OR3_TEST_POWER_IMAGES", powerImages)
	cuts := chooseCuts(events, images, random)
	tally := map[string]int{}
	image := 0
	replay(t, events, cuts, random, func(dir string, at int, f fate) bool {
		acked, err := judge(t, dir, events[:at])
		if err != nil {
			t.Errorf("the power was cut after event %d of %d (%s, seed %d): %v", at, len(events), f, powerSeed, err)
		}
		if image++; err == nil && image%servedEvery == 0 {
			tally["files served"] += serve(t, s, dir, events[:at])
		}
		tally[f.String()]++
		tally["ops"] += acked
		tally["files"] += len(filesOf(events[:at]).committed)
		return true
	})
	if tally["ops"] == 0 || tally["files served"] == 0 {
		t.Errorf("no image had an acknowledged op, or none a file, to look for: %v", tally)
	}
	t.Logf("%d events, %d images: %v", len(events), len(cuts), tally)

	// A harness that cannot fail proves nothing. The same recording, as servers
	// would have left it that do less for what they promise.
	for name, worse := range map[string]func([]event) []event{
		"never syncs the log":                  func(all []event) []event { return withoutSync(all, "or3.db-wal") },
		"never syncs anything":                 func(all []event) []event { return withoutSync(all, "") },
		"answers before the log is synced":     answerEarly,
		"does not sync the directory's name":   func(all []event) []event { return withoutDirSync(all, rootDir) },
		"does not sync what is in files":       withoutContentSync,
		"does not sync the names of files":     withoutNameSync,
		"answers commits too early":            commitEarly,
		"folds the log without syncing either": func(all []event) []event { return withoutSync(all, "or3.db", "or3.db-wal") },
	} {
		t.Run("a server that "+name+" is caught", func(t *testing.T) {
			mutant := worse(events)
			if len(mutant) != len(events) && name == "answers before the log is synced" {
				t.Fatal("events were lost")
			}
			random := rand.New(rand.NewPCG(powerSeed, 1))
			var caught error
			replay(t, mutant, chooseCuts(mutant, 200, random), random, func(image string, at int, _ fate) bool {
				_, caught = judge(t, image, mutant[:at])
				return caught == nil
			})
			if caught == nil {
				t.Error("no image showed it")
			}
			t.Log(caught)
		})
	}
}

// powerLoad pushes on the recorded disk and notes each acknowledgement.
type powerLoad struct {
	site      *site
	recording *recording
	devices   uint64
	files     uint64
}

func (l *powerLoad) push(t *testing.T, n *node, pushes int) {
	t.Helper()
	const pushers = 6
	var running sync.WaitGroup
	failures := make(chan error, pushers)
	for range pushers {
		l.devices++
		w := writer{name: fmt.Sprintf("power%d", l.devices), random: rand.New(rand.NewPCG(powerSeed, l.devices))}
		running.Go(func() {
			via := newHTTP()
			defer via.CloseIdleConnections()
			for range pushes / pushers {
				ops := []wire.Op{w.message(), w.shared()}
				answer, err := push(context.Background(), via, n.base, l.site, ops)
				if err != nil {
					failures <- err
					return
				}
				for _, r := range answer.Results {
					if r.Status == wire.Rejected {
						failures <- r.Error
						return
					}
					l.recording.note(event{what: acknowledged, op: r.OpID, version: r.ServerVersion})
				}
			}
		})
	}
	running.Wait()
	close(failures)
	for err := range failures {
		t.Fatalf("push: %v: %s", err, n.log)
	}
}

// cut is a place in a recording, and what happens to the rest.
type cut struct {
	at   int // so many events had happened
	fate fate
}

// chooseCuts prefers the places where something was just promised, or is just
// being made durable; what was promised of files comes up in turn.
func chooseCuts(events []event, n int, random *rand.Rand) []cut {
	var acks, files, syncs []int
	for i, e := range events {
		switch e.what {
		case acknowledged:
			acks = append(acks, i+1)
			if e.sent != nil {
				files = append(files, i+1)
			}
		case synced, dirSynced:
			syncs = append(syncs, i, i+1)
		case wrote, resized, entered, left, moved:
		}
	}
	cuts := make([]cut, n)
	for i := range cuts {
		c := cut{at: 1 + random.IntN(len(events)), fate: fate(i % int(fates))}
		switch {
		case i%4 == 1 && len(files) > 0:
			c.at = files[i/4%len(files)]
		case i%4 < 2:
			c.at = acks[random.IntN(len(acks))]
		case i%4 == 2 && len(syncs) > 0:
			c.at = syncs[random.IntN(len(syncs))]
		}
		cuts[i] = c
	}
	slices.SortFunc(cuts, func(a, b cut) int { return a.at - b.at })
	return cuts
}

// replay makes the image of each cut, in memory, and hands it out, until look
// has seen enough.
func replay(t *testing.T, events []event, cuts []cut, random *rand.Rand, look func(image string, at int, f fate) bool) {
	t.Helper()
	memory := mountMemory(t, 1<<30)
	d, played := newDisk(), 0
	for _, c := range cuts {
		for ; played < c.at; played++ {
			d.play(events[played])
		}
		image, err := os.MkdirTemp(memory, "image")
		if err != nil {
			t.Fatal(err)
		}
		d.image(t, image, c.fate, random)
		more := look(image, c.at, c.fate)
		if err := os.RemoveAll(image); err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// judge opens an image with the code that would open it after the power is
// back, and looks for everything that was acknowledged before the cut.
func judge(t *testing.T, image string, before []event) (acked int, err error) {
	t.Helper()
	promised := map[string]int64{}
	owner := false
	for _, e := range before {
		if e.what != acknowledged {
			continue
		}
		owner = true
		if e.op != "" {
			promised[e.op] = e.version
		}
	}
	path := filepath.Join(image, "srv", "or3", "or3.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if owner {
			return 0, errors.New("the database is gone")
		}
		return 0, nil
	}
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path, PollEvery: -1})
	if err != nil {
		return 0, fmt.Errorf("it does not open: %w", err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		return 0, fmt.Errorf("it does not migrate: %w", err)
	}
	var verdict string
	if err := d.Read().NewRaw(`PRAGMA integrity_check`).Scan(t.Context(), &verdict); err != nil || verdict != "ok" {
		return 0, fmt.Errorf("integrity check: %s, %w", verdict, err)
	}
	var owners int
	if err := d.Read().NewRaw(`SELECT count(*) FROM api_tokens`).Scan(t.Context(), &owners); err != nil || owner && owners == 0 {
		return 0, fmt.Errorf("the owner's token is gone: %w", err)
	}
	if err := holds(t.Context(), d, promised); err != nil {
		return 0, err
	}
	return len(promised), keepsFiles(t.Context(), d, filepath.Join(image, "srv", "or3", "files"), filesOf(before))
}

// holds looks for ops with their versions in a database's log, which has no gap.
func holds(ctx context.Context, d *db.DB, promised map[string]int64) error {
	var changes []db.Change
	if err := d.Read().NewSelect().Model(&changes).Order("server_version").Scan(ctx); err != nil {
		return err
	}
	var lost []db.SupersededOp
	if err := d.Read().NewSelect().Model(&lost).Scan(ctx); err != nil {
		return err
	}
	stored := make(map[string]int64, len(changes)+len(lost))
	for i, c := range changes {
		if c.ServerVersion != int64(i+1) {
			return fmt.Errorf("version %d follows %d", c.ServerVersion, i)
		}
		stored[c.OpID] = c.ServerVersion
	}
	for _, o := range lost {
		stored[o.OpID] = 0
	}
	var missing []string
	for op, version := range promised {
		if got, ok := stored[op]; !ok || got != version {
			missing = append(missing, op)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of %d acknowledged ops are gone, %s one of them", len(missing), len(promised), missing[0])
	}
	return nil
}

// withoutSync is the recording of a server that does not sync the files of
// these names; without names, nothing at all.
func withoutSync(all []event, names ...string) []event {
	names = slices.DeleteFunc(names, func(n string) bool { return n == "" })
	files := map[uint64]bool{}
	var out []event
	for _, e := range all {
		if e.what == entered && slices.Contains(names, e.name) {
			files[e.file] = true
		}
		if e.what == synced && (len(names) == 0 || files[e.file]) {
			continue
		}
		out = append(out, e)
	}
	return out
}

// withoutDirSync is the recording of a server that never syncs the names of a
// directory.
func withoutDirSync(all []event, dir uint64) []event {
	return slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e.what == dirSynced && e.dir == dir })
}

// answerEarly is the recording of a server that answers when the log is
// written, before it is synced.
func answerEarly(all []event) []event { return early(all, func(e event) bool { return e.op != "" }) }

// early moves those acknowledgements before the sync of the log that comes last
// before them.
func early(all []event, these func(event) bool) []event {
	out := slices.Clone(all)
	logs := map[uint64]bool{}
	for i, e := range out {
		if e.what == entered && strings.HasSuffix(e.name, "-wal") {
			logs[e.file] = true
		}
		if e.what != acknowledged || !these(e) {
			continue
		}
		for j := i; j > 0; j-- {
			out[j], out[j-1] = out[j-1], out[j]
			if out[j].what == synced && logs[out[j].file] {
				break
			}
		}
	}
	return out
}
