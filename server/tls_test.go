package server_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestTLSOnTheListenerIsSeen(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	borrowed := httptest.NewUnstartedServer(nil) // for its certificate
	borrowed.StartTLS()
	certificate := borrowed.TLS.Certificates
	client := borrowed.Client()
	borrowed.Close()

	plain, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() {
		served <- app.Serve(tls.NewListener(plain, &tls.Config{Certificates: certificate, MinVersion: tls.VersionTLS12}))
	}()
	body := strings.NewReader(`{"email":"` + app.Viewer.Email + `","password":"` + testkit.Password + `"}`)
	res, err := client.Post("https://"+plain.Addr().String()+"/api/auth/sign-in", "application/json", body)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if cookie := res.Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-or3_session=") || !strings.Contains(strings.ToLower(cookie), "secure") {
		t.Errorf("the cookie is %s", cookie)
	}
	// A file goes both ways, also in parts, though its bodies are taken from and
	// given to the connection below the HTTP server.
	f, a := files(app, app.Editor), words(1, 3<<20)
	at := func(url string) string { return strings.Replace(url, app.URL, "https://"+plain.Addr().String(), 1) }
	tk := f.ticket(t, a)
	req, err := http.NewRequest("PUT", at(tk.URL), bytes.NewReader(a.text))
	must(t, err)
	req.Header.Set("Content-Type", a.kind)
	res, err = client.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	f.commit(a, tk.StorageID).Is(200)
	for header, want := range map[string][]byte{"": a.text, "bytes=5-2000004": a.text[5:2000005]} {
		req, err := http.NewRequest("GET", at(f.askToFetch(a, "").Is(200).Text("url")), nil)
		must(t, err)
		req.Header.Set("Range", header)
		res, err := client.Do(req)
		must(t, err)
		got, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if !bytes.Equal(got, want) {
			t.Errorf("%q: %d bytes that differ, status %d", header, len(got), res.StatusCode)
		}
	}
	client.CloseIdleConnections()
	app.Stop()
	must(t, <-served)
}
