package disk

import "testing"

func TestWhichKernelsTellOfErrors(t *testing.T) {
	for release, want := range map[string]bool{"5.7.19": false, "5.8.0-rc1": true, "5.10.0-28-amd64": true, "4.19.0": false, "6.1.0": true, "10.0": true, "": false, "next": false} {
		if got := tellsErrors(release); got != want {
			t.Errorf("%q: %v", release, got)
		}
	}
}
