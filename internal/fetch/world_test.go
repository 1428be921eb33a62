package fetch_test

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
)

// somewhere is a public address. Nobody is asked there: a world's dialer leads to
// the test's own server, after everything was judged as it always is.
const somewhere = "8.8.4.4"

// world is a small internet: names with their addresses, and one server behind
// every public address.
type world struct {
	server *httptest.Server

	mu     sync.Mutex
	names  map[string][]string // the answers to the lookups of a name, one after another, the last for ever
	looked []string
	dialed []string

	connected func() // called after each connection
}

func newWorld(t *testing.T, handler http.HandlerFunc) *world {
	t.Helper()
	w := &world{server: httptest.NewUnstartedServer(handler), names: map[string][]string{}}
	w.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	for _, name := range []string{"api.example.com", "other.example.com"} {
		w.names[name] = []string{somewhere}
	}
	return w
}

func (w *world) client(l fetch.Limits, development ...string) *fetch.Client {
	roots := x509.NewCertPool()
	roots.AddCert(w.server.Certificate())
	return fetch.New(fetch.Options{Resolver: w, Dial: w.dial, Roots: roots, Limits: l, Development: development})
}

func (w *world) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name = strings.TrimSuffix(name, ".")
	w.looked = append(w.looked, name)
	answers := w.names[name]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	if len(answers) > 1 {
		w.names[name] = answers[1:]
	}
	var addresses []netip.Addr
	for _, a := range strings.Fields(answers[0]) {
		addresses = append(addresses, netip.MustParseAddr(a))
	}
	return addresses, nil
}

func (w *world) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, to.String())
	w.mu.Unlock()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", w.server.Listener.Addr().String())
	if w.connected != nil {
		w.connected()
	}
	return conn, err
}

func (w *world) wantDialed(t *testing.T, want ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.dialed, want) {
		t.Errorf("connections went to %q, want %q", w.dialed, want)
	}
}

func granted() fetch.Rules {
	return fetch.Rules{
		Hosts:   []string{"api.example.com", "other.example.com", "api.example.com:8443"},
		Methods: []string{"GET", "HEAD", "POST", "PUT"},
		Secrets: map[string]string{"token": "s3cr3t-{{other}}", "other": "second", "unset": "", "broken": "one\r\nX-Two: two"},
	}
}

func get(t *testing.T, c *fetch.Client, url string) (host.Fetched, error) {
	t.Helper()
	return c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{URL: url})
}

// wantCode wants a refusal in words, and no secret in them.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var known *host.Error
	if !errors.As(err, &known) {
		t.Fatalf("got %v, want the code %s", err, code)
	}
	if known.Code != code || known.Message == "" {
		t.Errorf("got %v, want the code %s", err, code)
	}
	for _, value := range granted().Secrets {
		if value != "" && strings.Contains(known.Error(), value) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
}
