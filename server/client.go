package server

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// client is where a request comes from and what it was asked of. Only a peer
// in server.trusted_proxies may say otherwise than the connection does.
type client struct {
	ip     string
	scheme string // http or https
	host   string // as in the Host header, lower case
}

// clientOf reads the connection, and the X-Forwarded headers of trusted peers.
// X-Forwarded-For is read from the right: what stands left of the first
// untrusted address was written by a stranger.
func clientOf(c *fiber.Ctx, trusted []netip.Prefix) (client, bool) {
	peer := addrOf(c.Context().RemoteAddr())
	who := client{ip: peer.String(), scheme: "http", host: strings.ToLower(string(c.Request().Header.Host()))}
	if c.Context().IsTLS() {
		who.scheme = "https"
	}
	if !inAny(peer, trusted) {
		return who, false
	}
	if proto := lastItem(c, fiber.HeaderXForwardedProto); proto == "http" || proto == "https" {
		who.scheme = proto
	}
	if host := lastItem(c, fiber.HeaderXForwardedHost); host != "" && !strings.ContainsAny(host, " /\\@?#\t") {
		who.host = strings.ToLower(host)
	}
	hops := headerItems(c, fiber.HeaderXForwardedFor)
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(hops[i])
		if err != nil {
			break
		}
		who.ip = addr.Unmap().String()
		if !inAny(addr.Unmap(), trusted) {
			break
		}
	}
	return who, true
}

func headerItems(c *fiber.Ctx, name string) []string {
	var items []string
	for _, line := range c.Request().Header.PeekAll(name) {
		for item := range strings.SplitSeq(string(line), ",") {
			items = append(items, strings.TrimSpace(item))
		}
	}
	return items
}

func lastItem(c *fiber.Ctx, name string) string {
	items := headerItems(c, name)
	if len(items) == 0 {
		return ""
	}
	return strings.ToLower(items[len(items)-1])
}

func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return ap.Addr().Unmap()
}

func inAny(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// hostname is the host without its port, as admin.allowed_hosts compares it.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.TrimSuffix(strings.Trim(host, "[]"), ".")
}
