// Package files is files in the app, in a browser: attached, sent from where they
// stopped, listed, many at once, without scripts, and waiting. Its specs use the
// library and the packages of tests/e2e.
package files

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestAFileIsWhereItWasPut(t *testing.T) { browser.Run(t, "specs") }
