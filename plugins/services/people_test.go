package services_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
	"or3.cloud/or3/sync/engine"
)

func TestMembersHaveTheGrantedFieldsAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all []host.Member
		c := w.as(w.viewer, w.first)
		for after := ""; ; {
			answer := c.want("or3_members_list", text(host.MemberList{After: after, Limit: 2}), "")
			if strings.Contains(answer, "@") || strings.Contains(answer, "joined_at") {
				t.Errorf("fields that were not granted: %s", answer)
			}
			var page host.MemberPage
			w.must(json.Unmarshal([]byte(answer), &page))
			all = append(all, page.Members...)
			if after = page.Next; after == "" {
				break
			}
		}
		if len(all) != 3 || all[0] != (host.Member{ID: w.owner.UserID, Name: "Olga", Role: "owner"}) || all[2].Role != "viewer" {
			t.Errorf("members: %+v", all)
		}
		c.by.Granted["members.read"] = json.RawMessage(`{"name":"members.read","fields":["email","joined_at"]}`)
		if got := c.want("or3_members_list", `{}`, ""); !strings.Contains(got, `"email":"olga@kestrel.example","joined_at":"2025-11-28T00:00:00Z"`) || strings.Contains(got, "Olga") {
			t.Errorf("with e-mail: %s", got)
		}
		w.as(w.stranger, w.first).want("or3_members_list", `{}`, "not_found")
		if got := w.as(nil, w.second).want("or3_members_list", `{}`, ""); strings.Count(got, `"id"`) != 1 {
			t.Errorf("the other workspace: %s", got)
		}
	})
}

func TestANoticeGoesToAMemberAndLeadsToThisServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.editor, w.first)
		send := func(n host.Notice, code string) { t.Helper(); c.want("or3_notify", text(n), code) }
		send(host.Notice{UserID: w.viewer.UserID, Title: "Low tide", Body: "at six\nor so", Link: "/w/" + w.first + "/x/acme"}, "")
		send(host.Notice{UserID: w.stranger.UserID, Title: "x"}, "not_found")
		send(host.Notice{UserID: "nobody", Title: "x"}, "not_found")
		for _, link := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x/y", "/a/../b", "/a\nb"} {
			send(host.Notice{UserID: w.viewer.UserID, Title: "x", Link: link}, "bad_request")
		}
		send(host.Notice{UserID: w.viewer.UserID, Title: " "}, "bad_request")
		send(host.Notice{UserID: w.viewer.UserID, Title: "a\nb"}, "bad_request")
		send(host.Notice{UserID: w.viewer.UserID, Title: "a\x00b"}, "bad_request")
		page, err := w.engine.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: w.first, UserID: w.viewer.UserID})
		w.must(err)
		if len(page.Notices) != 1 || page.Notices[0].Title != "Low tide" || page.Notices[0].Type != "plugin.acme" || page.Notices[0].Link != "/w/"+w.first+"/x/acme" {
			t.Errorf("notices: %+v", page.Notices)
		}
		for _, ws := range []string{w.first, w.second} {
			page, err := w.engine.Notices(t.Context(), engine.NoticeQuery{WorkspaceID: ws, UserID: w.stranger.UserID})
			w.must(err)
			if len(page.Notices) != 0 {
				t.Errorf("a stranger was told: %+v", page.Notices)
			}
		}
		if e := w.entries(services.ActNotice); len(e) != 1 || e[0].TargetID != w.viewer.UserID {
			t.Errorf("in the audit log: %s", text(e))
		}
	})
}

func TestNoticesAreFew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := map[string]int{}
		for range 2 {
			c := w.as(nil, w.first)
			for range 25 {
				_, code := c.do("or3_notify", text(host.Notice{UserID: w.viewer.UserID, Title: "x"}))
				sent[code]++
			}
		}
		if fmt.Sprint(sent) != "map[:30 quota_exceeded:10 too_many:10]" {
			t.Errorf("of fifty in two calls: %v", sent)
		}
		w.as(nil, w.first).want("or3_notify", text(host.Notice{UserID: w.owner.UserID, Title: "x"}), "")
		w.millis.Add(time.Hour.Milliseconds())
		w.as(nil, w.first).want("or3_notify", text(host.Notice{UserID: w.viewer.UserID, Title: "x"}), "")
	})
}

// Two servers on one database share what a plugin may send.
func TestTheNoticesOfAnHourAreCountedForAllNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := newWorld(t, dbtest.Open(t, url))
		o := w.opts
		o.DB = dbtest.Open(t, url)
		nodes := [2]host.Services{w.s, services.New(o)}
		hour := func() int64 {
			var sent atomic.Int64
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					c := w.as(nil, w.first) // five notices in each of eight calls
					for range 5 {
						_, err := nodes[i%2].Notices.Send(c.ctx, c.by, host.Notice{UserID: w.viewer.UserID, Title: "x"})
						var refused *host.Error
						switch {
						case err == nil:
							sent.Add(1)
						case fault.Is(err, fault.Unavailable): // the database is taken just now; nothing was counted
						case !errors.As(err, &refused) || refused.Code != services.QuotaExceeded:
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
			return sent.Load()
		}
		if n := hour(); n != 30 {
			t.Errorf("%d notices in an hour", n)
		}
		w.millis.Add(time.Hour.Milliseconds())
		if n := hour(); n != 30 {
			t.Errorf("%d notices in the next hour", n)
		}
	})
}

