package workspace_test

import (
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// Mallory owns a workspace of her own and knows every id of Ines's. Nothing she
// does with them finds, tells or changes anything.
func TestAnotherTenantsIdsFindNothing(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki, mallory := h.person("Ines"), h.person("Yuki"), h.person("Mallory")
		h.workspace(h.person("Root"), "Home")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Editor})
		den := h.workspace(mallory, "Den")
		invite, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
		h.must(err)
		_, err = h.svc.SetRestrictions(h.t.Context(), ines, yard, []policies.Restriction{{Role: policies.Viewer, Permission: policies.WorkspaceRead}})
		h.must(err)
		deleted := h.workspace(ines, "Gone")
		h.must(h.svc.Delete(h.t.Context(), ines, deleted))
		h.hooks()

		ctx := h.t.Context()
		acts := map[string]func(workspaceID string) error{
			"rename": func(id string) error {
				_, err := h.svc.Update(ctx, mallory, id, workspace.TextChange{Name: ptr("Mine")})
				return err
			},
			"delete":  func(id string) error { return h.svc.Delete(ctx, mallory, id) },
			"restore": func(id string) error { _, err := h.svc.Restore(ctx, mallory, id); return err },
			"leave":   func(id string) error { return h.svc.Leave(ctx, mallory, id) },
			"add": func(id string) error {
				_, err := h.svc.AddMember(ctx, mallory, id, workspace.Newcomer{Email: mallory.Email, Role: policies.Owner})
				return err
			},
			"set a role": func(id string) error {
				_, err := h.svc.SetRole(ctx, mallory, id, yuki.UserID, policies.Viewer)
				return err
			},
			"remove": func(id string) error { return h.svc.RemoveMember(ctx, mallory, id, yuki.UserID) },
			"invite": func(id string) error {
				_, err := h.svc.CreateInvite(ctx, mallory, id, workspace.Newcomer{Email: "m@evil.example", Role: policies.Owner})
				return err
			},
			"renew an invite": func(id string) error { _, err := h.svc.RenewInvite(ctx, mallory, id, invite.ID); return err },
			"revoke":          func(id string) error { return h.svc.RevokeInvite(ctx, mallory, id, invite.ID) },
			"restrict":        func(id string) error { _, err := h.svc.SetRestrictions(ctx, mallory, id, nil); return err },
			"let guests in":   func(id string) error { return h.svc.SetGuestAccess(ctx, mallory, id, true) },
		}
		for _, id := range []string{yard, deleted, "0198c0de-0000-7000-8000-000000000000", "", "' OR '1'='1"} {
			for name, act := range acts {
				if err := act(id); !fault.Is(err, fault.NotFound) {
					h.t.Errorf("%s in %q: %v", name, id, err)
				}
			}
		}
		// Foreign children under her own parent.
		_, err = h.svc.SetRole(ctx, mallory, den, yuki.UserID, policies.Viewer)
		h.refused(err, fault.NotFound, "not a member")
		h.refused(h.svc.RemoveMember(ctx, mallory, den, yuki.UserID), fault.NotFound, "not a member")
		h.refused(h.svc.RevokeInvite(ctx, mallory, den, invite.ID), fault.NotFound, "invite")
		_, err = h.svc.RenewInvite(ctx, mallory, den, invite.ID)
		h.refused(err, fault.NotFound, "invite")
		_, err = h.svc.Member(ctx, den, yuki.UserID)
		h.refused(err, fault.NotFound, "not a member")

		h.heard("")
		w, err := h.svc.Get(ctx, yard)
		h.must(err)
		restrictions, err := h.svc.Restrictions(ctx, yard)
		h.must(err)
		guests, err := h.svc.GuestAccess(ctx, yard)
		h.must(err)
		if w.Name != "Yard" || h.role(yard, yuki) != policies.Editor || h.role(yard, mallory) != "" || !h.works(invite.Token) || len(restrictions) != 1 || guests {
			h.t.Error("something of Ines's has changed")
		}
	})
}

func TestReadsOfOneWorkspaceShowNothingOfAnother(t *testing.T) {
	each(t, func(h *house) {
		ines, mallory := h.person("Ines"), h.person("Mallory")
		yard := h.workspace(ines, "Yard")
		den := h.workspace(mallory, "Den")
		_, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
		h.must(err)
		_, err = h.svc.SetRestrictions(h.t.Context(), ines, yard, []policies.Restriction{{Role: policies.Viewer, Permission: policies.WorkspaceRead}})
		h.must(err)
		h.must(h.svc.SetGuestAccess(h.t.Context(), ines, yard, true))
		deleted := h.workspace(ines, "Gone")
		_, err = h.svc.CreateInvite(h.t.Context(), ines, deleted, workspace.Newcomer{Email: "maren@kestrel.example", Role: policies.Viewer})
		h.must(err)
		h.must(h.svc.Delete(h.t.Context(), ines, deleted))

		for _, id := range []string{den, deleted, "", "%", "' OR '1'='1"} {
			members, total, err := h.svc.Members(h.t.Context(), id, workspace.MemberQuery{})
			h.must(err)
			for _, m := range members {
				if m.UserID != mallory.UserID {
					h.t.Errorf("%q shows member %s of %d", id, m.DisplayName, total)
				}
			}
			invites, err := h.svc.Invites(h.t.Context(), id)
			h.must(err)
			restrictions, err := h.svc.Restrictions(h.t.Context(), id)
			h.must(err)
			guests, err := h.svc.GuestAccess(h.t.Context(), id)
			h.must(err)
			if len(invites) != 0 || len(restrictions) != 0 || guests || h.role(id, ines) != "" {
				h.t.Errorf("%q shows %d invites, %d restrictions, guests %v", id, len(invites), len(restrictions), guests)
			}
		}
		list, err := h.svc.List(h.t.Context(), mallory.UserID)
		if err != nil || len(list) != 1 || list[0].ID != den || list[0].Role != policies.Owner {
			h.t.Errorf("Mallory's list %+v, %v", list, err)
		}
	})
}
