package workspace_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

var update = flag.Bool("update", false, "write testdata/hooks.json anew")

// Plugins and other programs rely on these payloads. A difference here is a
// breaking change of the product, not of the test.
func TestThePayloadsOfTheHooksArePinned(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.SQLiteURL(t)))
	ctx := t.Context()
	ines, yuki := h.person("Ines"), h.person("Yuki")
	ids := []string{ines.UserID, "INES", yuki.UserID, "YUKI"}
	var lines []string
	step := func(names ...string) {
		t.Helper()
		if got, want := h.hooks(), strings.Join(names, " "); got != want {
			t.Fatalf("fired %s, want %s", got, want)
		}
		for _, name := range names {
			line, err := json.MarshalIndent(map[string]any{"hook": name, "payload": h.last[name]}, "", "  ")
			h.must(err)
			lines = append(lines, string(line))
		}
		h.now = h.now.Add(time.Minute + time.Millisecond)
	}

	home := h.workspace(ines, "Home")
	w, err := h.svc.Create(ctx, ines, workspace.Texts{Name: "Yard", Description: "Boats & <ropes>"})
	h.must(err)
	yard := w.ID
	ids = append(ids, home, "HOME", yard, "YARD")
	h.hooks()
	step()
	_, err = h.svc.Create(ctx, ines, workspace.Texts{Name: "Third"})
	h.must(err)
	ids = append(ids, h.last["admin.workspace:action:created"].(workspace.Event).WorkspaceID, "THIRD")
	step("admin.workspace:action:created")
	_, err = h.svc.Update(ctx, ines, yard, workspace.TextChange{Name: ptr("Boat yard")})
	h.must(err)
	step("admin.workspace:action:updated")
	h.join(home, member{yuki, policies.Viewer})
	_, err = h.svc.AddMember(ctx, ines, yard, workspace.Newcomer{Email: yuki.Email, Role: policies.Editor})
	h.must(err)
	step("admin.user:action:added")
	_, err = h.svc.SetRole(ctx, ines, yard, yuki.UserID, policies.Viewer)
	h.must(err)
	step("admin.user:action:role_changed")
	_, err = h.svc.SetRestrictions(ctx, ines, yard, []policies.Restriction{{Role: policies.Viewer, Permission: policies.WorkspaceRead}})
	h.must(err)
	step("admin.workspace:action:restrictions_changed")
	h.must(h.svc.SetGuestAccess(ctx, ines, yard, true))
	step("admin.guest_access:action:changed")
	h.must(h.svc.Leave(ctx, yuki, yard))
	step("admin.user:action:removed")
	issued, err := h.svc.CreateInvite(ctx, ines, yard, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
	h.must(err)
	ids = append(ids, issued.ID, "INVITE")
	step("admin.user:action:invited")
	h.must(h.svc.RevokeInvite(ctx, ines, yard, issued.ID))
	step("admin.user:action:invite_revoked")
	h.must(h.svc.Delete(ctx, ines, yard))
	step("admin.workspace:action:deleted")
	_, err = h.svc.Restore(ctx, ines, yard)
	h.must(err)
	step("admin.workspace:action:restored")

	got := strings.NewReplacer(ids...).Replace("[\n" + strings.Join(lines, ",\n") + "\n]\n")
	if strings.Contains(got, issued.Token) {
		t.Fatal("a payload contains the invite's token")
	}
	golden := filepath.Join("testdata", "hooks.json")
	if *update {
		h.must(os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	h.must(err)
	if !bytes.Equal([]byte(got), want) {
		t.Errorf("the payloads differ from %s (run with -update to see how):\n%s", golden, got)
	}
}
