// Package mistakes_test proves that the tests of sync find mistakes: each known
// one is built in, and the shortest suite that must notice it has to fail.
package mistakes_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/internal/mistake"
)

// by names the test that catches a mistake when it is not bad weather.
var by = map[mistake.Mistake]string{
	mistake.HintBeforeCommit: "TestNobodyHearsOfWhatWasRolledBack",
	mistake.CollectedEarly:   "TestADeletionWaitsForEveryDeviceInsideTheRetention",
	mistake.CursorFalls:      "TestADeletionWaitsForEveryDeviceInsideTheRetention",
}

const weather = "TestDevicesAgreeAfterBadWeather"

func TestEveryKnownMistakeIsCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the simulator with its mistakes and runs it many times")
	}
	suite := filepath.Join(t.TempDir(), "sim.test")
	if out, err := exec.Command("go", "test", "-tags", "or3_mistakes", "-c", "-o", suite, "or3.cloud/or3/tests/sim").CombinedOutput(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("SKIP: the go command is not on the PATH")
		}
		t.Fatalf("building: %v\n%s", err, out)
	}
	for _, test := range []string{weather, by[mistake.HintBeforeCommit], by[mistake.CollectedEarly]} {
		if out, err := run(suite, test, "none", "5"); err != nil {
			t.Fatalf("without a mistake %s fails: %v\n%s", test, err, out)
		}
	}
	for _, m := range mistake.All() {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			test := by[m]
			if test == "" {
				test = weather
			}
			out, err := run(suite, test, m, "200")
			switch {
			case err == nil:
				t.Errorf("%s did not notice the mistake %q", test, m)
			case !strings.Contains(out, "--- FAIL: "+test):
				t.Errorf("%s did not fail, it broke: %v\n%s", test, err, out)
			}
		})
	}
}

func run(suite, test string, m mistake.Mistake, seeds string) (string, error) {
	cmd := exec.Command(suite, "-test.v", "-test.run", "^"+test+"$", "-test.timeout", "10m", "-test.parallel", "1", "-stop", "-seeds", seeds)
	cmd.Env = append(os.Environ(), "OR3_TEST_MISTAKE="+string(m))
	out, err := cmd.CombinedOutput()
	return string(out), err
}
