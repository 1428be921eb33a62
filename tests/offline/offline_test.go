// Package offline is what the app does from what is on the device, in a browser:
// branches, projects, searching, backup files. Its specs use the library and the
// packages of tests/e2e.
package offline

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestTheDeviceAloneIsEnough(t *testing.T) { browser.Run(t, "specs") }
