package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	maxAddresses = 8               // of a name
	dialTime     = 4 * time.Second // for one of them
)

// develops reports whether a target is one that somebody who writes a plugin runs
// on this machine.
func (c *Client) develops(t target) bool {
	return slices.Contains(c.o.Development, t.name+":"+t.port)
}

// permits reports whether a connection may go to an address.
func (c *Client) permits(a netip.Addr, develops bool) bool {
	return Public(a) || develops && a.Unmap().IsLoopback()
}

// connect looks a name up once, judges all its addresses, and connects to one of
// those that it judged. One that is not public refuses them all: a name that
// leads to both has somebody behind it who tries.
func (c *Client) connect(ctx context.Context, t target) (net.Conn, error) {
	develops := c.develops(t)
	addresses := []netip.Addr{t.addr}
	if !t.addr.IsValid() {
		full, err := t.name, error(nil)
		if strings.Contains(full, ".") {
			full += "." // so that the domains of this machine's network are not tried as well
		}
		if addresses, err = c.o.Resolver.LookupNetIP(ctx, "ip", full); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !c.permits(a, develops) }) {
		return nil, private(t)
	}
	port, err := netip.ParseAddrPort("0.0.0.0:" + t.port)
	if err != nil {
		return nil, err
	}
	failed := fmt.Errorf("%s has no address", t.name)
	for _, a := range addresses[:min(len(addresses), maxAddresses)] {
		conn, err := c.dial(ctx, t, netip.AddrPortFrom(a.Unmap(), port.Port()))
		if err == nil {
			return conn, nil
		}
		if failed = err; ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// dial connects to an address, which is judged once more by the socket that is
// about to connect: nothing between here and there can change it.
func (c *Client) dial(ctx context.Context, t target, to netip.AddrPort) (net.Conn, error) {
	if c.o.Dial != nil {
		return c.o.Dial(ctx, to)
	}
	d := net.Dialer{Timeout: dialTime, KeepAlive: -1, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("the address of a connection: %w", err)
		}
		if !c.permits(at.Addr(), c.develops(t)) {
			return private(t)
		}
		return nil
	}}
	return d.DialContext(ctx, "tcp", to.String())
}
