//go:build linux

package fault

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"or3.cloud/or3/sync/wire"
)

// refusal is an answer that is an error. The server's own word is in code.
type refusal struct {
	status int
	code   string
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

// callTimeout bounds one request; a frozen server is noticed by it.
const callTimeout = 30 * time.Second

// newHTTP is a client whose connections are not shared with any other.
func newHTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: callTimeout}
}

// call sends one request and decodes its answer: a *refusal when the server
// said no, another error when it did not answer.
func call(ctx context.Context, via *http.Client, method, url, token string, body, reply any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := via.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		var said struct {
			Error struct {
				Code string `json:"code"`
			} `json:"error"`
		}
		_ = json.Unmarshal(text, &said)
		return &refusal{status: res.StatusCode, code: said.Error.Code, text: string(text)}
	}
	return json.Unmarshal(text, reply)
}

func push(ctx context.Context, via *http.Client, base string, s *site, ops []wire.Op) (wire.PushResponse, error) {
	var answer wire.PushResponse
	err := call(ctx, via, http.MethodPost, base+"/api/sync/push", s.token, wire.PushRequest{WorkspaceID: s.workspace, Ops: ops}, &answer)
	if err == nil && len(answer.Results) != len(ops) {
		err = fmt.Errorf("%d results for %d ops", len(answer.Results), len(ops))
	}
	return answer, err
}

// pullAfter gives every change after the cursor.
func pullAfter(t testing.TB, base string, s *site, cursor int64) []wire.Change {
	t.Helper()
	via := newHTTP()
	defer via.CloseIdleConnections()
	var all []wire.Change
	for {
		var page wire.PullResponse
		err := call(t.Context(), via, http.MethodPost, base+"/api/sync/pull", s.token,
			wire.PullRequest{WorkspaceID: s.workspace, Cursor: cursor, Limit: 1000}, &page)
		if err != nil {
			t.Fatalf("pull after %d: %v", cursor, err)
		}
		all = append(all, page.Changes...)
		cursor = page.NextCursor
		if !page.HasMore {
			return all
		}
	}
}

func firstWorkspace(t testing.TB, base, token string) string {
	t.Helper()
	var list struct {
		Workspaces []struct {
			ID string `json:"id"`
		} `json:"workspaces"`
	}
	if err := call(t.Context(), http.DefaultClient, http.MethodGet, base+"/api/workspaces", token, nil, &list); err != nil || len(list.Workspaces) == 0 {
		t.Fatalf("no workspace: %v", err)
	}
	return list.Workspaces[0].ID
}

// writer makes ops of one device.
type writer struct {
	name    string // 1–16 of [a-z0-9]
	counter int
	random  *rand.Rand
}

func (w *writer) stamp(clock int64) wire.Stamp {
	w.counter++
	return wire.Stamp{DeviceID: w.name, OpID: newID(), Clock: clock,
		HLC: wire.HLC{Millis: time.Now().UnixMilli(), Counter: w.counter % 10000, Node: w.name}.String()}
}

// message is a new row that nobody else writes.
func (w *writer) message() wire.Op {
	id := newID()
	stamp := w.stamp(1)
	payload := fmt.Sprintf(`{"id":%q,"thread_id":"deck-log","role":"user","index":0,"order_key":%q,"created_at":%d,"updated_at":%d,"data":{"content":"The seal kit arrives on Thursday, before the tide."}}`,
		id, stamp.HLC, time.Now().Unix(), time.Now().Unix())
	return wire.Op{Table: wire.Messages, Op: wire.Put, PK: id, Payload: []byte(payload), Stamp: stamp}
}

// shared is a write to a row that everybody writes, so that some of them lose.
func (w *writer) shared() wire.Op {
	return wire.Op{Table: wire.KV, Op: wire.Put, PK: "tide", Stamp: w.stamp(w.random.Int64N(100_000)),
		Payload: fmt.Appendf(nil, `{"id":"tide","name":"tide","value":%q,"created_at":%d,"updated_at":%d}`, newID(), time.Now().Unix(), time.Now().Unix())}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
