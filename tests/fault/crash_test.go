//go:build linux

package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/wire"
)

const (
	crashPushers = 32
	crashSeed    = 20261128
)

func TestWhatWasAcknowledgedIsThereAfterAKill(t *testing.T) {
	onSQLite, onPostgres := &killed{database: "SQLite"}, &killed{database: "PostgreSQL"}
	t.Cleanup(func() { t.Logf("in all\n%s\n%s", onSQLite, onPostgres) })
	t.Run("sqlite", func(t *testing.T) {
		dir := dataDir(t)
		crashes(t, newSite(t, dir, ""), onSQLite, number(t, "OR3_TEST_CRASH_ROUNDS", 50))
		sound(t, filepath.Join(dir, "or3.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		url := dbtest.PostgresURL(t)
		crashes(t, newSite(t, dataDir(t), url), onPostgres, number(t, "OR3_TEST_CRASH_ROUNDS", 10))
	})
}

// tellEvery is how often a long run says how far it is.
const tellEvery = 15 * time.Second

// killed is what has come of a run so far.
type killed struct {
	database             string
	rounds, kills        int
	acked, unknown, lost int // ops; lost were acknowledged and are not in the log as they were told
	versions             int64
	began, told          time.Time
}

func (k *killed) String() string {
	if k.rounds == 0 {
		return k.database + ": not run"
	}
	return fmt.Sprintf("%s: %d of %d kills, %d ops acknowledged, %d sent again without an answer, %d versions, %d lost",
		k.database, k.kills, k.rounds, k.acked, k.unknown, k.versions, k.lost)
}

// tell says now and then how far the run is, and how long the rest may take.
func (k *killed) tell(t *testing.T) {
	t.Helper()
	if now := time.Now(); k.kills > 0 && now.Sub(k.told) >= tellEvery {
		k.told = now
		left := now.Sub(k.began) / time.Duration(k.kills) * time.Duration(k.rounds-k.kills)
		t.Logf("%s; about %s to go", k, left.Round(time.Second))
	}
}

// crashes kills the server again and again in the middle of pushes.
func crashes(t *testing.T, s *site, so *killed, rounds int) {
	random := rand.New(rand.NewPCG(crashSeed, 0))
	l := newLedger()
	so.rounds, so.began, so.told = rounds, time.Now(), time.Now()
	read := func(n *node, when string) {
		t.Helper()
		defer func() { so.acked, so.lost, so.versions = l.count(), l.lost(), l.head() }()
		catchUp(t, n, s, l, when)
	}
	pushers := make([]*pusher, crashPushers)
	for i := range pushers {
		pushers[i] = &pusher{site: s, ledger: l, writer: writer{name: fmt.Sprintf("pusher%d", i), random: rand.New(rand.NewPCG(crashSeed, uint64(i+1)))}}
	}
	for round := range rounds {
		so.tell(t)
		n := s.start(t)
		read(n, "after the crash")
		for _, p := range pushers {
			so.unknown += len(p.unknown)
		}
		everyone(t, pushers, func(p *pusher) error { return p.again(t.Context(), n.base) })
		read(n, "after what was unknown was sent again")

		// The kill comes after so many more acknowledgements, and a moment: at
		// once it would always meet the server right behind a commit.
		after, moment := int64(1+random.IntN(120)), time.Duration(random.IntN(3000))*time.Microsecond
		var acked atomic.Int64
		enough := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, p := range pushers {
			running.Go(func() { p.until(ctx, n.base, &acked, after, enough) })
		}
		select {
		case <-enough:
		case <-time.After(patience):
			t.Errorf("round %d: only %d of %d acknowledgements: %s", round, acked.Load(), after, n.log)
		}
		pause(t.Context(), moment)
		n.kill()
		so.kills++
		stop()
		running.Wait()
		for _, p := range pushers {
			if p.failed != nil {
				t.Errorf("round %d (seed %d): %v", round, crashSeed, p.failed)
			}
		}
		if t.Failed() {
			return
		}
	}
	n := s.start(t)
	read(n, "after the last crash")
	everyone(t, pushers, func(p *pusher) error { return p.again(t.Context(), n.base) })
	read(n, "at the end")
	whole := newLedger()
	whole.sent, whole.told = l.sent, l.told
	if err := errors.Join(whole.pulled(pullAfter(t, n.base, s, 0)), whole.check()); err != nil {
		t.Errorf("read from the beginning: %v", err)
	}
	n.stop(t)
	if l.count() < rounds {
		t.Errorf("only %d acknowledgements in %d rounds: nothing was tried", l.count(), rounds)
	}
	if so.unknown == 0 && rounds >= 10 {
		t.Error("no kill met a push under way")
	}
}

// sound lets SQLite look through the whole file.
func sound(t *testing.T, path string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite://" + path, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var verdict string
	if err := d.Read().NewRaw(`PRAGMA integrity_check`).Scan(t.Context(), &verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check says %s, %v", verdict, err)
	}
}

// catchUp reads what is new in the log and holds what was told against it.
func catchUp(t *testing.T, n *node, s *site, l *ledger, when string) {
	t.Helper()
	if err := errors.Join(l.pulled(pullAfter(t, n.base, s, l.head())), l.check()); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
}

// everyone runs something for all pushers at once.
func everyone(t *testing.T, pushers []*pusher, do func(*pusher) error) {
	t.Helper()
	failures := make(chan error, len(pushers))
	for _, p := range pushers {
		go func() { failures <- do(p) }()
	}
	for range pushers {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// pusher is one device that writes without pause.
type pusher struct {
	site    *site
	ledger  *ledger
	writer  writer
	unknown []wire.Op // sent, and never answered
	failed  error
}

// until pushes until the server is gone.
func (p *pusher) until(ctx context.Context, base string, acked *atomic.Int64, after int64, enough chan struct{}) {
	via := newHTTP()
	defer via.CloseIdleConnections()
	for ctx.Err() == nil {
		ops := []wire.Op{p.writer.message()}
		for p.writer.random.IntN(3) == 0 {
			ops = append(ops, p.writer.message())
		}
		if p.writer.random.IntN(4) == 0 {
			ops = append(ops, p.writer.shared())
		}
		p.ledger.sending(ops)
		answer, err := push(ctx, via, base, p.site, ops)
		if err != nil {
			p.unknown = ops
			if r := (*refusal)(nil); errors.As(err, &r) {
				p.failed = fmt.Errorf("a push was refused: %w", r)
			}
			return
		}
		if p.failed = p.ledger.answered(answer.Results); p.failed != nil {
			return
		}
		if n := acked.Add(int64(len(ops))); n >= after && n-int64(len(ops)) < after {
			close(enough)
		}
	}
}

// again sends what was never answered: it must end applied or replayed, once.
func (p *pusher) again(ctx context.Context, base string) error {
	if len(p.unknown) == 0 {
		return nil
	}
	via := newHTTP()
	defer via.CloseIdleConnections()
	answer, err := push(ctx, via, base, p.site, p.unknown)
	if err != nil {
		return fmt.Errorf("sending again: %w", err)
	}
	p.unknown = nil
	return p.ledger.answered(answer.Results)
}
