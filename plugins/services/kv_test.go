package services_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
)

func TestAPluginKeepsValuesUnderAnyKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.viewer, w.first)
		keys := []string{"a", "A", " a ", "a\x00b", "a%", "a_", "é", "e\u0301", "𝄞", "'; DROP TABLE plugin_kv; --", `\`, "?0", "\u202e", "\uffff", strings.Repeat("ß", 200)}
		for i, k := range keys {
			c.want("or3_kv_set", text(host.KVSet{Key: k, Value: json.RawMessage(fmt.Sprint(i))}), "")
		}
		for i, k := range keys {
			if got := c.want("or3_kv_get", text(host.KVGet{Key: k}), ""); got != fmt.Sprintf(`{"found":true,"value":%d}`, i) {
				t.Errorf("%q: %s", k, got)
			}
		}
		slices.Sort(keys)
		var got []string
		for after := ""; ; {
			var page host.KVKeys
			w.must(json.Unmarshal([]byte(c.want("or3_kv_list", text(host.KVList{After: after, Limit: 4}), "")), &page))
			for _, item := range page.Items {
				got = append(got, item.Key)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if !slices.Equal(got, keys) {
			t.Errorf("the keys are listed as %q, want %q", got, keys)
		}
		for prefix, n := range map[string]int{"a": 4, "a%": 1, "a_": 1, "a\x00": 1, "": len(keys), "𝄞": 1, "zzz": 0} {
			var page host.KVKeys
			w.must(json.Unmarshal([]byte(c.want("or3_kv_list", text(host.KVList{Prefix: prefix, Limit: 200}), "")), &page))
			if len(page.Items) != n {
				t.Errorf("%d keys begin with %q, want %d", len(page.Items), prefix, n)
			}
		}
		c.want("or3_kv_delete", `{"key":"A"}`, "")
		c.want("or3_kv_delete", `{"key":"A"}`, "")
		if got := c.want("or3_kv_get", `{"key":"A"}`, ""); got != `{"found":false}` {
			t.Errorf("a deleted key: %s", got)
		}
	})
}

func TestValuesAreBoundedAndCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.owner, w.first) // 4 KiB
		big := `"` + strings.Repeat("x", 1500) + `"`
		set := func(key, value, code string) {
			t.Helper()
			c.want("or3_kv_set", fmt.Sprintf(`{"key":%q,"value":%s}`, key, value), code)
		}
		set("one", big, "")
		set("two", big, "")
		set("three", big, "quota_exceeded")
		set("two", `"`+strings.Repeat("y", 1600)+`"`, "")
		set("two", `"`+strings.Repeat("y", 4000)+`"`, "quota_exceeded")
		c.want("or3_kv_delete", `{"key":"one"}`, "")
		set("three", big, "")
		for i := range 200 { // the smallest values cost something too
			if _, code := c.do("or3_kv_set", fmt.Sprintf(`{"key":"%d","value":1}`, i)); code != "" {
				if i > 20 {
					t.Errorf("%d tiny values were kept", i)
				}
				break
			}
		}
		set("long", `"`+strings.Repeat("x", 64<<10)+`"`, "too_large")
		c.want("or3_kv_set", "{\"key\":\"k\",\"value\":\"\xff\"}", "bad_request")
		c.want("or3_kv_set", `{"key":"k","value":1,"ttl_s":-1}`, "bad_request")
		c.want("or3_kv_set", `{"key":"","value":1}`, "bad_request")
		c.want("or3_kv_set", `{"key":"k"}`, "bad_request")
		c.want("or3_kv_set", `{"key":"k","value":1,"plugin":"other"}`, "bad_request")
		c.want("or3_kv_set", text(host.KVSet{Key: strings.Repeat("k", 201), Value: json.RawMessage("1")}), "bad_request")
		c.want("or3_kv_list", `{"limit":201}`, "bad_request")
	})
}

func TestAValueIsGoneWhenItsTimeIsOverAndMakesRoom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(nil, w.first)
		value := `"` + strings.Repeat("x", 3000) + `"`
		c.want("or3_kv_set", `{"key":"short","ttl_s":60,"value":`+value+`}`, "")
		c.want("or3_kv_set", `{"key":"next","value":`+value+`}`, "quota_exceeded")
		w.millis.Add(59_999)
		c.want("or3_kv_set", `{"key":"next","value":`+value+`}`, "quota_exceeded")
		w.millis.Add(1)
		if got := c.want("or3_kv_get", `{"key":"short"}`, ""); got != `{"found":false}` {
			t.Errorf("after its time: %.80s", got)
		}
		if got := c.want("or3_kv_list", `{}`, ""); got != `{"items":[]}` {
			t.Errorf("after its time: %.80s", got)
		}
		c.want("or3_kv_set", `{"key":"next","value":`+value+`}`, "")
		c.want("or3_kv_set", `{"key":"again","value":`+value+`}`, "quota_exceeded")
		c.want("or3_kv_set", `{"key":"next","ttl_s":1,"value":`+value+`}`, "")
		w.millis.Add(1000)
		w.must(w.data.Tidy(t.Context(), time.UnixMilli(w.millis.Load())))
		if ids, err := w.data.Workspaces(t.Context(), w.db.Read(), "acme"); err != nil || len(ids) != 0 {
			t.Errorf("after tidying something is counted in %v, %v", ids, err)
		}
	})
}

func TestWhatAPluginKeepsIsItsOwnAndTheWorkspaces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(w.owner, w.first).want("or3_kv_set", `{"key":"k","value":"mine"}`, "")
		w.as(w.owner, w.first).want("or3_blob_put", `{"key":"k","data":"bWluZQ=="}`, "")
		for name, c := range map[string]*call{
			"another workspace": w.as(w.stranger, w.second), "another plugin": w.plugin("acme.x", w.owner, w.first), "a longer id": w.plugin("acm", nil, w.first),
		} {
			for _, f := range []string{"or3_kv_get", "or3_blob_get"} {
				if got := c.want(f, `{"key":"k"}`, ""); !strings.HasPrefix(got, `{"found":false`) {
					t.Errorf("%s reads %s", name, got)
				}
			}
			c.want("or3_kv_delete", `{"key":"k"}`, "")
			c.want("or3_blob_delete", `{"key":"k"}`, "")
		}
		if got := w.as(w.viewer, w.first).want("or3_kv_get", `{"key":"k"}`, ""); got != `{"found":true,"value":"mine"}` {
			t.Errorf("its own: %s", got)
		}
		// Somebody who is no member, in whatever call they come.
		w.as(w.stranger, w.first).want("or3_kv_get", `{"key":"k"}`, "not_found")
		w.as(w.stranger, w.first).want("or3_blob_put", `{"key":"k","data":""}`, "not_found")
		// A caller that is not the one of the call that runs.
		for _, change := range []func(*host.Caller){
			func(by *host.Caller) { by.Workspace = w.second },
			func(by *host.Caller) { by.Plugin.ID = "other" },
			func(by *host.Caller) { by.Actor = w.editor.UserID },
			func(by *host.Caller) { by.Actor = "plugin:other" },
			func(by *host.Caller) { by.Actor = "" },
		} {
			c := w.as(w.owner, w.first)
			change(&c.by)
			c.want("or3_kv_get", `{"key":"k"}`, "internal")
		}
		outside := w.as(w.owner, w.first)
		outside.ctx = t.Context()
		outside.want("or3_kv_get", `{"key":"k"}`, "internal")
	})
}

func TestBlobsAreKeptAsTheyAreUpToTheQuota(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.viewer, w.first) // 1 MiB
		data := bytes.Repeat([]byte{0, 255, '\'', '"', '\n', 0x80}, 100_000)
		put := func(key string, data []byte, code string) string {
			t.Helper()
			return c.want("or3_blob_put", text(host.BlobPut{Key: key, Type: "image/png", Data: data}), code)
		}
		if got := put("one", data, ""); !strings.Contains(got, `"size":600000,"hash":"sha256:`) || strings.Contains(got, "data") {
			t.Errorf("put: %.200s", got)
		}
		var b host.Blob
		w.must(json.Unmarshal([]byte(c.want("or3_blob_get", `{"key":"one"}`, "")), &b))
		if !bytes.Equal(b.Data, data) || b.Type != "image/png" {
			t.Error("the blob came back changed")
		}
		put("two", data, "quota_exceeded")
		put("one", append(data, 1), "")
		put("large", make([]byte, 700_001), "too_large")
		c.want("or3_blob_put", `{"key":"k","type":"no type\n","data":""}`, "bad_request")
		put("empty", nil, "")
		if got := c.want("or3_blob_get", `{"key":"empty"}`, ""); !strings.Contains(got, `"found":true`) {
			t.Errorf("an empty blob: %s", got)
		}
		c.want("or3_blob_delete", `{"key":"one"}`, "")
		put("two", data, "")
	})
}

func TestACopyIsApartAndAnExportHasAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.as(w.owner, w.first)
		a.want("or3_kv_set", `{"key":"n","value":1}`, "")
		a.want("or3_kv_set", text(host.KVSet{Key: "odd\x00", Value: json.RawMessage(`{"a":[1]}`), TTL: 60}), "")
		a.want("or3_blob_put", `{"key":"b","type":"text/plain","data":"aGk="}`, "")
		w.as(w.stranger, w.second).want("or3_kv_set", `{"key":"n","value":2}`, "")
		write := func(fn func(ctx context.Context, tx bun.Tx) error) {
			t.Helper()
			w.must(w.db.Write(t.Context(), fn))
		}
		write(func(ctx context.Context, tx bun.Tx) error { return w.data.Copy(ctx, tx, "acme", "acme 2") })
		// What is closed is read and not written.
		write(func(ctx context.Context, tx bun.Tx) error { return db.ClosePluginData(ctx, tx, "acme", start+1) })
		for f, in := range map[string]string{"or3_kv_set": `{"key":"n","value":3}`, "or3_kv_delete": `{"key":"n"}`, "or3_blob_put": `{"key":"b","data":""}`, "or3_blob_delete": `{"key":"b"}`} {
			a.want(f, in, "unavailable")
		}
		// A migration works on the copy; the quota counts there too.
		m := w.as(w.owner, w.first)
		running, _ := plugins.RunningCall(m.ctx)
		running.Data, running.Migrating = "acme 2", true
		m.ctx = services.Begin(plugins.WithRunningCall(t.Context(), running))
		m.want("or3_kv_set", `{"key":"n","value":"new"}`, "")
		m.want("or3_kv_set", `{"key":"x","value":"`+strings.Repeat("x", 5000)+`"}`, "quota_exceeded")
		m.want("or3_rows_list", `{"table":"posts"}`, "not_available")
		m.want("or3_http_fetch", `{"url":"https://example.com"}`, "not_available")
		if got := a.want("or3_kv_get", `{"key":"n"}`, ""); got != `{"found":true,"value":1}` {
			t.Errorf("the original: %s", got)
		}
		var out bytes.Buffer
		w.must(w.data.Export(t.Context(), "acme 2", &out))
		for _, want := range []string{`"key":"n","value":"new"`, `"value":2`, `"kind":"blob","key":"b","type":"text/plain"`, `"data":"aGk="`, `"key":"odd\u0000","value":{"a":[1]},"expires_at"`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the export has no %s:\n%s", want, &out)
			}
		}
		if n := strings.Count(out.String(), "\n"); n != 4 {
			t.Errorf("the export has %d lines:\n%s", n, &out)
		}
		write(func(ctx context.Context, tx bun.Tx) error { return w.data.Drop(ctx, tx, "acme") })
		if got := a.want("or3_kv_get", `{"key":"n"}`, ""); got != `{"found":false}` {
			t.Errorf("after it was dropped: %s", got)
		}
		if ids, err := w.data.Workspaces(t.Context(), w.db.Read(), "acme 2"); err != nil || len(ids) != 2 {
			t.Errorf("the copy is in %v, %v", ids, err)
		}
	})
}

func TestWritesAreInTheAuditLogOnceForEachCall(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(w.editor, w.first)
		c.want("or3_kv_delete", `{"key":"none"}`, "") // changes nothing
		for i := range 10 {
			c.want("or3_kv_set", fmt.Sprintf(`{"key":"k%d","value":1}`, i), "")
		}
		w.as(nil, w.first).want("or3_blob_put", `{"key":"b","data":""}`, "")
		all := w.entries("plugin.")
		if len(all) != 2 {
			t.Fatalf("%d entries: %s", len(all), text(all))
		}
		kv, blob := all[1], all[0]
		if kv.Action != services.ActData || kv.Actor.ID != w.editor.UserID || kv.TargetID != "k0" || kv.WorkspaceID != w.first || kv.RequestID != "r-1" ||
			!strings.Contains(string(kv.Details), `"plugin":"acme"`) {
			t.Errorf("kv: %s", text(kv))
		}
		if blob.Action != services.ActBlob || blob.Actor.ID != "" || blob.Actor.Name != "plugin:acme" {
			t.Errorf("blob: %s", text(blob))
		}
	})
}
