package fetch

import (
	"net/netip"
	"slices"
)

// Public reports whether an address is one that everybody on the internet
// reaches at the same place. An IPv4 address written as IPv6 counts as what it
// is. Of IPv6 only what is given out for the public at all can be public; what
// carries an IPv4 address inside (NAT64, 6to4, Teredo) is not, because it leads
// to wherever a gateway of this network takes it.
func Public(a netip.Addr) bool {
	if a = a.Unmap(); !a.IsValid() {
		return false
	}
	// An address with a zone lies in no prefix.
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(a) })
}

// reserved are the ranges of the IANA registries for special purposes, and one
// address that is public by its number alone.
func reserved() []netip.Prefix {
	ranges := []string{
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // carriers' own, also a metadata service
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // a cloud's service on every one of its machines
		"169.254.0.0/16",   // link-local, most metadata services
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocols, also a metadata service
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved, and broadcast
		"2001::/23",        // protocols: Teredo, benchmarks, ORCHID
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4
		"3fff::/20",        // documentation
	}
	prefixes := make([]netip.Prefix, len(ranges))
	for i, r := range ranges {
		prefixes[i] = netip.MustParsePrefix(r)
	}
	return prefixes
}
