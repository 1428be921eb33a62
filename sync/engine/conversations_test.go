package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

var update = flag.Bool("update", false, "write the answers of the golden conversations anew")

// conversation is a file of ../wire/testdata/conversations: what people send
// and what they are answered, as the client's tests read it too. In answers "*"
// stands for any text. In requests the page_token "*" is the one of the last
// answer, and the history_id "*" the one of the first.
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

// step is one request and its answer. Later moves the server's clock first;
// Renew is no request but a restore, of what the server has just now.
type step struct {
	Who          string          `json:"who,omitempty"`
	Later        int64           `json:"later,omitempty"` // ms
	Push         json.RawMessage `json:"push,omitempty"`
	Pull         json.RawMessage `json:"pull,omitempty"`
	Snapshot     json.RawMessage `json:"snapshot,omitempty"`
	Digest       json.RawMessage `json:"digest,omitempty"`
	History      json.RawMessage `json:"history,omitempty"`
	UpdateCursor json.RawMessage `json:"update_cursor,omitempty"`
	GCTombstones json.RawMessage `json:"gc_tombstones,omitempty"`
	GCChangeLog  json.RawMessage `json:"gc_change_log,omitempty"`
	Renew        *renewal        `json:"renew,omitempty"`
	Answer       json.RawMessage `json:"answer,omitempty"`
	Fault        *refusal        `json:"fault,omitempty"`
}

type renewal struct {
	DiscardNewer bool `json:"discard_newer"`
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
				var said memory
				for i := range c.Steps {
					w.follow(i, &c.Steps[i], c.People[c.Steps[i].Who], &said)
				}
				if *update {
					w.must(writeConversation(file, c))
				}
			})
		})
	}
}

// memory is what requests say again.
type memory struct{ history, pageToken string }

// recall puts in what a request says again.
func (m *memory) recall(request json.RawMessage) []byte {
	text := bytes.ReplaceAll(request, []byte(`"page_token": "*"`), []byte(`"page_token": "`+m.pageToken+`"`))
	return bytes.ReplaceAll(text, []byte(`"history_id": "*"`), []byte(`"history_id": "`+m.history+`"`))
}

func (m *memory) keep(answer []byte) {
	var said struct {
		HistoryID string `json:"history_id"`
		PageToken string `json:"next_page_token"`
	}
	_ = json.Unmarshal(answer, &said)
	if m.history == "" {
		m.history = said.HistoryID
	}
	if said.PageToken != "" {
		m.pageToken = said.PageToken
	}
}

// follow holds one step of a conversation against what the engine answers.
func (w *world) follow(i int, s *step, p person, m *memory) {
	w.t.Helper()
	w.millis.Add(s.Later)
	if s.Renew != nil {
		_, err := w.e.RenewHistory(w.t.Context(), s.Renew.DiscardNewer)
		w.must(err)
		return
	}
	a := engine.Actor{UserID: p.UserID, CanWrite: p.CanWrite}
	answer, err := w.answer(a, s, m)
	var got *refusal
	var f *fault.Error
	if errors.As(err, &f) {
		got = &refusal{Code: f.Kind, Fields: f.Fields}
	} else if err != nil {
		w.t.Fatalf("step %d: %v", i+1, err)
	}
	m.keep(answer)
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

func (w *world) answer(a engine.Actor, s *step, m *memory) ([]byte, error) {
	switch {
	case s.Push != nil:
		return answerTo(w, a, m.recall(s.Push), wire.DecodePush, w.e.Push, (*wire.PushResponse).AppendJSON)
	case s.Pull != nil:
		return answerTo(w, a, m.recall(s.Pull), wire.DecodePull, w.e.Pull, (*wire.PullResponse).AppendJSON)
	case s.Snapshot != nil:
		return answerTo(w, a, m.recall(s.Snapshot), wire.DecodeSnapshot, w.e.Snapshot, (*wire.SnapshotResponse).AppendJSON)
	case s.Digest != nil:
		return answerTo(w, a, s.Digest, wire.DecodeDigest, w.e.Digest, appendJSON)
	case s.History != nil:
		return answerTo(w, a, s.History, wire.DecodeHistory, w.e.History, appendJSON)
	case s.UpdateCursor != nil:
		return answerTo(w, a, s.UpdateCursor, wire.DecodeCursor, w.e.UpdateCursor, appendJSON)
	case s.GCTombstones != nil:
		return answerTo(w, a, s.GCTombstones, wire.DecodeCollect, w.e.CollectTombstones, appendJSON)
	case s.GCChangeLog != nil:
		return answerTo(w, a, s.GCChangeLog, wire.DecodeCollect, w.e.CollectChangeLog, appendJSON)
	}
	return nil, errors.New("a step without a request")
}

func answerTo[Request, Response any](w *world, a engine.Actor, body []byte, decode func([]byte) (Request, error),
	serve func(context.Context, engine.Actor, Request) (Response, error), write func(*Response, []byte) []byte) ([]byte, error) {
	req, err := decode(body)
	if err != nil {
		return nil, err
	}
	r, err := serve(w.t.Context(), a, req)
	if err != nil {
		return nil, err
	}
	return write(&r, nil), nil
}

func appendJSON[Response any](r *Response, b []byte) []byte {
	text, err := jsonv2.Marshal(r)
	if err != nil {
		return b
	}
	return append(b, text...)
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
	if v["next_page_token"] != nil {
		v["next_page_token"] = "*"
	}
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
