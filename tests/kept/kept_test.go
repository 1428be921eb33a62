// Package kept is that what a person has typed is not lost, in a
// browser: drafts, two texts of one document, signing out, being removed.
// Its specs use the library and the packages of tests/e2e.
package kept

import (
	"testing"

	"or3.cloud/or3/tests/browser"
)

func TestWhatAPersonGaveIsKept(t *testing.T) { browser.Run(t, "specs") }
