package services_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

const post = `{"title":"Tide","content":"x","post_type":"doc","created_at":1764288000,"updated_at":1764288000}`

func put(table, id, row string) string {
	return text(host.RowPut{Table: table, ID: id, Row: json.RawMessage(row)})
}

func (w *world) pull(workspaceID, userID string) []wire.Change {
	w.t.Helper()
	page, err := w.engine.Pull(w.t.Context(), engine.Actor{UserID: userID}, wire.PullRequest{WorkspaceID: workspaceID, Limit: 1000})
	w.must(err)
	return page.Changes
}

func TestAPluginsWriteIsAnOpLikeAnyDevices(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, who := range []*call{w.as(w.editor, w.first), w.as(nil, w.first)} {
			before := len(w.pull(w.first, w.viewer.UserID))
			var made host.RowWritten
			w.must(json.Unmarshal([]byte(who.want("or3_rows_put", put("posts", "", post), "")), &made))
			// A device writes it meanwhile, far ahead; the plugin's next write still stands.
			_, err := w.engine.Push(t.Context(), engine.Actor{UserID: w.owner.UserID, CanWrite: true}, wire.PushRequest{WorkspaceID: w.first, Ops: []wire.Op{{
				Table: wire.Posts, Op: wire.Put, PK: made.ID, Payload: []byte(strings.Replace(post, "{", `{"id":"`+made.ID+`",`, 1)),
				Stamp: wire.Stamp{Clock: 40, HLC: "1764288001000:0000:dev", DeviceID: "phone", OpID: id()},
			}}})
			w.must(err)
			var again host.RowWritten
			w.must(json.Unmarshal([]byte(who.want("or3_rows_put", put("posts", made.ID, strings.Replace(post, "Tide", "Ebb", 1)), "")), &again))
			if again.ID != made.ID || again.Version <= made.Version {
				t.Errorf("written %+v, then %+v", made, again)
			}
			changes := w.pull(w.first, w.viewer.UserID)[before:]
			if len(changes) == 0 {
				t.Fatal("devices receive nothing")
			}
			last := changes[len(changes)-1]
			if last.PK != made.ID || !strings.Contains(string(last.Payload), `"title":"Ebb"`) || last.Stamp.DeviceID != "plugin" || last.Stamp.Clock != 41 || last.Stamp.HLC <= "1764288001000:0000:dev" || last.ServerVersion != again.Version {
				t.Errorf("devices receive %s", text(last))
			}
			if got := who.want("or3_rows_get", text(host.RowGet{Table: "posts", ID: made.ID}), ""); !strings.Contains(got, `"title":"Ebb"`) {
				t.Errorf("reading it: %s", got)
			}
			who.want("or3_rows_delete", text(host.RowGet{Table: "posts", ID: made.ID}), "")
			if got := who.want("or3_rows_get", text(host.RowGet{Table: "posts", ID: made.ID}), ""); got != `{"found":false}` {
				t.Errorf("after the delete: %s", got)
			}
			who.want("or3_rows_delete", text(host.RowGet{Table: "posts", ID: made.ID}), "not_found")
			for _, e := range w.entries(services.ActRow) {
				if e.Actor.ID != w.editor.UserID && e.Actor.Name != "plugin:acme" {
					t.Errorf("in the audit log: %s", text(e))
				}
			}
		}
		if n := len(w.entries(services.ActRow)); n != 4 {
			t.Errorf("%d entries in the audit log, want a put and a delete of each call", n)
		}
	})
}

func TestARejectedWriteSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.editor, w.first)
		if got := c.want("or3_rows_put", put("posts", "p1", `{"content":"x"}`), "validation_error"); !strings.Contains(got, `"title"`) {
			t.Errorf("a row without a title: %s", got)
		}
		c.want("or3_rows_put", put("posts", "p1", `[]`), "validation_error")
		c.want("or3_rows_put", put("posts", "p1", strings.Replace(post, `"x"`, `"`+strings.Repeat("x", 300<<10)+`"`, 1)), "too_large")
		c.want("or3_rows_put", put("posts", "p1", strings.Replace(post, "{", `{"id":"p2",`, 1)), "validation_error")
		c.want("or3_rows_put", put("secrets", "p1", post), "forbidden")
		c.want("or3_rows_get", `{"table":"users","id":"x"}`, "forbidden")
		message := `{"id":"m1","thread_id":"t1","role":"user","index":1,"order_key":"a","author_user_id":"` + w.owner.UserID + `","created_at":1,"updated_at":1}`
		c.want("or3_rows_put", put("messages", "m1", message), "validation_error")
		if n := len(w.pull(w.first, w.owner.UserID)); n != 0 {
			t.Errorf("%d of the refused writes were applied", n)
		}
	})
}

