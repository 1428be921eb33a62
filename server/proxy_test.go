package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// device is the address the server wrote down for the newest session.
func device(t *testing.T, app *testkit.App, who *testkit.Client) string {
	t.Helper()
	cookie, _ := who.JSON("POST", "/api/auth/sign-in", map[string]string{"email": app.Viewer.Email, "password": testkit.Password}).Is(200).SessionCookie()
	var reply struct {
		Sessions []struct {
			IP      string `json:"ip"`
			Current bool   `json:"is_current"`
		} `json:"sessions"`
	}
	app.As(&testkit.Person{Cookie: cookie}).Get("/api/auth/sessions").Is(200).Into(&reply)
	for _, s := range reply.Sessions {
		if s.Current {
			return s.IP
		}
	}
	t.Fatal("no current session")
	return ""
}

func TestStrangersCannotSayWhereTheyComeFrom(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	lying := app.Nobody().With("X-Forwarded-For", "203.0.113.7").With("X-Real-IP", "203.0.113.7").With("Forwarded", "for=203.0.113.7").
		With("X-Forwarded-Proto", "https").With("X-Request-Id", "chosen")
	if ip := device(t, app, lying); ip != "127.0.0.1" {
		t.Errorf("believed %s", ip)
	}
	r := lying.Get("/api/auth/session")
	if r.Header.Get("X-Request-Id") == "chosen" || r.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("believed %v", r.Header)
	}
}

func TestTrustedProxiesSayWhereRequestsComeFrom(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"server.trusted_proxies": "127.0.0.0/8,10.0.0.0/8"}})
	cases := map[string]string{
		"203.0.113.7":                         "203.0.113.7",
		"198.51.100.1, 203.0.113.7":           "203.0.113.7", // the left one was written by the client
		"198.51.100.1, 203.0.113.7, 10.1.2.3": "203.0.113.7",
		"nonsense":                            "127.0.0.1",
		"203.0.113.7, nonsense":               "127.0.0.1",
		"::ffff:203.0.113.7":                  "203.0.113.7",
		"2001:db8::1":                         "2001:db8::1",
		"10.1.2.3":                            "10.1.2.3",
	}
	for header, want := range cases {
		if ip := device(t, app, app.Nobody().With("X-Forwarded-For", header)); ip != want {
			t.Errorf("X-Forwarded-For %q: %s, want %s", header, ip, want)
		}
	}
	r := app.Nobody().With("X-Forwarded-Proto", "https").With("X-Request-Id", "from-the-proxy").Get("/api/auth/session")
	if r.Header.Get("X-Request-Id") != "from-the-proxy" || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("not believed: %v", r.Header)
	}
	r = app.Nobody().With("X-Request-Id", "bad id\twith <things>").Get("/api/auth/session")
	if strings.Contains(r.Header.Get("X-Request-Id"), "bad") {
		t.Error("a request id was taken as it came")
	}
}
