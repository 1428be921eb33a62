package account_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// clock is a time that moves only when a test says so.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a deployment under test.
type world struct {
	t     *testing.T
	db    *db.DB
	bus   *hook.Bus
	log   *audit.Log
	clock *clock
	svc   *account.Service

	mu     sync.Mutex
	joined []account.Membership
}

const password = "a long enough secret"

// cheap makes tests fast; what it costs is tested once, with the default.
var cheap = account.Cost{Memory: 8, Passes: 1}

func newWorld(t *testing.T, d *db.DB, change ...func(*account.Options)) *world {
	t.Helper()
	w := &world{t: t, db: d, bus: hook.New(slog.New(slog.DiscardHandler)), clock: newClock()}
	w.log = audit.New(audit.Options{DB: d, Now: w.clock.Now})
	w.svc = w.service(change...)
	return w
}

// service is one more process on the same database.
func (w *world) service(change ...func(*account.Options)) *account.Service {
	w.t.Helper()
	o := account.Options{
		DB: w.db, Bus: w.bus, Audit: w.log, Now: w.clock.Now, Passwords: account.NewPasswords(cheap), Registration: account.Open,
		Joined: func(_ context.Context, m account.Membership) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.joined = append(w.joined, m)
		},
	}
	for _, c := range change {
		c(&o)
	}
	svc := account.New(o)
	w.t.Cleanup(svc.Close)
	return svc
}

func registration(mode string) func(*account.Options) {
	return func(o *account.Options) { o.Registration = mode }
}

// each runs a test in a deployment that is set up, on every database. owner is
// the first person, signed in.
func each(t *testing.T, test func(t *testing.T, w *world, owner account.Signed), change ...func(*account.Options)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel() // they mostly wait for the disk
		w := newWorld(t, d, change...)
		test(t, w, w.setUp())
	})
}

func (w *world) setUp() account.Signed {
	w.t.Helper()
	token, err := w.svc.IssueSetupToken(w.ctx())
	w.must(err)
	signed, err := w.svc.Setup(w.ctx(), account.SetupInput{Token: token, Email: "owner@example.org", Password: password, DisplayName: "Olive Owner", WorkspaceName: "Home"})
	w.must(err)
	return signed
}

// ctx is a request from one address.
func (w *world) ctx() context.Context { return w.from("192.0.2.1") }

func (w *world) from(ip string) context.Context {
	return audit.WithOrigin(w.t.Context(), audit.Origin{Actor: audit.Actor{Kind: audit.Anonymous}, IP: ip, UserAgent: "Test/1.0", RequestID: "req-1"})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks the kind of a refusal.
func (w *world) refused(err error, kind fault.Kind) {
	w.t.Helper()
	if !fault.Is(err, kind) {
		w.t.Fatalf("got %v; want %s", err, kind)
	}
}

// join adds a person to a workspace ("" = home) and signs them in.
func (w *world) join(email, workspace string, role policies.Role) account.Signed {
	w.t.Helper()
	if workspace == "" {
		workspace = "Home"
	}
	_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: email, DisplayName: email, Password: password, Workspace: workspace, Role: role})
	w.must(err)
	return w.signIn(email, password)
}

func (w *world) signIn(email, pass string) account.Signed {
	w.t.Helper()
	signed, err := w.svc.SignIn(w.ctx(), account.Credentials{Email: email, Password: pass})
	w.must(err)
	return signed
}

// resolve finds a session that must be there, and gone one that must not.
func (w *world) resolve(token string) *policies.Session {
	w.t.Helper()
	s, err := w.svc.Resolve(w.ctx(), token)
	w.must(err)
	if s == nil {
		w.t.Fatal("the session has gone")
	}
	return s
}

func (w *world) gone(token string) {
	w.t.Helper()
	if s, err := w.svc.Resolve(w.ctx(), token); s != nil || err != nil {
		w.t.Fatalf("got %+v, %v; want no session", s, err)
	}
}

func (w *world) bearer(token string) *policies.Session {
	w.t.Helper()
	s, err := w.svc.ResolveBearer(w.ctx(), token)
	w.must(err)
	return s
}

// invite writes an open invite, as internal/workspace does, and gives its token.
func (w *world) invite(workspaceID, email string, role policies.Role, by string) string {
	w.t.Helper()
	token := uuid.NewString()
	i := db.Invite{ID: uuid.NewString(), WorkspaceID: workspaceID, Email: email, EmailKey: db.EmailKey(email), Role: string(role),
		TokenHash: db.SecretHash(token), InvitedBy: by, CreatedAt: w.clock.Now().UnixMilli(), ExpiresAt: w.clock.Now().Add(7 * 24 * time.Hour).UnixMilli()}
	w.write(func(ctx context.Context, tx bun.Tx) error { return db.InsertInvite(ctx, tx, &i) })
	return token
}

func (w *world) write(fn func(ctx context.Context, tx bun.Tx) error) {
	w.t.Helper()
	w.must(w.db.Write(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return w.db.BumpAccess(ctx, tx, db.AccessChange{})
	}))
}

// recorded counts the audit entries of an action with a result.
func (w *world) recorded(action string, result audit.Result) int {
	w.t.Helper()
	page, err := w.log.List(w.t.Context(), audit.Filter{Action: action, Result: result, Limit: 200})
	w.must(err)
	return len(page.Entries)
}

// together runs fn n times at once and gives the errors.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func successes(errs []error) int {
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}
