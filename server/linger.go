package server

import (
	"bytes"
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
	opened opening
}

// Read notes how a request begins, for the answer to one that breaks off.
func (c *lingerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.opened.read(b[:n])
	return n, err
}

func (c *lingerConn) Write(b []byte) (int, error) {
	c.opened.answered.Store(true)
	return c.Conn.Write(b)
}

// OnAPI reports whether the request that is being read is one of the API, as far
// as it has come.
func (c *lingerConn) OnAPI() bool { return c.opened.onAPI() }

// opening is the beginning of the request that a connection is reading: of one
// that nobody can make sense of, fasthttp keeps no address. What was sent along
// with the request before (pipelined) counts as that.
type opening struct {
	answered atomic.Bool // what comes next is another request
	bytes    [24]byte
	n        int
}

func (o *opening) read(b []byte) {
	if len(b) == 0 {
		return
	}
	if o.answered.Swap(false) {
		o.n = 0
	}
	o.n += copy(o.bytes[o.n:], b)
}

func (o *opening) onAPI() bool {
	_, address, _ := bytes.Cut(bytes.TrimLeft(o.bytes[:o.n], "\r\n"), []byte(" "))
	if path, ok := bytes.CutPrefix(address, []byte("/api")); ok {
		return len(path) > 0 && (path[0] == '/' || path[0] == ' ' || path[0] == '?')
	}
	return false
}

// NetConn gives the connection below.
func (c *lingerConn) NetConn() net.Conn { return c.Conn }

// Linger asks Close to read on for a moment before it closes.
func (c *lingerConn) Linger() { c.linger.Store(true) }

// ReadFrom lets the kernel copy a file's bytes (sendfile) where it can.
func (c *lingerConn) ReadFrom(r io.Reader) (int64, error) {
	if to, ok := c.Conn.(io.ReaderFrom); ok {
		return to.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

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
