package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"or3.cloud/or3/internal/config"
)

// listener is the socket of serve, with TLS when a certificate is configured.
type listener struct {
	net.Listener
	config      config.Config
	certificate atomic.Pointer[tls.Certificate]
}

// listen opens server.addr.
func listen(ctx context.Context, c config.Config, log *slog.Logger) (*listener, error) {
	pair, err := certificate(c)
	if err != nil {
		return nil, err
	}
	socket, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Server.Addr)
	if err != nil {
		return nil, cannotListen("server.addr", c, err)
	}
	l := &listener{Listener: socket, config: c}
	if pair != nil {
		l.adopt(pair, log)
		l.Listener = tls.NewListener(socket, &tls.Config{
			MinVersion: tls.VersionTLS12,
			NextProtos: []string{"http/1.1"},
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
				return l.certificate.Load(), nil
			},
		})
	}
	return l, nil
}

func (l *listener) adopt(pair *tls.Certificate, log *slog.Logger) {
	l.certificate.Store(pair)
	if log != nil && pair.Leaf != nil && time.Until(pair.Leaf.NotAfter) < 7*24*time.Hour {
		log.Warn("the certificate ends soon or has ended", "not_after", pair.Leaf.NotAfter)
	}
}

// reload reads the certificate again; new connections use it.
func (l *listener) reload() error {
	pair, err := certificate(l.config)
	if err != nil || pair == nil {
		return err
	}
	l.adopt(pair, nil)
	return nil
}

// url is where a browser on this machine finds the server.
func (l *listener) url() string {
	scheme := "http"
	if l.certificate.Load() != nil {
		scheme = "https"
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return scheme + "://" + l.Addr().String()
	}
	if addr.IP.IsUnspecified() {
		host, _, err := net.SplitHostPort(l.config.Server.Addr)
		if ip := net.ParseIP(host); err == nil && ip != nil && ip.To4() == nil {
			return scheme + "://" + (&net.TCPAddr{IP: net.IPv6loopback, Port: addr.Port}).String()
		}
		return scheme + "://" + (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: addr.Port}).String()
	}
	return scheme + "://" + addr.String()
}

// cannotListen says which key to change.
func cannotListen(key string, c config.Config, err error) error {
	value := c.Server.Addr
	if key != "server.addr" {
		value = c.Telemetry.MetricsAddr
	}
	problem := "cannot be listened on: " + err.Error()
	var op *net.OpError
	if errors.As(err, &op) {
		problem = "cannot be listened on: " + op.Err.Error()
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, windowsAddrInUse):
		problem = "is in use by another program; stop that, or choose another port (0 takes a free one)"
	case errors.Is(err, syscall.EACCES):
		problem = "needs more rights than this process has; choose a port above 1023"
	}
	return &config.Error{Key: key, Value: value, Source: c.Source(key), Problem: problem}
}

// windowsAddrInUse is WSAEADDRINUSE, which Windows reports in place of EADDRINUSE.
const windowsAddrInUse = syscall.Errno(10048)
