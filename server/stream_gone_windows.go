package server

import "net"

// hungUp tells whether the other side has closed a connection. Here only
// writing to it tells, which a heartbeat does.
func hungUp(net.Conn) bool { return false }
