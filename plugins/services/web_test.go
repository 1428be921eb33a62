package services_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/services"
)

func TestASecretGoesOutAndNeverComesBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const secret = "s3cr3t+/&\"ä"
		w.secrets["acme "+w.first+" token"] = secret
		w.secrets["acme "+w.second+" token"] = "another workspace's"
		got := ""
		w.web = func(out http.ResponseWriter, in *http.Request) {
			got = in.Header.Get("Authorization")
			if got == "" {
				return
			}
			out.Header().Set("X-Echo", url.QueryEscape(got))
			quoted, _ := json.Marshal(got)
			_, _ = out.Write([]byte(`{"you sent":` + string(quoted) + `,"raw":"` + got + `","b64":"` + base64.StdEncoding.EncodeToString([]byte(secret)) + `"}`))
		}
		c := w.as(w.viewer, w.first)
		answer := c.want("or3_http_fetch", `{"url":"https://example.com/x?q=1","secrets":{"Authorization":"Bearer {{ token }}"}}`, "")
		if got != "Bearer "+secret {
			t.Errorf("the server got %q", got)
		}
		var f host.Fetched
		w.must(json.Unmarshal([]byte(answer), &f))
		all := text(f.Headers) + string(f.Body)
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), "s3cr3t"} {
			if strings.Contains(all, form) {
				t.Errorf("the guest sees %q in %s", form, all)
			}
		}
		if !strings.Contains(string(f.Body), "Bearer ******") {
			t.Errorf("the answer: %s", f.Body)
		}
		e := w.entries(services.ActFetch)
		if len(e) != 1 || e[0].TargetID != "example.com" || !strings.Contains(string(e[0].Details), `"secrets":["token"]`) || strings.Contains(text(e), "s3cr3t") || strings.Contains(text(e), "q=1") {
			t.Errorf("in the audit log: %s", text(e))
		}
		// Neither spaces around the name nor a request before it hide from the audit log
		// that a secret went out.
		c = w.as(w.viewer, w.first)
		c.want("or3_http_fetch", `{"url":"https://example.com"}`, "")
		c.want("or3_http_fetch", `{"url":"https://example.com","secrets":{"Authorization":"{{ token }}"}}`, "")
		if e := w.entries(services.ActFetch); len(e) != 3 || strings.Count(text(e), `"secrets":["token"]`) != 2 {
			t.Errorf("of a secret that went out second: %s", text(e))
		}
		// Without the capability, the name or the value.
		in := `{"url":"https://example.com","secrets":{"Authorization":"{{token}}"}}`
		w.as(w.viewer, w.first, "http.fetch").want("or3_http_fetch", in, "not_granted")
		w.as(w.viewer, w.first).want("or3_http_fetch", strings.Replace(in, "token", "other", 1), "not_allowed")
		w.plugin("other", w.viewer, w.first).want("or3_http_fetch", in, "secret_missing")
		w.as(w.stranger, w.first).want("or3_http_fetch", in, "not_found")
		// A header of the guest's own is no template.
		c.want("or3_http_fetch", `{"url":"https://example.com","headers":{"Authorization":"{{token}}"}}`, "")
		if got != "{{token}}" {
			t.Errorf("the server got %q", got)
		}
	})
}

func TestFetchesKeepToWhatWasGrantedAndAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.web = func(out http.ResponseWriter, in *http.Request) { _, _ = out.Write([]byte("ok")) }
		c := w.as(nil, w.first)
		c.want("or3_http_fetch", `{"url":"https://evil.example"}`, "not_allowed")
		c.want("or3_http_fetch", `{"url":"https://example.com","method":"DELETE"}`, "not_allowed")
		for range 8 {
			c.want("or3_http_fetch", `{"url":"https://example.com"}`, "")
		}
		c.want("or3_http_fetch", `{"url":"https://example.com"}`, "too_many")
		w.as(nil, w.first).want("or3_http_fetch", `{"url":"https://example.com"}`, "")
		refused, allowed := 0, 0
		for _, e := range w.entries(services.ActFetch) {
			switch e.Result {
			case "refused":
				refused++
			case "allowed":
				allowed++
			}
		}
		if refused != 3 || allowed != 2 {
			t.Errorf("%d refused and %d allowed in the audit log", refused, allowed)
		}
	})
}
