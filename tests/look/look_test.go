// Package look is every page seen in a browser, wide and narrow, light and dark,
// and the server without its app. Its specs use the library and the packages of
// tests/e2e.
package look

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestEveryPageIsFitToBeSeen(t *testing.T) { browser.Run(t, "specs") }
