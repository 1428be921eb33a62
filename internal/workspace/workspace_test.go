package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// house is a deployment under test: real database, real audit log, a clock
// that stands still, and the names of the hooks that fired.
type house struct {
	t     tb
	db    *db.DB
	audit *audit.Log
	svc   *workspace.Service
	now   time.Time

	mu    sync.Mutex
	fired []string
	last  map[string]any
}

// tb is what testing.TB and rapid.T have in common.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	Context() context.Context
}

func newHouse(t tb, d *db.DB) *house {
	h := &house{t: t, db: d, now: noon, last: map[string]any{}}
	clock := func() time.Time { return h.now }
	bus := hook.New(nil)
	h.audit = audit.New(audit.Options{DB: d, Now: clock})
	h.svc = workspace.New(workspace.Options{DB: d, Bus: bus, Audit: h.audit, Now: clock, SetKV: h.setKV})
	listen(h, bus, workspace.RoleChanged)
	listen(h, bus, workspace.MemberAdded)
	listen(h, bus, workspace.MemberRemoved)
	listen(h, bus, workspace.Invited)
	listen(h, bus, workspace.InviteRevoked)
	listen(h, bus, workspace.Created)
	listen(h, bus, workspace.Updated)
	listen(h, bus, workspace.Deleted)
	listen(h, bus, workspace.Restored)
	listen(h, bus, workspace.RestrictionsChanged)
	listen(h, bus, workspace.GuestAccessChanged)
	return h
}

func listen[T any](h *house, bus *hook.Bus, a hook.Action[T]) {
	a.On(bus, hook.Options{Name: "test"}, func(_ context.Context, payload T) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.fired = append(h.fired, a.Name)
		h.last[a.Name] = payload
	})
}

// setKV stands in for the sync engine: the row as the engine stores it.
func (h *house) setKV(ctx context.Context, workspaceID, name, value string) error {
	payload, _ := json.Marshal(map[string]any{"id": name, "name": name, "value": value})
	text := string(payload)
	return h.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&db.SyncRow{
			WorkspaceID: workspaceID, TableName: "kv", PK: name, Payload: &text, ServerVersion: 1,
		}).On("CONFLICT (workspace_id, table_name, pk) DO UPDATE").Set("payload = EXCLUDED.payload").Exec(ctx)
		return err
	})
}

// person makes an account and gives its session.
func (h *house) person(name string) *policies.Session {
	h.t.Helper()
	email := strings.ToLower(name) + "@kestrel.example"
	u := db.User{ID: uuid.Must(uuid.NewV7()).String(), Email: email, EmailKey: db.EmailKey(email), DisplayName: name, CreatedAt: h.now.UnixMilli()}
	h.write(func(ctx context.Context, tx bun.Tx) error { return db.InsertUser(ctx, tx, &u) })
	return &policies.Session{ID: "s-" + u.ID, Kind: policies.BrowserSession, UserID: u.ID, Email: email, DisplayName: name}
}

// workspace makes a workspace with an owner, and further members by role.
func (h *house) workspace(owner *policies.Session, name string, members ...member) string {
	h.t.Helper()
	w, err := h.svc.Create(h.t.Context(), owner, workspace.Texts{Name: name})
	h.must(err)
	for _, m := range members {
		h.join(w.ID, m)
	}
	return w.ID
}

type member struct {
	who  *policies.Session
	role policies.Role
}

func (h *house) join(workspaceID string, m member) {
	h.t.Helper()
	h.write(func(ctx context.Context, tx bun.Tx) error {
		return db.InsertMember(ctx, tx, &db.Member{WorkspaceID: workspaceID, UserID: m.who.UserID, Role: string(m.role), CreatedAt: h.now.UnixMilli()})
	})
}

func (h *house) disable(who *policies.Session) {
	h.t.Helper()
	at := h.now.UnixMilli()
	h.write(func(ctx context.Context, tx bun.Tx) error { return db.SetUserDisabled(ctx, tx, who.UserID, &at) })
}

func (h *house) write(fn func(ctx context.Context, tx bun.Tx) error) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), fn))
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// role is what somebody is in a live workspace; "" for strangers.
func (h *house) role(workspaceID string, who *policies.Session) policies.Role {
	h.t.Helper()
	standing, err := h.svc.Standing(h.t.Context(), who.UserID, workspaceID)
	h.must(err)
	return standing.Role
}

// refused checks the kind of an error and that its words contain a part.
func (h *house) refused(err error, kind fault.Kind, words string) {
	h.t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || !strings.Contains(f.Message, words) {
		h.t.Fatalf("want %s with %q, got %v", kind, words, err)
	}
}

// entries gives the newest n entries of the audit log, newest first, in short.
func (h *house) entries(n int) string {
	h.t.Helper()
	page, err := h.audit.List(h.t.Context(), audit.Filter{Limit: n})
	h.must(err)
	var lines []string
	for _, e := range page.Entries {
		lines = append(lines, fmt.Sprintf("%s %s by %s", e.Action, e.Result, e.Actor.Name))
	}
	return strings.Join(lines, "; ")
}

func (h *house) audited(want string) {
	h.t.Helper()
	if got := h.entries(strings.Count(want, ";") + 1); got != want {
		h.t.Fatalf("audit log\n got %s\nwant %s", got, want)
	}
}

// hooks gives the hooks that fired since it was last asked.
func (h *house) hooks() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	fired := strings.Join(h.fired, " ")
	h.fired = nil
	return fired
}

func (h *house) heard(want string) {
	h.t.Helper()
	if got := h.hooks(); got != want {
		h.t.Fatalf("hooks fired: %q, want %q", got, want)
	}
}

// each runs a test on both databases.
func each(t *testing.T, test func(h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(newHouse(t, d)) })
}

// field is the field an Invalid fault is about.
func field(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		for name := range f.Fields {
			return name
		}
	}
	return ""
}

func ptr[T any](v T) *T { return &v }
