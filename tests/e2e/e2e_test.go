// Package e2e is the app and the console as people use them in a browser.
package e2e

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestPeopleUseItInABrowser(t *testing.T) { browser.Run(t, "specs") }
