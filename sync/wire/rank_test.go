package wire_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"or3.cloud/or3/sync/wire"
)

func readTestdata(t *testing.T, name string, out any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestResolveFollowsTheTableOfCases(t *testing.T) {
	var cases []struct {
		Name    string       `json:"name"`
		Current *wire.Rank   `json:"current"`
		Op      wire.Rank    `json:"op"`
		Outcome wire.Outcome `json:"outcome"`
	}
	readTestdata(t, "resolve.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if got := wire.Resolve(c.Current, c.Op); got != c.Outcome {
				t.Errorf("got %s, want %s", got, c.Outcome)
			}
		})
	}
}

// rank draws from few values, so that ties happen.
var rank = rapid.Custom(func(t *rapid.T) wire.Rank {
	return wire.Rank{
		Clock:  rapid.Int64Range(0, 3).Draw(t, "clock"),
		Delete: rapid.Bool().Draw(t, "delete"),
		HLC:    rapid.SampledFrom([]string{"1764288000000:0000:a", "1764288000000:0001:a", "1764288000000:0000:b"}).Draw(t, "hlc"),
		OpID:   rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "op id"),
	}
})

// merge is what every device and the server do with the ops of one row.
func merge(current *wire.Rank, ops ...wire.Rank) *wire.Rank {
	for _, op := range ops {
		if wire.Resolve(current, op) == wire.Apply {
			current = &op
		}
	}
	return current
}

func TestRankIsATotalOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rank.Draw(t, "a"), rank.Draw(t, "b"), rank.Draw(t, "c")
		if a.Compare(b) != -b.Compare(a) {
			t.Fatal("not antisymmetric")
		}
		if (a.Compare(b) == 0) != (a == b) {
			t.Fatal("two different ops rank alike")
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatal("not transitive")
		}
	})
}

func TestAnyOrderOfArrivalAndAnySplitIntoBatchesEndsInTheSameRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := rapid.SliceOfN(rank, 1, 8).Draw(t, "ops")
		want := slices.MaxFunc(ops, wire.Rank.Compare)
		shuffled := rapid.Permutation(ops).Draw(t, "arrival")
		if got := merge(nil, shuffled...); *got != want {
			t.Fatalf("commutative: got %+v, want the greatest, %+v", *got, want)
		}
		cut := rapid.IntRange(0, len(shuffled)).Draw(t, "cut")
		left, right := merge(nil, shuffled[:cut]...), merge(nil, shuffled[cut:]...)
		both := left
		if right != nil {
			both = merge(left, *right)
		}
		if *both != want {
			t.Fatalf("associative: got %+v, want %+v", *both, want)
		}
		if got := merge(merge(nil, shuffled...), shuffled...); *got != want {
			t.Fatalf("idempotent: got %+v, want %+v", *got, want)
		}
	})
}

func TestAClockMayLeadItsRowByAMillionAndNoMore(t *testing.T) {
	if wrong := wire.CheckClock(5, 5+wire.MaxClockLead); wrong != nil {
		t.Errorf("a lead of exactly a million is refused: %v", wrong)
	}
	wrong := wire.CheckClock(5, 6+wire.MaxClockLead)
	if wrong == nil || wrong.Fields["clock"] == "" {
		t.Errorf("one more than a million gives %+v, want fields.clock", wrong)
	}
	if wrong := wire.CheckClock(wire.MaxClock, 0); wrong != nil {
		t.Errorf("an op that is behind is refused: %v", wrong)
	}
}
