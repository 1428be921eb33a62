package sim_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/tests/sim"
)

// tellEvery is how often a long run says how far it is.
const tellEvery = 15 * time.Second

// progress is what has come of the seeds of one database so far. With -seeds it
// tells now and then, and at the end in any case.
type progress struct {
	database string
	seeds    int
	began    time.Time

	mu                    sync.Mutex
	told                  time.Time
	played, failed, spare int // spare were skipped
	sums                  map[string]int
}

func newProgress(t *testing.T, database string, seeds int) *progress {
	p := &progress{database: database, seeds: seeds, began: time.Now(), told: time.Now(), sums: map[string]int{}}
	t.Cleanup(func() {
		if *seedsFlag > 0 {
			_, _ = fmt.Fprintf(os.Stderr, "in all, %s in %s\n", p, time.Since(p.began).Round(time.Second))
		} else {
			t.Log(p)
		}
	})
	return p
}

func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spare > 0 && p.played == 0 {
		return p.database + ": not run, OR3_TEST_POSTGRES_URL is not set"
	}
	said := fmt.Sprintf("%s: %d of %d seeds, %d failed, %d kills, %d ops acknowledged, %d lost", p.database, p.played, p.seeds, p.failed,
		p.sums[sim.Killed], p.sums[sim.Acknowledged], p.sums[sim.Lost])
	if p.failed > 0 {
		said += " (in a seed that broke off nothing was counted)"
	}
	return said
}

// follow counts one seed when its test ends; the test gives its counts to count.
func (p *progress) follow(t *testing.T) (count func(map[string]int)) {
	t.Cleanup(func() { p.ended(t.Skipped(), t.Failed()) })
	return func(counts map[string]int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for what, n := range counts {
			p.sums[what] += n
		}
	}
}

func (p *progress) ended(skipped, failed bool) {
	p.mu.Lock()
	if skipped {
		p.spare++
	} else {
		p.played++
	}
	if failed {
		p.failed++
	}
	now := time.Now()
	due := *seedsFlag > 0 && p.played > 0 && now.Sub(p.told) >= tellEvery
	if due {
		p.told = now
	}
	left := now.Sub(p.began) / time.Duration(max(1, p.played)) * time.Duration(p.seeds-p.played)
	p.mu.Unlock()
	if due {
		_, _ = fmt.Fprintf(os.Stderr, "%s; about %s to go\n", p, left.Round(time.Second))
	}
}
