package server

import (
	"net"
	"sync"
	"time"
)

// connectionsOfOne is how many connections one address may hold: a single
// stranger must not take them all.
const connectionsOfOne = maxConnections / 4

// crowd counts connections by the address they come from.
type crowd struct {
	most   int
	exempt func(net.Addr) bool // proxies, which speak for many
	full   func(address string)

	mu   sync.Mutex
	held map[string]int
	told time.Time
}

func (s *Server) newCrowd() *crowd {
	return &crowd{
		most: connectionsOfOne, held: map[string]int{},
		exempt: func(a net.Addr) bool { return s.limits.off || inAny(addrOf(a), s.config.Server.TrustedProxies) },
		full: func(address string) {
			s.log.Warn("One address holds too many connections; more of its are closed at once. If it is a proxy, name it in server.trusted_proxies.",
				"ip", address, "most", connectionsOfOne)
		},
	}
}

// enter counts a connection in; leave counts it out. Not ok is one too many.
func (c *crowd) enter(a net.Addr) (leave func(), ok bool) {
	if c.exempt(a) {
		return func() {}, true
	}
	address := household(addrOf(a).String())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[address] >= c.most {
		if now := time.Now(); now.Sub(c.told) > time.Minute {
			c.told = now
			c.full(address)
		}
		return nil, false
	}
	c.held[address]++
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.held[address]--; c.held[address] == 0 {
			delete(c.held, address)
		}
	}), true
}
