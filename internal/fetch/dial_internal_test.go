package fetch

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"or3.cloud/or3/plugins/host"
)

// Whatever went wrong before it, the socket itself refuses.
func TestTheSocketJudgesItsAddressOnceMore(t *testing.T) {
	accepted := make(chan struct{}, 9)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { accepted <- struct{}{} }))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	name := "localhost:" + server.URL[len("http://127.0.0.1:"):]
	to, err := parse("http://" + name + "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []netip.AddrPort{at, netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())} {
		conn, err := New(Options{}).dial(t.Context(), to, address)
		if err == nil {
			conn.Close()
			t.Fatalf("connected to %s", address)
		}
		if known, ok := New(Options{}).explain(t.Context(), to, err).(*host.Error); !ok || known.Code != PrivateAddress { //nolint:errorlint // nothing wraps it
			t.Errorf("got %v", known)
		}
	}
	c := New(Options{Development: []string{name}})
	if _, err := c.dial(t.Context(), to, netip.MustParseAddrPort("10.0.0.1:80")); err == nil {
		t.Error("a development host may lie in a private network")
	}
	out, err := c.Fetch(Counted(t.Context()), Rules{Hosts: []string{name}, Methods: []string{"GET"}}, host.Fetch{URL: "http://" + name})
	if err != nil || out.Status != http.StatusOK {
		t.Errorf("a development host of this machine: %v, %v", out.Status, err)
	}
	if len(accepted) != 1 {
		t.Errorf("the server had %d requests, want 1", len(accepted))
	}
}
