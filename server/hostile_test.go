package server_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// noticeFor is a put of a notification that belongs to one person.
func noticeFor(p *testkit.Person, words string) map[string]any {
	s := stamp(1)
	pk := s["op_id"].(string)
	return map[string]any{"table": "notifications", "op": "put", "pk": pk, "stamp": s,
		"payload": map[string]any{"id": pk, "user_id": p.ID, "type": "t", "title": words, "created_at": 1, "updated_at": 1}}
}

func TestNothingTellsOfAnotherPersonsPrivateRows(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		before := app.As(app.Owner).JSON("POST", "/api/sync/digest", map[string]any{"workspace_id": app.Harbour, "deep": true}).Is(200).Text("digest")
		secret, notice := private(app.Editor, "SECRET-words"), noticeFor(app.Editor, "SECRET-words")
		app.As(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, secret, notice)).Is(200)
		body := func(more map[string]any) map[string]any {
			more["workspace_id"] = app.Harbour
			return more
		}
		for _, p := range []*testkit.Person{app.Owner, app.Viewer, app.Stranger, app.Admin} {
			c := app.As(p)
			for _, row := range []map[string]any{secret, notice} {
				table, pk, op := row["table"].(string), row["pk"].(string), row["stamp"].(map[string]any)["op_id"].(string)
				answers := []*testkit.Response{
					c.JSON("POST", "/api/sync/pull", body(map[string]any{"cursor": 0, "limit": 100})),
					c.JSON("POST", "/api/sync/snapshot", body(map[string]any{"page_size": 100})),
					c.JSON("POST", "/api/sync/history", body(map[string]any{"table": table, "pk": pk})),
					c.JSON("POST", "/api/sync/push", push(app.Harbour, row)),
					c.JSON("POST", "/api/sync/push", push(app.Harbour, map[string]any{"table": table, "op": "delete", "pk": pk, "stamp": stamp(9)})),
					c.Get("/admin/sync?digest=on&table=" + table + "&pk=" + url.QueryEscape(pk)),
					c.Form("/admin/sync/bring-back", url.Values{"table": {table}, "pk": {pk}, "op_id": {op}}),
					c.Get("/w/" + app.Harbour + "/search?q=SECRET"),
					c.Get("/w/" + app.Harbour + "/activity"),
					c.Form("/w/"+app.Harbour+"/activity/"+pk+"/read", nil),
				}
				for i, a := range answers {
					if strings.Contains(a.Body, "SECRET-words") || strings.Contains(a.Body, `"replayed"`) || strings.Contains(a.Body, `"applied"`) || a.Status >= 500 {
						t.Errorf("%s, %s, answer %d: %d %s", p.Session.Email, table, i, a.Status, a.Body)
					}
				}
			}
		}
		after := app.As(app.Owner).JSON("POST", "/api/sync/digest", map[string]any{"workspace_id": app.Harbour, "deep": true}).Is(200).Text("digest")
		if before != after {
			t.Error("a digest changes by another person's private rows")
		}
		app.As(app.Editor).JSON("POST", "/api/sync/pull", body(map[string]any{"cursor": 0, "limit": 100})).Is(200).Says("SECRET-words")
	})
}

