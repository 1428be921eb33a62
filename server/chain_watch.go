package server

import (
	"context"
	"sync"
	"time"

	"or3.cloud/or3/internal/audit"
)

const (
	chainFresh   = 5 * time.Minute        // a verification is worth so long
	chainPatient = 300 * time.Millisecond // a page waits so long for one under way
)

// chainWatch verifies the audit log when somebody looks at it and the last
// verification is old. A long log takes longer than a page should: the page
// then shows what was found before.
type chainWatch struct {
	mu      sync.Mutex
	running chan struct{} // closed when the verification under way is done; nil when there is none
	found   audit.VerifyResult
	at      time.Time // zero: never
}

// chainState is what is known of the log, after a short wait when that is old.
func (s *Server) chainState(ctx context.Context) (audit.VerifyResult, time.Time) {
	w := &s.chain
	w.mu.Lock()
	if w.running == nil && s.now().Sub(w.at) >= chainFresh {
		w.running = make(chan struct{})
		go s.verifyChain(w.running)
	}
	running := w.running
	w.mu.Unlock()
	if running != nil {
		wait := time.NewTimer(chainPatient)
		defer wait.Stop()
		select {
		case <-running:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found, w.at
}

// verifyChain reads the whole log once. It ends with the server's life.
func (s *Server) verifyChain(done chan struct{}) {
	defer close(done)
	found, err := s.audit.Verify(s.life)
	s.chain.mu.Lock()
	defer s.chain.mu.Unlock()
	s.chain.running = nil
	if err != nil {
		if s.life.Err() == nil {
			s.log.Error("verify the audit log", "error", err)
		}
		return
	}
	s.chain.found, s.chain.at = found, s.now()
	if !found.OK() {
		s.log.Error("the audit log is not sound", "problem", found.Break.Problem, "entry", found.Break.Seq)
	}
}

// stopChain waits for a verification under way; its reading ends with the life
// of the server.
func (s *Server) stopChain() error {
	s.chain.mu.Lock()
	running := s.chain.running
	s.chain.mu.Unlock()
	if running != nil {
		<-running
	}
	return nil
}
