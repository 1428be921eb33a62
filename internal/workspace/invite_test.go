package workspace_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

func TestAnInviteIsHashedAtRestAndOnlyTheNewestLinkWorks(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		yard := h.workspace(ines, "Yard")
		first, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "Maren@kestrel.example", Role: policies.Viewer})
		h.must(err)
		h.now = h.now.Add(time.Hour)
		second, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "maren@KESTREL.example", Role: policies.Editor})
		h.must(err)
		if h.works(first.Token) || !h.works(second.Token) {
			h.t.Error("the older link still works, or the newer does not")
		}
		var n int
		h.must(h.db.Read().NewRaw(`SELECT count(*) FROM invites WHERE token_hash IN (?, ?)`, first.Token, second.Token).Scan(h.t.Context(), &n))
		if n != 0 {
			h.t.Error("a token lies in the database")
		}
		list, err := h.svc.Invites(h.t.Context(), yard)
		h.must(err)
		if len(list) != 1 || list[0].ID != second.ID || list[0].InvitedByName != "Ines" || list[0].Expired || list[0].Role != policies.Editor {
			h.t.Errorf("open invites %+v", list)
		}

		h.now = h.now.Add(workspace.InviteLife)
		if list, _ := h.svc.Invites(h.t.Context(), yard); len(list) != 1 || !list[0].Expired || h.works(second.Token) {
			h.t.Error("after 7 days the invite is not expired")
		}
		third, err := h.svc.RenewInvite(h.t.Context(), ines, yard, second.ID)
		h.must(err)
		if !h.works(third.Token) || third.Email != "maren@KESTREL.example" || third.Role != policies.Editor || !third.ExpiresAt.Equal(h.now.Add(7*24*time.Hour)) {
			h.t.Errorf("renewed %+v", third)
		}
		_, err = h.svc.RenewInvite(h.t.Context(), ines, yard, second.ID)
		h.refused(err, fault.NotFound, "withdrawn")
	})
}

func TestAWithdrawnInviteIsDead(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		yard := h.workspace(ines, "Yard")
		issued, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
		h.must(err)
		h.hooks()
		h.must(h.svc.RevokeInvite(h.t.Context(), ines, yard, issued.ID))
		h.audited("invite.revoked allowed by Ines; invite.created allowed by Ines")
		h.heard("admin.user:action:invite_revoked")
		if h.works(issued.Token) {
			h.t.Error("the link still works")
		}
		h.refused(h.svc.RevokeInvite(h.t.Context(), ines, yard, issued.ID), fault.NotFound, "withdrawn already")
		if list, err := h.svc.Invites(h.t.Context(), yard); err != nil || len(list) != 0 {
			h.t.Errorf("open invites %+v, %v", list, err)
		}
	})
}

func TestAnOwnerWhoLosesOwnershipCannotReturnByTheirOwnInvite(t *testing.T) {
	lose := map[string]func(h *house, ines, yuki *policies.Session, yard string) error{
		"demoted": func(h *house, ines, yuki *policies.Session, yard string) error {
			_, err := h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, policies.Viewer)
			return err
		},
		"removed": func(h *house, ines, yuki *policies.Session, yard string) error {
			return h.svc.RemoveMember(h.t.Context(), ines, yard, yuki.UserID)
		},
	}
	for how, act := range lose {
		t.Run(how, func(t *testing.T) {
			each(t, func(h *house) {
				ines, yuki := h.person("Ines"), h.person("Yuki")
				yard := h.workspace(ines, "Yard", member{yuki, policies.Owner})
				second, err := h.svc.CreateInvite(h.t.Context(), yuki, yard, workspace.Newcomer{Email: "other.yuki@kestrel.example", Role: policies.Owner})
				h.must(err)
				mine, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
				h.must(err)
				h.must(act(h, ines, yuki, yard))
				if h.works(second.Token) {
					h.t.Error("the invite of the former owner still works")
				}
				if !h.works(mine.Token) {
					h.t.Error("another owner's invite was withdrawn with it")
				}
			})
		})
	}
}

func TestAMemberIsNotInvitedAgain(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Viewer})
		_, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: yuki.Email, Role: policies.Owner})
		h.refused(err, fault.Conflict, "Yuki is already a viewer of Yard.")
		h.audited("invite.created refused by Ines")
	})
}

