package engine_test

import (
	"encoding/json"
	"os"
	"testing"

	"or3.cloud/or3/sync/engine"
)

func TestAFileNameIsShownInOneLine(t *testing.T) {
	text, err := os.ReadFile("testdata/file_names.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Name, Plain string }
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, c := range cases {
		if got := engine.PlainName(c.Name); got != c.Plain {
			t.Errorf("%q is shown as %q, want %q", c.Name, got, c.Plain)
		}
	}
}
