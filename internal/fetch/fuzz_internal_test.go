package fetch

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// FuzzURL looks for a URL that is judged as one thing and sent as another.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.com/", "https://API.example.com.:443/a?b#c", "https://a@b/", "https://[::ffff:127.0.0.1]:1/", "https://0x7f.1/", "https://127.0.0.1\\@x/",
		"https://xn--bcher-kva.example/", "https://bücher.example", "https://127。0。0。1/", "https://a:b@c:1/%00", "https://x.example.com%2f@y/", "http://localhost:9000/", "https:///x", "https://*.example.com/",
	} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	c := New(Options{})
	rules := Rules{Hosts: []string{"*.example.com", "127.0.0.1", "api.example.org:8443"}}
	f.Fuzz(func(t *testing.T, raw string) {
		to, err := parse(raw)
		if err != nil {
			return
		}
		sent := to.url.String()
		again, err := parse(sent)
		if len(sent) <= maxURL && (err != nil || again.url.String() != sent || !again.same(to)) {
			t.Errorf("%q is sent as %q, which is read as %v, %v", raw, sent, again, err)
		}
		u, err := url.Parse(sent)
		if err != nil || u.User != nil || u.Fragment != "" || u.Hostname() != to.name {
			t.Fatalf("%q: others read %q as the host %q", raw, sent, u.Hostname())
		}
		request, err := http.NewRequest(http.MethodGet, sent, nil)
		if err != nil || strings.ContainsAny(request.URL.RequestURI(), "\r\n ") {
			t.Errorf("%q: %v", raw, err)
		}
		address, err := netip.ParseAddr(to.name)
		if (err == nil) != to.addr.IsValid() || err == nil && address != to.addr {
			t.Errorf("%q: the host %q is an address and taken for a name, or the other way", raw, to.name)
		}
		if err != nil && !form.MatchString(to.name) {
			t.Errorf("%q: the host %q", raw, to.name)
		}
		if c.admit(to, rules) != nil {
			return
		}
		key := strings.TrimPrefix(sent, "https://") + "/"
		key, _, _ = strings.Cut(strings.ReplaceAll(key, "?", "/"), "/")
		if key != "api.example.org:8443" && !strings.HasSuffix(key, ".example.com") {
			t.Errorf("%q goes to %s", raw, key)
		}
	})
}
