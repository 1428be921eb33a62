package account_test

import (
	"errors"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// fieldsOf are the fields an Invalid fault complains of.
func fieldsOf(t *testing.T, err error) map[string]string {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid {
		t.Fatalf("got %v; want an Invalid fault", err)
	}
	return f.Fields
}
