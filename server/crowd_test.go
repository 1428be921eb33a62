package server_test

import (
	"io"
	"net"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

// from opens a connection that comes from an address of this machine and tells
// whether the server keeps it.
func from(t *testing.T, app *testkit.App, address string) (conn net.Conn, kept bool) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := dialer.Dial("tcp", app.Addr)
	if err != nil {
		t.Skipf("this machine does not connect from %s: %v", address, err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(testkit.Patience))
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return conn, false
	}
	n, _ := conn.Read(make([]byte, 1024))
	return conn, n > 0
}

func TestOneAddressDoesNotTakeAllConnections(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true, Empty: true})
	app.Server.AllowConnections(3)
	var held []net.Conn
	for range 3 {
		conn, kept := from(t, app, "127.0.0.2")
		if !kept {
			t.Fatalf("connection %d was closed", len(held))
		}
		held = append(held, conn)
	}
	if _, kept := from(t, app, "127.0.0.2"); kept {
		t.Error("one too many was kept")
	}
	if _, kept := from(t, app, "127.0.0.3"); !kept {
		t.Error("another address pays for it")
	}
	_ = held[0].Close()
	deadline := time.Now().Add(testkit.Patience)
	for kept := false; !kept; {
		if _, kept = from(t, app, "127.0.0.2"); !kept && time.Now().After(deadline) {
			t.Fatal("the place was not given back")
		}
	}
}

func TestATrustedProxySpeaksForMany(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true, Empty: true, Keys: map[string]string{"server.trusted_proxies": "127.0.0.2"}})
	app.Server.AllowConnections(1)
	for range 3 {
		if _, kept := from(t, app, "127.0.0.2"); !kept {
			t.Error("the proxy's connection was closed")
		}
	}
}
