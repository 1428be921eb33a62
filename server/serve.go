package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"or3.cloud/or3/internal/fault"
)

// Serve answers requests on ln until Shutdown. It returns nil after a Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	if !s.adopt(ln) {
		return ln.Close()
	}
	if err := s.app.Server().Serve(lingering{ln, s.crowd}); err != nil && !s.Draining() {
		return fmt.Errorf("serve on %s: %w", ln.Addr(), err)
	}
	return nil
}

// Shutdown stops accepting, lets running requests finish until ctx ends, and
// closes what Open opened. Readiness answers 503 from its first moment. A
// second call returns the first one's result.
func (s *Server) Shutdown(ctx context.Context) error {
	s.closing.Do(func() {
		s.disown()
		s.streams.close(ctx)
		s.letUploadsEnd(ctx)
		s.letClose()
		err := s.app.ShutdownWithContext(ctx)
		if errors.Is(err, net.ErrClosed) {
			err = nil // disown was faster
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = fault.Wrap(err, fault.Unavailable, "Some requests did not finish in time and were cut off.")
		}
		s.end()
		s.closeErr = errors.Join(err, s.release())
	})
	return s.closeErr
}

// uploadDrain is how long uploads may go on when the server stops. Those that do
// not end by then go on after the next start, from where they are.
const uploadDrain = 5 * time.Second

func (s *Server) letUploadsEnd(ctx context.Context) {
	if s.files == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, uploadDrain)
	defer cancel()
	s.files.uploads.drain(ctx)
	s.files.uploads.cut()
}

// adopt remembers a listener, so that a Shutdown that comes before the first
// Accept ends it too. It refuses once Shutdown has begun.
func (s *Server) adopt(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, ln)
	return !s.Draining()
}

// disown begins the draining: nothing new is accepted.
func (s *Server) disown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.stopping)
	for _, ln := range s.listeners {
		_ = ln.Close() // fasthttp closes it once more
	}
}

// letClose gives connections that are about to close a moment to do so: after
// that fasthttp looks for them only every 100 ms.
func (s *Server) letClose() {
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for range 10 {
		if s.app.Server().GetOpenConnectionsCount() <= 0 {
			return
		}
		<-look.C
	}
}

// Draining reports whether Shutdown has begun.
func (s *Server) Draining() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// SetupToken makes the token of a new one-time set-up link while the
// deployment has no owner, and is "" afterwards.
func (s *Server) SetupToken(ctx context.Context) (string, error) {
	if !s.config.Auth.Enabled {
		return "", nil
	}
	needed, err := s.accounts.SetupNeeded(ctx)
	if err != nil || !needed {
		return "", err
	}
	token, err := s.accounts.IssueSetupToken(ctx)
	if fault.Is(err, fault.Conflict) {
		return "", nil // another node was faster
	}
	return token, err
}

// Reload reads the templates again when they come from a working copy.
func (s *Server) Reload() error { return s.pages.Reload() }
