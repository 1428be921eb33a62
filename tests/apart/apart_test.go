// Package apart is two browsers of one person that were apart and come together:
// written offline on both, killed, away for a day; and pages without a server. Its
// specs use the library and
// the packages of tests/e2e.
package apart

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestDevicesMeetAgain(t *testing.T) { browser.Run(t, "specs") }
