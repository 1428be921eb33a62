package server_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestTLSOnTheListenerIsSeen(t *testing.T) {
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
	client.CloseIdleConnections()
	app.Stop()
	must(t, <-served)
}
