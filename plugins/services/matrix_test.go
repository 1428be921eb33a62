package services_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew; then read its difference")

// Who may do what through a plugin: what the person may, cut down by what the
// plugin was granted, and by whatever narrows the decision. testdata/matrix.txt is
// the whole of it; whoever changes it reads the difference.
func TestWhoMayDoWhatThroughAPlugin(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	w.web = func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write([]byte("high")) }
	narrowed := &policies.Session{ID: "s-narrowed", Kind: policies.BrowserSession, UserID: w.editor.UserID}
	policies.DecisionFilter.On(w.bus, hook.Options{Name: "test"}, func(_ context.Context, q policies.Question) (policies.Question, error) {
		if q.Session.ID == narrowed.ID && q.Decision.Permission == policies.WorkspaceWrite {
			q.Decision.Allowed = false
		}
		return q, nil
	})
	made := func() string {
		var row host.RowWritten
		w.must(json.Unmarshal([]byte(w.as(nil, w.first).want("or3_rows_put", put("posts", "", post), "")), &row))
		return text(host.RowGet{Table: "posts", ID: row.ID})
	}
	request := map[string]func() string{
		"or3_kv_get": func() string { return `{"key":"a"}` }, "or3_kv_set": func() string { return `{"key":"a","value":1}` },
		"or3_kv_delete": func() string { return `{"key":"a"}` }, "or3_kv_list": func() string { return `{}` },
		"or3_blob_put": func() string { return `{"key":"a","data":"YQ=="}` }, "or3_blob_get": func() string { return `{"key":"a"}` }, "or3_blob_delete": func() string { return `{"key":"a"}` },
		"or3_rows_get":     made,
		"or3_rows_list":    func() string { return `{"table":"posts"}` },
		"or3_rows_put":     func() string { return put("posts", "", post) },
		"or3_rows_delete":  made,
		"or3_members_list": func() string { return `{}` },
		"or3_event_emit":   func() string { return `{"type":"acme.tide"}` },
		"or3_http_fetch":   func() string { return `{"url":"https://example.com/"}` },
		"or3_notify":       func() string { return text(host.Notice{UserID: w.viewer.UserID, Title: "Tide"}) },
		"or3_audit":        func() string { return `{"action":"looked"}` },
		"or3_log":          func() string { return `{"level":"info","message":"x"}` },
		"or3_now":          func() string { return `{}` },
	}
	who := []struct {
		name    string
		session *policies.Session
	}{{"viewer", w.viewer}, {"editor", w.editor}, {"owner", w.owner}, {"narrowed", narrowed}, {"stranger", w.stranger}, {"itself", nil}}
	var out strings.Builder
	line := func(cells ...string) {
		for i, cell := range cells {
			width := 12
			if i == 0 {
				width = 18
			}
			cells[i] = fmt.Sprintf("%-*s", width, cell)
		}
		out.WriteString(strings.TrimRight(strings.Join(cells, " "), " ") + "\n")
	}
	line("# granted:", "viewer", "editor", "owner", "narrowed", "stranger", "itself", "# not granted, owner")
	for _, f := range host.Functions() {
		ask := request[f.Name]
		if ask == nil {
			t.Fatalf("nobody says what %s is asked", f.Name)
		}
		cells := []string{f.Name}
		for _, p := range who {
			cells = append(cells, outcome(t, w.as(p.session, w.first), f, ask()))
		}
		c := w.as(w.owner, w.first)
		delete(c.by.Granted, f.Capability)
		line(append(cells, outcome(t, c, f, ask()))...)
	}
	path := filepath.Join("testdata", "matrix.txt")
	if *update {
		w.must(os.WriteFile(path, []byte(out.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	w.must(err)
	if out.String() != string(want) {
		t.Errorf("it is\n%s\nand was (-update writes it anew)\n%s", out.String(), want)
	}
}

func outcome(t *testing.T, c *call, f host.Function, in string) string {
	t.Helper()
	answer, err := f.Call(c.ctx, c.w.s, c.by, []byte(in))
	var failed struct {
		Error *host.Error `json:"error"`
	}
	switch {
	case json.Unmarshal(answer, &failed) == nil && failed.Error != nil:
		return failed.Error.Code
	case err != nil:
		t.Errorf("%s %s: %v", f.Name, in, err)
		return "failed"
	}
	return "ok"
}
