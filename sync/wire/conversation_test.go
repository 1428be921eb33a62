package wire_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/sync/wire"
)

// The engine is held against these files on both databases; here it is the
// language alone: requests can be read, and answers are what the types say.
func TestGoldenConversationsSpeakTheLanguage(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c struct {
				Steps []struct{ Push, Pull, Answer, Fault jsontext.Value }
			}
			if err := json.Unmarshal(text, &c, json.MatchCaseInsensitiveNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
				t.Fatal(err)
			}
			for i, s := range c.Steps {
				if (s.Answer == nil) == (s.Fault == nil) {
					t.Errorf("step %d has an answer and a fault, or neither", i+1)
				}
				if s.Push != nil {
					_, err = wire.DecodePush(s.Push)
					speaks(t, i, s.Answer, err, &wire.PushResponse{})
				} else {
					_, err = wire.DecodePull(s.Pull)
					speaks(t, i, s.Answer, err, &wire.PullResponse{})
				}
			}
		})
	}
}

func speaks(t *testing.T, i int, answer jsontext.Value, err error, as interface{ AppendJSON([]byte) []byte }) {
	t.Helper()
	if err != nil {
		t.Errorf("step %d: the request cannot be read: %v", i+1, err)
	}
	if answer == nil {
		return
	}
	if err := json.Unmarshal(answer, as, json.RejectUnknownMembers(true)); err != nil {
		t.Errorf("step %d: the answer cannot be read: %v", i+1, err)
	}
	want, _ := wire.Canonical(answer)
	got, err := wire.Canonical(as.AppendJSON(nil))
	if err != nil || string(got) != string(want) {
		t.Errorf("step %d: the answer is written as\n%s (%v), want\n%s", i+1, got, err, want)
	}
}
