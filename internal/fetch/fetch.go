package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"time"

	"or3.cloud/or3/plugins/host"
)

// Resolver looks names up; [net.Resolver] is one. Names that hold a dot end in one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Limits of a fetch. What is zero has the value that the plugin contract gives.
type Limits struct {
	Time      time.Duration // of all hops together: 10 s
	Body      int           // bytes of a request and of an answer, packed and unpacked: 700 KB
	Head      int           // bytes of the headers of an answer: 64 KiB
	Redirects int           // that are followed: 3
	Calls     int           // fetches in one call of a plugin: 10
}

// Options of a client.
type Options struct {
	// Resolver is the system's when nil.
	Resolver Resolver
	// Dial connects to an address that was judged; nil connects over the network
	// and judges it once more on the way. It is for tests, whose servers are not
	// on the internet.
	Dial func(context.Context, netip.AddrPort) (net.Conn, error)
	// Roots are who may vouch for a host; nil: whom the system trusts.
	Roots *x509.CertPool
	// Development are hosts with their ports, as in localhost:9000, that somebody
	// who writes a plugin runs on this machine: they may be asked by plain http and
	// have loopback addresses. A server for people has none.
	Development []string
	Limits      Limits
}

// Client fetches. Several goroutines may use it.
type Client struct {
	o      Options
	limits Limits
}

// New makes a client.
func New(o Options) *Client {
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	l := o.Limits
	if l.Time == 0 {
		l.Time = 10 * time.Second
	}
	if l.Body == 0 {
		l.Body = host.MaxFileKB * 1000
	}
	if l.Head == 0 {
		l.Head = 64 << 10
	}
	if l.Redirects == 0 {
		l.Redirects = 3
	}
	if l.Calls == 0 {
		l.Calls = 10
	}
	return &Client{o: o, limits: l}
}

// Rules are what one plugin was granted in one workspace.
type Rules struct {
	Hosts   []string          // of http.fetch
	Methods []string          // of http.fetch
	Secrets map[string]string // the values of all names in secrets.use; "" where nobody has set one
}

// errTime is why a fetch ends when its own time is over.
var errTime = errors.New("the time of a fetch was over")

// Fetch carries out one request with its redirects. ctx comes from [Counted].
// Except for an uncounted call its errors are *[host.Error], in words for the
// plugin's author, and hold no secret.
func (c *Client) Fetch(ctx context.Context, r Rules, in host.Fetch) (host.Fetched, error) {
	if err := c.count(ctx); err != nil {
		return host.Fetched{}, err
	}
	req, err := c.prepare(r, in)
	if err != nil {
		return host.Fetched{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Time, errTime)
	defer cancel()
	for hops := 0; ; hops++ {
		if err := c.admit(req.to, r); err != nil {
			return host.Fetched{}, err
		}
		out, location, err := c.hop(ctx, req)
		if err != nil {
			return host.Fetched{}, c.explain(ctx, req.to, err)
		}
		if location == "" {
			return out, nil
		}
		if hops == c.limits.Redirects {
			return host.Fetched{}, fail(TooManyRedirects, "%s redirects once more after %d redirects. Ask for the address where they lead.", req.to.name, hops)
		}
		if req, err = req.follow(out.Status, location, r); err != nil {
			return host.Fetched{}, err
		}
	}
}
