package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

var update = flag.Bool("update", false, "write the answers of the golden conversations anew")

// conversation is a file of ../wire/testdata/conversations: what people send
// and what they are answered, as the client's tests read it too. "*" stands
// for any text.
type conversation struct {
	What   string            `json:"what"`
	Now    int64             `json:"now"`
	People map[string]person `json:"people"`
	Steps  []step            `json:"steps"`
}

type person struct {
	UserID   string `json:"user_id"`
	CanWrite bool   `json:"can_write"`
}

type step struct {
	Who    string          `json:"who"`
	Push   json.RawMessage `json:"push,omitempty"`
	Pull   json.RawMessage `json:"pull,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
	Fault  *refusal        `json:"fault,omitempty"`
}

type refusal struct {
	Code   fault.Kind        `json:"code"`
	Fields map[string]string `json:"fields,omitempty"`
}

func TestGoldenConversations(t *testing.T) {
	files, err := filepath.Glob("../wire/testdata/conversations/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dbtest.EachURL(t, func(t *testing.T, url string) {
				var c conversation
				if err := json.Unmarshal(text, &c); err != nil {
					t.Fatal(err)
				}
				w := newWorld(t, dbtest.Open(t, url))
				w.millis.Store(c.Now)
				for i := range c.Steps {
					w.follow(i, &c.Steps[i], c.People[c.Steps[i].Who])
				}
				if *update {
					w.must(writeConversation(file, c))
				}
			})
		})
	}
}

// follow holds one step of a conversation against what the engine answers.
func (w *world) follow(i int, s *step, p person) {
	w.t.Helper()
	a := engine.Actor{UserID: p.UserID, CanWrite: p.CanWrite}
	answer, err := w.answer(a, s)
	var got *refusal
	var f *fault.Error
	if errors.As(err, &f) {
		got = &refusal{Code: f.Kind, Fields: f.Fields}
	} else if err != nil {
		w.t.Fatalf("step %d: %v", i+1, err)
	}
	if *update {
		s.Answer, s.Fault = anonymous(answer), got
		return
	}
	if !reflect.DeepEqual(got, s.Fault) {
		w.t.Fatalf("step %d: refused with %+v, want %+v", i+1, got, s.Fault)
	}
	if err == nil && !matches(decode(w.t, answer), decode(w.t, s.Answer)) {
		w.t.Errorf("step %d: answered\n%s, want\n%s", i+1, answer, s.Answer)
	}
}

func (w *world) answer(a engine.Actor, s *step) ([]byte, error) {
	if s.Push != nil {
		req, err := wire.DecodePush(s.Push)
		if err != nil {
			return nil, err
		}
		r, err := w.e.Push(w.t.Context(), a, req)
		if err != nil {
			return nil, err
		}
		return r.AppendJSON(nil), nil
	}
	req, err := wire.DecodePull(s.Pull)
	if err != nil {
		return nil, err
	}
	r, err := w.e.Pull(w.t.Context(), a, req)
	if err != nil {
		return nil, err
	}
	return r.AppendJSON(nil), nil
}

func decode(t testing.TB, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func matches(got, want any) bool {
	switch want := want.(type) {
	case string:
		text, ok := got.(string)
		return ok && (want == "*" || want == text)
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || len(object) != len(want) {
			return false
		}
		for name, value := range want {
			if !matches(object[name], value) {
				return false
			}
		}
		return true
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !matches(list[i], want[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}

// anonymous takes out of an answer what differs from run to run or is meant
// for people.
func anonymous(answer []byte) []byte {
	if answer == nil {
		return nil
	}
	var v map[string]any
	_ = json.Unmarshal(answer, &v)
	v["history_id"] = "*"
	results, _ := v["results"].([]any)
	for _, r := range results {
		if e, ok := r.(map[string]any)["error"].(map[string]any); ok {
			e["message"] = "*"
			if fields, ok := e["fields"].(map[string]any); ok {
				for name := range fields {
					fields[name] = "*"
				}
			}
		}
	}
	out, _ := json.Marshal(v)
	return out
}

func writeConversation(file string, c conversation) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(c); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o644)
}
