package account_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
)

// slow is the local provider on a machine that does not get its hashing done.
type slow struct {
	*account.Local
	asked chan struct{}
	goOn  chan struct{}
}

func (s slow) Authenticate(ctx context.Context, _, _ string) (*account.Identity, error) {
	s.asked <- struct{}{}
	select {
	case <-s.goOn:
		return nil, fault.New(fault.Unauthenticated, "no")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestAFloodOfSignInsLeavesTheDatabaseToOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world, _ account.Signed) {
		p := slow{Local: account.NewLocal(w.db, account.NewPasswords(cheap)), asked: make(chan struct{}, 1000), goOn: make(chan struct{})}
		svc := w.service(func(o *account.Options) { o.Provider = p })
		before := counters(t, w)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var flood sync.WaitGroup
		for i := range 60 {
			flood.Go(func() {
				from := audit.Origin{Actor: audit.Actor{Kind: audit.Anonymous}, IP: fmt.Sprintf("198.51.100.%d", i)}
				_, _ = svc.SignIn(audit.WithOrigin(ctx, from), account.Credentials{Email: fmt.Sprintf("x%d@example.org", i), Password: password})
			})
		}
		for range 8 {
			<-p.asked
		}
		select {
		case <-p.asked:
			t.Error("more than eight attempts are made at once")
		case <-time.After(100 * time.Millisecond):
		}
		if n := counters(t, w) - before; n > 8*3 {
			t.Errorf("%d counters were written for attempts that are not made yet", n)
		}
		cancel()
		flood.Wait()
		if n := counters(t, w) - before; n > 8*3 {
			t.Errorf("attempts that were never made left %d counters", n)
		}
	})
}

func counters(t *testing.T, w *world) int64 {
	t.Helper()
	n, err := w.db.Read().NewSelect().TableExpr("throttles").Count(t.Context())
	w.must(err)
	return n
}