func TestAnEventBeginsWithThePluginsId(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var heard []services.EmittedEvent
		services.Emitted.On(w.bus, hook.Options{Name: "test"}, func(_ context.Context, e services.EmittedEvent) { heard = append(heard, e) })
		c := w.as(w.viewer, w.first)
		for _, kind := range []string{"member.added", "acme", "acme.", "acmes.x", "other.x", "ACME.x", "acme.X", "acme..x", "acme.x\u0000", "sync.thread.created"} {
			c.want("or3_event_emit", text(host.Event{Type: kind}), "bad_request")
		}
		c.want("or3_event_emit", "{\"type\":\"acme.x\",\"payload\":\"\xff\"}", "bad_request")
		c.want("or3_event_emit", text(host.Event{Type: "acme.x", Payload: json.RawMessage(`"` + strings.Repeat("x", 64<<10) + `"`)}), "too_large")
		c.want("or3_event_emit", `{"type":"acme.order.paid","payload":{"n":1}}`, "")
		if len(heard) != 1 || heard[0].Type != "acme.order.paid" || heard[0].Plugin != "acme" || heard[0].WorkspaceID != w.first || heard[0].Actor != w.viewer.UserID || heard[0].Depth != 1 || string(heard[0].Payload) != `{"n":1}` {
			t.Errorf("heard: %+v", heard)
		}
		c.ctx = plugins.AtEventDepth(c.ctx, 4) // the handler of an event that three others led to
		c.want("or3_event_emit", `{"type":"acme.x"}`, "too_many")
		c = w.as(nil, w.first)
		for range 20 {
			c.want("or3_event_emit", `{"type":"acme.x"}`, "")
		}
		c.want("or3_event_emit", `{"type":"acme.x"}`, "too_many")
	})
}

// An id that the server's own events begin with, or another plugin's id, lends
// nobody its voice.
func TestAPluginSpeaksInNobodyElsesName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for kind, plugin := range map[string]string{"member.added": "member", "workspace.updated": "workspace", "sync.thread.created": "sync", "sync.file.deleted": "sync.file"} {
			w.plugin(plugin, w.viewer, w.first).want("or3_event_emit", text(host.Event{Type: kind}), "bad_request")
			w.plugin(plugin, w.viewer, w.first).want("or3_event_emit", text(host.Event{Type: plugin + ".tide"}), "")
		}
		c := w.as(w.viewer, w.first)
		c.want("or3_event_emit", `{"type":"acme.tide.high"}`, "")
		w.must(w.db.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := db.InsertPlugin(ctx, tx, &db.PluginRow{ID: "acme.tide", State: "active"})
			return err
		}))
		c.want("or3_event_emit", `{"type":"acme.tide.high"}`, "bad_request")
		c.want("or3_event_emit", `{"type":"acme.tide.high.2"}`, "bad_request")
		c.want("or3_event_emit", `{"type":"acme.tide"}`, "")
		c.want("or3_audit", `{"action":"tide.turned"}`, "bad_request")
		c.want("or3_audit", `{"action":"tide"}`, "")
		w.plugin("acme.tide", w.viewer, w.first).want("or3_event_emit", `{"type":"acme.tide.high"}`, "")
	})
}

func TestAPluginsAuditEntryCannotPassForTheServers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.plugin("member", w.viewer, w.first)
		c.want("or3_audit", `{"action":"removed","target":"Olga","details":{"why":"x","n":12345678901234567890}}`, "")
		e := w.entries("plugin:member.removed")
		if len(e) != 1 || e[0].Actor.ID != w.viewer.UserID || e[0].TargetID != "Olga" || !strings.Contains(string(e[0].Details), `"said":{"n":12345678901234567890,"why":"x"}`) {
			t.Errorf("entry: %s", text(e))
		}
		if e := w.entries("member."); len(e) != 0 {
			t.Errorf("it passes for the server's: %s", text(e))
		}
		c.want("or3_audit", `{"action":"A b"}`, "bad_request")
		c.want("or3_audit", `{"action":"a","details":[]}`, "bad_request")
		c.want("or3_audit", `{"action":"a","details":{"x":"`+strings.Repeat("x", 8<<10)+`"}}`, "too_large")
		for range 49 {
			c.want("or3_audit", `{"action":"a"}`, "")
		}
		c.want("or3_audit", `{"action":"a"}`, "too_many")
		if r, err := w.audit.Verify(t.Context()); err != nil || !r.OK() {
			t.Errorf("the chain: %+v, %v", r, err)
		}
	})
}

func TestTheClockIsTheServersAndTheZoneThePersons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if got := w.as(w.viewer, w.first, "kv").want("or3_now", `{}`, ""); got != `{"unix_ms":1764288000000,"time_zone":"Europe/Vienna"}` {
			t.Errorf("now: %s", got)
		}
		w.as(nil, w.first, "kv").want("or3_log", `{"message":"x"}`, "")
	})
}
