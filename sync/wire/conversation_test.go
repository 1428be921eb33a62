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
				Steps []map[string]jsontext.Value `json:"steps"`
			}
			if err := json.Unmarshal(text, &c, jsontext.AllowInvalidUTF8(true)); err != nil {
				t.Fatal(err)
			}
			for i, s := range c.Steps {
				if s["renew"] != nil {
					continue
				}
				if (s["answer"] == nil) == (s["fault"] == nil) {
					t.Errorf("step %d has an answer and a fault, or neither", i+1)
				}
				read := 0
				for kind, language := range conversationLanguages {
					if s[kind] == nil {
						continue
					}
					read++
					as, err := language(s[kind])
					if err != nil && s["fault"] != nil {
						continue // the engine's test says with which words
					}
					speaks(t, i, s["answer"], err, as)
				}
				if read != 1 {
					t.Errorf("step %d has %d requests", i+1, read)
				}
			}
		})
	}
}

// conversationLanguages read a request and say what its answer is.
var conversationLanguages = map[string]func([]byte) (any, error){
	"push":          spoken(wire.DecodePush, wire.PushResponse{}),
	"pull":          spoken(wire.DecodePull, wire.PullResponse{}),
	"snapshot":      spoken(wire.DecodeSnapshot, wire.SnapshotResponse{}),
	"digest":        spoken(wire.DecodeDigest, wire.DigestResponse{}),
	"history":       spoken(wire.DecodeHistory, wire.HistoryResponse{}),
	"update_cursor": spoken(wire.DecodeCursor, wire.CursorResponse{}),
	"gc_tombstones": spoken(wire.DecodeCollect, wire.CollectResponse{}),
	"gc_change_log": spoken(wire.DecodeCollect, wire.CollectResponse{}),
}

func spoken[Request, Response any](decode func([]byte) (Request, error), answer Response) func([]byte) (any, error) {
	return func(body []byte) (any, error) {
		_, err := decode(body)
		as := answer
		return &as, err
	}
}

func speaks(t *testing.T, i int, answer jsontext.Value, err error, as any) {
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
	written, err := json.Marshal(as)
	if fast, ok := as.(interface{ AppendJSON([]byte) []byte }); ok {
		written, err = fast.AppendJSON(nil), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Canonical(written)
	if err != nil || string(got) != string(want) {
		t.Errorf("step %d: the answer is written as\n%s (%v), want\n%s", i+1, got, err, want)
	}
}
