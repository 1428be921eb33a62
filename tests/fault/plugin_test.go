//go:build linux

package fault

import (
	"bytes"
	"os"
	"testing"

	vocabulary "or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/archive/archivetest"
)

// The disk is full in the middle of an extraction. The owner is told so, nothing
// of the plugin stays, and there is room again for what is smaller.
func TestAPluginThatDoesNotFitOnTheDiskLeavesNothing(t *testing.T) {
	dir, err := os.OpenRoot(mountMemory(t, 256<<10))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	extract := func(zip []byte, name string) error {
		a, err := archive.Open(bytes.NewReader(zip), int64(len(zip)), archive.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return a.Extract(dir, name)
	}
	large := archivetest.With(map[string]string{"assets/chart.bin": string(bytes.Repeat([]byte("chart "), 200<<10))})
	if err := extract(large, "large"); !vocabulary.Is(err, vocabulary.DiskFull) {
		t.Errorf("a package that does not fit: %v", err)
	}
	left, err := os.ReadDir(dir.Name())
	if err != nil || len(left) != 0 {
		t.Errorf("it has left %v, %v", left, err)
	}
	if err := extract(archivetest.Good(), "small"); err != nil {
		t.Errorf("one that fits: %v", err)
	}
}
