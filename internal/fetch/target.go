package fetch

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"or3.cloud/or3/plugins/manifest"
)

const maxURL = 2000

// target is where a request goes. Its url is written anew from what was read, so
// that what was judged and what is sent are the same.
type target struct {
	url  *url.URL
	name string     // small letters, punycode, no dot at the end; or an address
	port string     // always there
	addr netip.Addr // valid where name is an address
}

// parse reads an address as strictly as it can be read. What two programs could
// read differently is refused, not mended.
func parse(raw string) (target, error) {
	if len(raw) > maxURL {
		return target{}, fail(BadRequest, "The URL has %d bytes; at most %d.", len(raw), maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r == 0xfffd }) {
		return target{}, fail(BadRequest, "The URL holds a space, a control character, a backslash or broken UTF-8. Encode such characters with %%.")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return target{}, fail(BadRequest, "The URL has to begin with https:// and a host.")
	}
	_, rest, _ := strings.Cut(raw, "//")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	switch {
	case u.User != nil || strings.Contains(authority, "@"):
		return target{}, fail(BadRequest, "The URL holds a user name or password. Put it into a header, and a secret into secrets.")
	case strings.Contains(authority, "%"):
		return target{}, fail(BadRequest, "The host of the URL holds a %%. Write a host with its own letters, and an address without a zone.")
	}
	t := target{port: u.Port()}
	if t.name, t.addr, err = hostname(u.Hostname(), strings.HasPrefix(authority, "[")); err != nil {
		return target{}, err
	}
	usual := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if t.port == "" {
		if strings.HasSuffix(authority, ":") {
			return target{}, fail(BadRequest, "The URL has a colon after the host, but no port.")
		}
		t.port = usual
	}
	if n, err := strconv.Atoi(t.port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != t.port {
		return target{}, fail(BadRequest, "The port of the URL has to be a number from 1 to 65535.")
	}
	t.url = &url.URL{Scheme: u.Scheme, Host: t.name, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, ForceQuery: u.ForceQuery}
	if t.addr.Is6() {
		t.url.Host = "[" + t.name + "]"
	}
	if t.port != usual {
		t.url.Host += ":" + t.port
	}
	return t, nil
}

// hostname gives the one way to write a host.
func hostname(raw string, brackets bool) (string, netip.Addr, error) {
	if brackets {
		a, err := netip.ParseAddr(raw)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return "", a, fail(BadRequest, "What stands in brackets is no IPv6 address.")
		}
		return a.String(), a, nil
	}
	name, err := idna.Lookup.ToASCII(raw)
	if err != nil {
		return "", netip.Addr{}, fail(BadRequest, "The host of the URL is no name that a host can have.")
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	labels := strings.Split(name, ".")
	if len(name) > 253 || slices.ContainsFunc(labels, func(l string) bool { return !label(l) }) {
		return "", netip.Addr{}, fail(BadRequest, "The host of the URL is no name that a host can have.")
	}
	// A last part that is a number makes it an address for some program, whatever
	// stands before: 127.1, 2130706433, 0x7f.1, 0177.0.0.1.
	if last := labels[len(labels)-1]; number(last) {
		a, err := netip.ParseAddr(name)
		if err != nil || !a.Is4() {
			return "", netip.Addr{}, fail(BadRequest, "The host of the URL is an address in an unusual form. Write it as four decimal numbers.")
		}
		return a.String(), a, nil
	}
	return name, netip.Addr{}, nil
}

func label(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' &&
		!strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}

func number(s string) bool {
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		s, digits = hex, "0123456789abcdef"
	}
	return strings.Trim(s, digits) == ""
}

// key is how a manifest names the target: with its port, if that is not 443.
func (t target) key() string {
	if t.port == "443" {
		return t.name
	}
	return t.name + ":" + t.port
}

// same reports whether two targets are one server for secrets.
func (t target) same(other target) bool {
	return t.url.Scheme == other.url.Scheme && t.name == other.name && t.port == other.port
}

// admit judges a target by what was granted and by what no grant can give.
func (c *Client) admit(t target, r Rules) error {
	develops := c.develops(t)
	switch {
	case t.url.Scheme != "https" && !develops:
		return fail(NotAllowed, "%s can only be asked by https.", t.name)
	case t.addr.IsValid() && !c.permits(t.addr, develops):
		return private(t)
	case t.addr.Is6(), !manifest.AllowsHost(r.Hosts, t.key()) && (t.port != "443" || !manifest.AllowsHost(r.Hosts, t.name+":443")):
		return fail(NotAllowed, "%s is not among the hosts of http.fetch that were granted. Add it to the manifest's hosts.", t.key())
	}
	return nil
}

func private(t target) error {
	return fail(PrivateAddress, "%s leads to an address that is not public. Plugins reach no private, local or reserved addresses.", t.name)
}