func TestAPersonsRoleBoundsThePlugin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(nil, w.first).want("or3_rows_put", put("posts", "p1", post), "")
		for _, c := range []struct {
			who                 *call
			read, write, write2 string
		}{
			{w.as(w.owner, w.first), "", "", ""},
			{w.as(w.editor, w.first), "", "", ""},
			{w.as(w.viewer, w.first), "", "forbidden", "forbidden"},
			{w.as(w.stranger, w.first), "not_found", "not_found", "not_found"},
			{w.as(nil, w.first), "", "", ""},
			{w.as(w.owner, w.first, "workspace.read"), "", "not_linked", "not_linked"},
			{w.as(nil, w.first, "workspace.read"), "", "not_linked", "not_linked"},
			{w.as(nil, w.first, "kv"), "not_linked", "not_linked", "not_linked"},
		} {
			c.who.want("or3_rows_get", `{"table":"posts","id":"p1"}`, c.read)
			c.who.want("or3_rows_list", `{"table":"posts"}`, c.read)
			c.who.want("or3_rows_put", put("posts", "p1", post), c.write)
			c.who.want("or3_rows_put", put("posts", "", post), c.write2)
			if c.write == "" {
				c.who.want("or3_notify", text(host.Notice{UserID: w.viewer.UserID, Title: "x"}), "")
			}
		}
		w.as(w.viewer, w.first).want("or3_notify", text(host.Notice{UserID: w.owner.UserID, Title: "x"}), "forbidden")
		w.as(w.viewer, w.first).want("or3_rows_delete", `{"table":"posts","id":"p1"}`, "forbidden")
		// Nothing reaches another workspace.
		c := w.as(w.stranger, w.second)
		if got := c.want("or3_rows_get", `{"table":"posts","id":"p1"}`, ""); got != `{"found":false}` {
			t.Errorf("from another workspace: %s", got)
		}
		if got := c.want("or3_rows_list", `{"table":"posts"}`, ""); got != `{"rows":[]}` {
			t.Errorf("from another workspace: %s", got)
		}
	})
}

func TestPrivateRowsAndTheServersSettingsStayThat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(w.engine.SetKV(t.Context(), w.first, "plugins.settings.acme", "{}"))
		w.must(w.engine.SetKV(t.Context(), w.first, "admin.dashboard", "{}"))
		w.must(w.engine.Tell(t.Context(), w.first, w.editor.UserID, engine.Notice{ID: "n1", Type: "x", Title: "For Ed"}))
		private := "user." + w.editor.UserID + ".draft"
		kv := func(name string) string {
			return fmt.Sprintf(`{"id":%q,"name":%q,"value":"v","created_at":1,"updated_at":1}`, name, name)
		}
		own := w.as(w.editor, w.first)
		own.want("or3_rows_put", put("kv", private, kv(private)), "")
		own.want("or3_rows_put", put("kv", "shared", kv("shared")), "")
		if got := own.want("or3_rows_list", `{"table":"kv"}`, ""); !strings.Contains(got, private) || strings.Contains(got, "settings.acme") || strings.Contains(got, "dashboard") {
			t.Errorf("their own: %s", got)
		}
		if got := own.want("or3_rows_list", `{"table":"notifications"}`, ""); !strings.Contains(got, "For Ed") {
			t.Errorf("their own: %s", got)
		}
		for name, c := range map[string]*call{"itself": w.as(nil, w.first), "another person": w.as(w.owner, w.first)} {
			if got := c.want("or3_rows_list", `{"table":"kv"}`, ""); !strings.Contains(got, "shared") || strings.Contains(got, private) {
				t.Errorf("%s lists %s", name, got)
			}
			if got := c.want("or3_rows_list", `{"table":"notifications"}`, ""); got != `{"rows":[]}` {
				t.Errorf("%s lists %s", name, got)
			}
			for _, in := range []string{text(host.RowGet{Table: "kv", ID: private}), `{"table":"notifications","id":"n1"}`, `{"table":"kv","id":"plugins.settings.acme"}`, `{"table":"kv","id":"admin.dashboard"}`} {
				if got := c.want("or3_rows_get", in, ""); got != `{"found":false}` {
					t.Errorf("%s reads %s: %s", name, in, got)
				}
			}
			c.want("or3_rows_put", put("kv", private, kv(private)), "forbidden")
			if _, code := c.do("or3_rows_delete", text(host.RowGet{Table: "kv", ID: private})); code == "" {
				t.Errorf("%s deletes what is private", name)
			}
			notice := `{"id":"n1","user_id":"` + w.editor.UserID + `","type":"x","title":"forged","created_at":1,"updated_at":1}`
			c.want("or3_rows_put", put("notifications", "n1", notice), "forbidden")
			for _, name := range []string{"plugins.enabled", "plugins.settings.acme", "plugins.anything", "admin.dashboard"} {
				c.want("or3_rows_put", put("kv", name, kv(name)), "forbidden")
				c.want("or3_rows_delete", text(host.RowGet{Table: "kv", ID: name}), "forbidden")
			}
		}
		if got := own.want("or3_rows_get", text(host.RowGet{Table: "kv", ID: private}), ""); !strings.Contains(got, `"value":"v"`) {
			t.Errorf("after all that: %s", got)
		}
	})
}

func TestRowsComeInPagesThatFit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.editor, w.first)
		for i := range 7 {
			c.want("or3_rows_put", put("posts", fmt.Sprintf("p%d", i), strings.Replace(post, `"x"`, `"`+strings.Repeat("x", 200<<10)+`"`, 1)), "")
		}
		var ids []string
		for after := ""; ; {
			var page host.RowPage
			answer := c.want("or3_rows_list", text(host.RowList{Table: "posts", After: after}), "")
			if len(answer) > 1<<20 {
				t.Errorf("a page has %d bytes", len(answer))
			}
			w.must(json.Unmarshal([]byte(answer), &page))
			for _, row := range page.Rows {
				var r struct{ ID string }
				w.must(json.Unmarshal(row, &r))
				ids = append(ids, r.ID)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if fmt.Sprint(ids) != "[p0 p1 p2 p3 p4 p5 p6]" {
			t.Errorf("the pages have %v", ids)
		}
	})
}
