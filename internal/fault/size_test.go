package fault_test

import (
	"testing"

	"or3.cloud/or3/internal/fault"
)

// Who set 4 MiB reads 4 MiB, and who set 500 MB reads 500 MB.
func TestABoundIsWordedInTheUnitItWasSetIn(t *testing.T) {
	for n, want := range map[int64]string{
		16 << 10: "16 KiB", 4096 << 10: "4 MiB", 25 << 20: "25 MiB", 10e9: "10 GB", 500e6: "500 MB", 512 << 20: "512 MiB", 1 << 30: "1 GiB", 2e12: "2 TB", 700: "700 B", 1234567: "1.2 MB", 0: "0 B",
	} {
		if got := fault.Limit(n); got != want {
			t.Errorf("%d is worded %s, want %s", n, got, want)
		}
	}
}

// What is too large is told in the unit of what it may be.
func TestASizeBesideABoundHasUnitsOfTheSameKind(t *testing.T) {
	for _, c := range []struct {
		n, bound int64
		want     string
	}{
		{27577549, 25 << 20, "26.3 MiB"}, {26214401, 25 << 20, "26214401 B"}, {612, 64 << 10, "612 B"}, {1023, 16 << 10, "1023 B"}, {1 << 10, 16 << 10, "1 KiB"}, {1<<20 - 1, 25 << 20, "1 MiB"},
		{150 << 20, 200 << 20, "150 MiB"}, {3 << 50, 1 << 40, "3 PiB"}, {26_300_000, 25e6, "26.3 MB"},
	} {
		if got := fault.SizeBeside(c.n, c.bound); got != c.want {
			t.Errorf("%d beside %s is worded %s, want %s", c.n, fault.Limit(c.bound), got, c.want)
		}
	}
}