func TestRestrictionsAreReplacedAsAWhole(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Editor})
		h.hooks()
		noWrite := policies.Restriction{Role: policies.Editor, Permission: policies.WorkspaceWrite}
		noRead := policies.Restriction{Role: policies.Viewer, Permission: policies.WorkspaceRead}
		stored, err := h.svc.SetRestrictions(h.t.Context(), ines, yard, []policies.Restriction{noRead, noWrite, noRead})
		h.must(err)
		if len(stored) != 2 || stored[0] != noWrite || stored[1] != noRead {
			h.t.Errorf("stored %v", stored)
		}
		standing, err := h.svc.Standing(h.t.Context(), yuki.UserID, yard)
		if err != nil || standing.Role != policies.Editor || len(standing.Restrictions) != 2 {
			h.t.Errorf("standing %+v, %v", standing, err)
		}
		h.audited("workspace.restrictions_changed allowed by Ines")
		h.heard("admin.workspace:action:restrictions_changed")

		_, err = h.svc.SetRestrictions(h.t.Context(), ines, yard, []policies.Restriction{noWrite, noRead})
		h.must(err)
		h.heard("")
		stored, err = h.svc.SetRestrictions(h.t.Context(), ines, yard, nil)
		h.must(err)
		if list, err := h.svc.Restrictions(h.t.Context(), yard); err != nil || len(list) != 0 || list == nil || stored == nil {
			h.t.Errorf("restrictions %v, %v", list, err)
		}

		for words, r := range map[string]policies.Restriction{
			"Nothing can be taken from owners": {Role: policies.Owner, Permission: policies.WorkspaceRead},
			"role that does not exist":         {Role: "guest", Permission: policies.WorkspaceRead},
			"permission that does not exist":   {Role: policies.Editor, Permission: "workspace.*"},
		} {
			_, err := h.svc.SetRestrictions(h.t.Context(), ines, yard, []policies.Restriction{noWrite, r})
			h.refused(err, fault.Invalid, words)
		}
		_, err = h.svc.SetRestrictions(h.t.Context(), yuki, yard, nil)
		h.refused(err, fault.Forbidden, "Only owners")
		h.audited("workspace.restrictions_changed refused by Yuki")
		if list, _ := h.svc.Restrictions(h.t.Context(), yard); len(list) != 0 {
			h.t.Errorf("a refused list was stored: %v", list)
		}
	})
}

func TestGuestAccessIsSwitchedThroughTheSyncedRow(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Editor})
		h.hooks()
		if on, err := h.svc.GuestAccess(h.t.Context(), yard); on || err != nil {
			h.t.Fatalf("guests are let in at first: %v", err)
		}
		h.must(h.svc.SetGuestAccess(h.t.Context(), ines, yard, false))
		h.heard("")
		h.must(h.svc.SetGuestAccess(h.t.Context(), ines, yard, true))
		if on, err := h.svc.GuestAccess(h.t.Context(), yard); !on || err != nil {
			h.t.Fatalf("guests are kept out: %v", err)
		}
		h.audited("workspace.guest_access_changed allowed by Ines")
		h.heard("admin.guest_access:action:changed")
		h.refused(h.svc.SetGuestAccess(h.t.Context(), yuki, yard, false), fault.Forbidden, "Only owners")

		for _, malformed := range []string{"yes", "TRUE", "1", ""} {
			h.must(h.setKV(h.t.Context(), yard, workspace.GuestAccessKV, malformed))
			if on, err := h.svc.GuestAccess(h.t.Context(), yard); on || err != nil {
				h.t.Errorf("%q lets guests in, %v", malformed, err)
			}
		}
	})
}

func TestAGuestAccessThatCouldNotBeWrittenIsRecordedAsFailed(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		yard := h.workspace(ines, "Yard")
		broken := workspace.New(workspace.Options{DB: h.db, Audit: h.audit, SetKV: func(context.Context, string, string, string) error {
			return errors.New("the engine is closed")
		}})
		if err := broken.SetGuestAccess(h.t.Context(), ines, yard, true); err == nil {
			h.t.Fatal("no error")
		}
		h.audited("workspace.guest_access_changed failed by Ines; workspace.guest_access_changed allowed by Ines")
		page, err := h.audit.List(h.t.Context(), audit.Filter{Limit: 1})
		h.must(err)
		if got := string(page.Entries[0].Details); got != `{"reason":"It did not work; the server's log says why.","wanted":{"after":{"enabled":true}}}` {
			h.t.Errorf("details %s", got)
		}
	})
}

func TestCommandsFindAWorkspaceByNameOrId(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		id := h.workspace(ines, "Kestrel")
		gone := h.workspace(ines, "Gone")
		h.must(h.svc.Delete(h.t.Context(), ines, gone))
		for _, nameOrID := range []string{id, "Kestrel"} {
			if w, err := h.svc.Find(h.t.Context(), nameOrID); err != nil || w.ID != id {
				h.t.Errorf("%q finds %+v, %v", nameOrID, w, err)
			}
		}
		for nameOrID, words := range map[string]string{
			"Yard": `There is no workspace "Yard".`, "kestrel": "There is no", "Gone": "There is no", gone: "There is no",
			"\nKestrel\x00": "such characters",
		} {
			_, err := h.svc.Find(h.t.Context(), nameOrID)
			h.refused(err, fault.NotFound, words)
		}
		h.now = h.now.Add(time.Hour)
		h.workspace(ines, "Kestrel")
		_, err := h.svc.Find(h.t.Context(), "Kestrel")
		h.refused(err, fault.Conflict, `2 workspaces are named "Kestrel". Give the id instead; the oldest is `+id)
	})
}

func (h *house) works(token string) bool {
	h.t.Helper()
	_, err := db.OpenInviteByToken(h.t.Context(), h.db.Read(), db.SecretHash(token), h.now.UnixMilli())
	if err != nil && !fault.Is(err, fault.NotFound) {
		h.t.Fatal(err)
	}
	return err == nil
}