func TestAForgedPageTokenGivesNothingAndBreaksNothing(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Stranger).JSON("POST", "/api/sync/push", push(app.Elsewhere, thread(1, "SECRET-a"), thread(1, "SECRET-b"))).Is(200)
		app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, thread(1, "ours"))).Is(200)
		theirs := app.As(app.Stranger).JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Elsewhere, "page_size": 1}).Is(200)
		history := theirs.Text("history_id")
		ask := func(token string) *testkit.Response {
			return app.As(app.Owner).JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": 1, "page_token": token})
		}
		tokens := []string{theirs.Text("next_page_token"), "!", strings.Repeat("A", 100_000)}
		for _, key := range []string{`"t":"threads\u0000","p":"a"`, `"t":"threads","p":"\u0000"`, `"t":"threads","p":"\ud800"`, `"t":"` + strings.Repeat("x", 5000) + `","p":"a"`,
			`"t":"a' OR 1=1 --","p":"?"`} {
			tokens = append(tokens, base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"w":1,"b":0,"h":%q,"at":9999999999999,%s}`, history, key))))
		}
		for _, token := range tokens {
			if a := ask(token); a.Status >= 500 || strings.Contains(a.Body, "SECRET") {
				t.Errorf("the token %.80s: %d %s", token, a.Status, a.Body)
			}
		}
		for _, pk := range []string{"%00", "%ff", "a'%20OR%201=1", strings.Repeat("x", 128), "%ed%a0%80"} {
			if a := app.As(app.Owner).Get("/admin/sync?table=threads&pk=" + pk); a.Status >= 500 {
				t.Errorf("the row %s: %d %s", pk, a.Status, a.Body)
			}
			a := app.As(app.Owner).Do("POST", "/admin/sync/bring-back", "application/x-www-form-urlencoded", []byte("table=threads&pk="+pk+"&op_id="+pk))
			if a.Status >= 500 {
				t.Errorf("bringing back %s: %d %s", pk, a.Status, a.Body)
			}
		}
		for _, at := range []string{"/w/" + app.Harbour + "/search?q=", "/w/" + app.Harbour + "?q=", "/w/" + app.Harbour + "/documents?q=", "/w/" + app.Harbour + "/t/x?before=", "/w/" + app.Harbour + "/activity?before=", "/search?q="} {
			for _, q := range []string{"%00", "%ff", "%25_!'", "%5c%22", "%f0%9f%98%80"} {
				if a := app.As(app.Owner).Get(at + q); a.Status >= 500 {
					t.Errorf("%s%s: %d", at, q, a.Status)
				}
			}
		}
	})
}

// A page token is no capability: one that somebody made up asks for a place and
// gets what its caller sees anyway from there on, a page at a time. What it says of
// watermarks comes back to whoever said it.
func TestAPageTokenIsWorthNothingToWhoMakesOneUp(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		own := private(app.Owner, "SECRET-words")
		app.As(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, own, thread(1, "a"), thread(1, "b"), thread(1, "c"))).Is(200)
		ask := func(token string, size int) *testkit.Response {
			return app.As(app.Viewer).JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": size, "page_token": token})
		}
		history := app.As(app.Viewer).JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": 1}).Is(200).Text("history_id")
		var before string // the key just before the private row
		if pk := own["pk"].(string); pk != "" {
			before = pk[:len(pk)-1]
		}
		for _, at := range []string{`"at":0`, `"at":-9223372036854775808`, `"at":9223372036854775807`} {
			for _, w := range []string{`"w":0`, `"w":9007199254740991`, `"w":9223372036854775807,"d":true,"b":9223372036854775807`} {
				for _, place := range []string{`"t":"kv","p":"` + before + `"`, `"t":"kv","p":"0"`, `"t":"file_meta","p":"0"`, `"t":"messages","p":"~"`} {
					token := base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{%s,%s,"h":%q,%s}`, w, at, history, place)))
					a := ask(token, 2)
					if a.Status != 200 && a.Status != 409 || strings.Contains(a.Body, "SECRET") || strings.Count(a.Body, `"pk":`) > 2 {
						t.Errorf("%s %s %s: %d %.300s", at, w, place, a.Status, a.Body)
					}
					if a := ask(token, 1_000_000); a.Status != 422 {
						t.Errorf("a page of a million rows: %d", a.Status)
					}
				}
			}
		}
		app.As(app.Stranger).JSON("POST", "/api/sync/snapshot", map[string]any{"workspace_id": app.Harbour, "page_size": 2,
			"page_token": base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"w":9,"b":0,"h":%q,"at":9999999999999,"t":"kv","p":"0"}`, history)))}).Is(404)
	})
}

// What was stored before names had a bound is still shown.
func TestLongNamesDoNotMakePagesLong(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	c := app.As(app.Owner)
	long := strings.Repeat("W", 200_000)
	project := thread(1, "")
	pk := pkOf(project)
	project["table"], project["payload"] = "projects", map[string]any{"id": pk, "name": "WSHORT", "created_at": 1, "updated_at": 1}
	pushAs(c, app.Harbour, thread(1, "WSHORT"), project)
	if _, err := app.DB.RawWriter().ExecContext(t.Context(), `UPDATE sync_rows SET payload = replace(payload, 'WSHORT', '`+long+`')`); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"", "/search?q=W", "/search?q=WWWW", "/projects", "/projects/" + pk} {
		got := c.Get("/w/" + app.Harbour + page).Is(200).Says("WWW")
		if len(got.Body) > 100_000 {
			t.Errorf("%q has %d bytes", page, len(got.Body))
		}
	}
}
