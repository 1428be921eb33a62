package account

import (
	"context"
	"runtime"
	"testing"
)

// WaitForRechecks waits for the questions to foreign providers under way.
func (s *Service) WaitForRechecks() { s.rechecks.wait() }

// For the tests of parsers.
var (
	CheckEmail  = checkEmail
	CheckLocale = checkLocale
	CheckZone   = checkZone
	IsSecret    = isSecret
	NewSecret   = newSecret
	DecodeHash  = decodeHash
	Network     = network
)

// NobodysCost is what verifying against an unknown address costs.
func (p *Passwords) NobodysCost() Cost {
	cost, _, _, _ := decodeHash(p.nobodys)
	return cost
}

// Occupy takes all places at which hashes are computed, until free.
func (p *Passwords) Occupy(t *testing.T) (free func()) {
	t.Helper()
	var leave []func()
	for range cap(p.slots) {
		l, err := p.enter(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	return func() {
		for _, l := range leave {
			l()
		}
	}
}

// AwaitWaiting returns when somebody waits for a place.
func (p *Passwords) AwaitWaiting() {
	for p.waiting.Load() == 0 {
		runtime.Gosched()
	}
}
