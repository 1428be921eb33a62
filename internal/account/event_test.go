package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What listeners get is a promise: plugins parse it. Ids are replaced by what
// they are the ids of, times stand still.
func TestHookPayloadsAreWhatTheyWere(t *testing.T) {
	w := newWorld(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	var told []map[string]any
	listen(w.bus, &told, account.UserCreated, account.UserDisabled, account.UserEnabled, account.PasswordChanged, account.AdminGranted, account.AdminRevoked)
	listen(w.bus, &told, account.WorkspaceCreated)

	owner := w.setUp()
	guest, err := w.svc.Register(w.ctx(), newcomer("guest@example.org", ""))
	w.must(err)
	by, id := owner.Session, guest.Session.UserID
	w.must(w.svc.GrantDeploymentAdmin(w.ctx(), by, id))
	w.must(w.svc.RevokeDeploymentAdmin(w.ctx(), by, id))
	w.must(w.svc.SetPassword(w.ctx(), by, id, another))
	w.must(w.svc.DisableUser(w.ctx(), by, id))
	w.must(w.svc.EnableUser(w.ctx(), account.Operator(), id))
	_, err = w.svc.AddUser(w.ctx(), account.NewUser{Email: "cli@example.org", DisplayName: "By command", Password: password, Workspace: "Home", Role: policies.Viewer})
	w.must(err)

	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	for _, payload := range told {
		if err := enc.Encode(payload); err != nil {
			t.Fatal(err)
		}
	}
	names := map[string]string{}
	got := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).ReplaceAllFunc(b.Bytes(), func(id []byte) []byte {
		if names[string(id)] == "" {
			names[string(id)] = "id-" + string(rune('a'+len(names)))
		}
		return []byte(names[string(id)])
	})
	golden := filepath.Join("testdata", "hooks.golden.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("payloads differ from %s (go test -update writes it anew):\n%s", golden, got)
	}
}

func listen[T any](bus *hook.Bus, told *[]map[string]any, actions ...hook.Action[T]) {
	for _, a := range actions {
		a.On(bus, hook.Options{Name: "test"}, func(_ context.Context, payload T) {
			*told = append(*told, map[string]any{"hook": a.Name, "payload": payload})
		})
	}
}

func TestAFailedActFiresNoHook(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		var told []map[string]any
		listen(w.bus, &told, account.UserCreated, account.UserDisabled, account.AdminGranted)
		_ = w.svc.DisableUser(w.ctx(), account.Operator(), owner.Session.UserID)
		_, _ = w.svc.Register(w.ctx(), newcomer("owner@example.org", ""))
		_ = w.svc.GrantDeploymentAdmin(w.ctx(), nil, owner.Session.UserID)
		if len(told) != 0 {
			t.Fatalf("told %v", told)
		}
	})
}
