package sim_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/tests/sim"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "play this seed alone, and print what happens")
	seedsFlag = flag.Int("seeds", 0, "how many seeds to play instead of 200 (and 10 on PostgreSQL)")
	stopFlag  = flag.Bool("stop", false, "stop after the first seed that fails")
	fromFlag  = flag.Uint64("from", 1, "the first seed; 0 draws one")
)

var failed atomic.Bool

// play runs a seed and says how to repeat it when it fails.
func play(t *testing.T, seed uint64, url string) (string, map[string]int) {
	t.Helper()
	c := sim.Config{Seed: seed, URL: url}
	if *seedFlag != 0 {
		c.Trace = func(line string) { _, _ = fmt.Fprintln(os.Stdout, line) }
	}
	if *stopFlag && failed.Load() {
		return "", nil
	}
	digest, counts, err := sim.Run(t.Context(), c)
	if err != nil {
		failed.Store(true)
		t.Errorf("seed %d: %v\nrepeat it: go test ./tests/sim -run '%s' -seed %d", seed, err, topLevel(t), seed)
	}
	return digest, counts
}

func topLevel(t *testing.T) string {
	name := t.Name()
	for i := range name {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}

// seeds gives the seeds to play.
func seeds(usual int) []uint64 {
	if *seedFlag != 0 {
		return []uint64{*seedFlag}
	}
	n, first := usual, *fromFlag
	if *seedsFlag > 0 {
		n = *seedsFlag
	}
	if first == 0 {
		first = rand.Uint64N(1 << 40)
		_, _ = fmt.Fprintf(os.Stderr, "seeds from %d\n", first)
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = first + uint64(i)
	}
	return list
}

func playAll(t *testing.T, database string, seeds []uint64, url func(testing.TB) string) {
	p := newProgress(t, database, len(seeds))
	for _, seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			count := p.follow(t)
			_, counts := play(t, seed, url(t))
			count(counts)
		})
	}
}

func TestDevicesAgreeAfterBadWeather(t *testing.T) {
	playAll(t, "SQLite", seeds(200), dbtest.SQLiteURL)
}

func TestDevicesAgreeAfterBadWeatherOnPostgreSQL(t *testing.T) {
	playAll(t, "PostgreSQL", seeds(10), dbtest.PostgresURL)
}

func TestOneSeedIsOneRun(t *testing.T) {
	for _, seed := range []uint64{11, 12, 13} {
		first, counts := play(t, seed, dbtest.SQLiteURL(t))
		second, _ := play(t, seed, dbtest.SQLiteURL(t))
		if first != second {
			t.Errorf("seed %d ran twice and differently", seed)
		}
		for _, what := range []string{"push", "pull", "writes"} {
			if counts[what] == 0 {
				t.Errorf("seed %d saw no %s", seed, what)
			}
		}
		t.Logf("seed %d: %v", seed, counts)
	}
}
