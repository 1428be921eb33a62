package cli

import (
	"testing"

	"or3.cloud/or3/internal/fault"
)

func TestARefusalIsOneSentenceWithItsFields(t *testing.T) {
	err := &fault.Error{Kind: fault.Invalid, Message: "The package is not signed.", Fields: map[string]string{"archive": "signing/other_key"}}
	if got := words(err); got != "The package is not signed; archive: signing/other_key" {
		t.Error(got)
	}
}
