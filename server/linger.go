package server

import (
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Bounds of reading on after a refusal.
const (
	lingerBytes = 32 << 20
	lingerTime  = 2 * time.Second
)

// lingering makes connections that can be closed politely: when a body is
// refused for its size, the client is still sending, and closing at once would
// reset the connection and take the answer with it. Connections of an address
// that holds too many are closed before anything is spent on them.
type lingering struct {
	net.Listener
	crowd *crowd
}

func (l lingering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	leave, ok := l.crowd.enter(conn.RemoteAddr())
	for ; !ok; leave, ok = l.crowd.enter(conn.RemoteAddr()) {
		_ = conn.Close()
		if conn, err = l.Listener.Accept(); err != nil {
			return nil, err
		}
	}
	plain := &lingerConn{Conn: conn, leave: leave}
	if secure, ok := conn.(*tls.Conn); ok {
		return &lingerTLS{plain, secure}, nil // fasthttp looks for a TLS connection's methods
	}
	return plain, nil
}

type lingerTLS struct {
	*lingerConn
	secure *tls.Conn
}

func (c *lingerTLS) Handshake() error                     { return c.secure.Handshake() }
func (c *lingerTLS) ConnectionState() tls.ConnectionState { return c.secure.ConnectionState() }

type lingerConn struct {
	net.Conn
	leave  func()
	linger atomic.Bool
}

// NetConn gives the connection below.
func (c *lingerConn) NetConn() net.Conn { return c.Conn }

// Linger asks Close to read on for a moment before it closes.
func (c *lingerConn) Linger() { c.linger.Store(true) }

func (c *lingerConn) Close() error {
	defer c.leave()
	if c.linger.Swap(false) {
		if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_ = c.SetReadDeadline(time.Now().Add(lingerTime))
			_, _ = io.Copy(io.Discard, io.LimitReader(c.Conn, lingerBytes))
		}
	}
	return c.Conn.Close()
}
