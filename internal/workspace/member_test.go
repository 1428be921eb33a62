package workspace_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

func TestSomeoneWhoSharesAWorkspaceIsAddedAtOnce(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		h.workspace(ines, "Kestrel", member{yuki, policies.Viewer})
		yard := h.workspace(ines, "Yard")
		h.hooks()
		added, err := h.svc.AddMember(h.t.Context(), ines, yard, workspace.Newcomer{Email: " YUKI@kestrel.example ", Role: policies.Editor})
		h.must(err)
		if added.Invite != nil || added.Member == nil || added.Member.UserID != yuki.UserID || h.role(yard, yuki) != policies.Editor {
			h.t.Fatalf("added %+v", added)
		}
		h.audited("member.added allowed by Ines")
		h.heard("admin.user:action:added")

		_, err = h.svc.AddMember(h.t.Context(), ines, yard, workspace.Newcomer{Email: yuki.Email, Role: policies.Owner})
		h.refused(err, fault.Conflict, "Yuki is already an editor of Yard.")
		h.audited("member.added refused by Ines")
		if h.role(yard, yuki) != policies.Editor {
			h.t.Error("adding again changed the role")
		}
	})
}

func TestTheAnswerForAnAddressDoesNotTellWhetherItHasAnAccount(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki, sam := h.person("Ines"), h.person("Yuki"), h.person("Sam")
		yard := h.workspace(ines, "Yard")
		h.workspace(yuki, "Elsewhere")
		// Whom Ines shares only a deleted workspace with is a stranger to her.
		h.workspace(ines, "Home is first")
		shed := h.workspace(ines, "Shed", member{sam, policies.Viewer})
		h.must(h.svc.Delete(h.t.Context(), ines, shed))
		h.hooks()

		var shapes []string
		for _, email := range []string{yuki.Email, sam.Email, "nobody@kestrel.example"} {
			added, err := h.svc.AddMember(h.t.Context(), ines, yard, workspace.Newcomer{Email: email, Role: policies.Editor})
			h.must(err)
			if added.Member != nil || added.Invite == nil {
				h.t.Fatalf("%s was added directly", email)
			}
			page, err := h.audit.List(h.t.Context(), audit.Filter{Limit: 1})
			h.must(err)
			i, e := added.Invite, page.Entries[0]
			e.Seq, e.Hash, e.PrevHash = 0, "", ""
			entry, _ := json.Marshal(e)
			event, _ := json.Marshal(h.last["admin.user:action:invited"])
			shapes = append(shapes, strings.NewReplacer(i.ID, "ID", i.Email, "EMAIL").Replace(string(entry)+string(event)))
			if len(i.Token) != 43 || !i.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) || i.Role != policies.Editor {
				h.t.Errorf("issued %+v", i)
			}
		}
		if shapes[0] != shapes[1] || shapes[1] != shapes[2] {
			h.t.Errorf("the answers differ:\n%s", strings.Join(shapes, "\n"))
		}
		h.heard("admin.user:action:invited admin.user:action:invited admin.user:action:invited")
		if h.role(yard, yuki) != "" {
			h.t.Error("a stranger became a member without being asked")
		}
	})
}

func TestADisabledColleagueIsInvitedLikeAStranger(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		h.workspace(ines, "Kestrel", member{yuki, policies.Viewer})
		yard := h.workspace(ines, "Yard")
		h.disable(yuki)
		added, err := h.svc.AddMember(h.t.Context(), ines, yard, workspace.Newcomer{Email: yuki.Email, Role: policies.Editor})
		h.must(err)
		if added.Member != nil {
			h.t.Error("a disabled account was added")
		}
	})
}

func TestAddingNeedsAnAddressAndARole(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		yard := h.workspace(ines, "Yard")
		for _, c := range []struct {
			email string
			role  policies.Role
			field string
		}{
			{"", policies.Viewer, "email"},
			{"   ", policies.Viewer, "email"},
			{"nobody", policies.Viewer, "email"},
			{"Nobody <nobody@kestrel.example>", policies.Viewer, "email"},
			{"nobody@kestrel.example\x00", policies.Viewer, "email"},
			{"nobody@kestrel.example\nBcc: x@y.example", policies.Viewer, "email"},
			{"a@b.example, c@d.example", policies.Viewer, "email"},
			{strings.Repeat("a", 320) + "@b.example", policies.Viewer, "email"},
			{"nobody@kestrel.example", "admin", "role"},
			{"nobody@kestrel.example", "", "role"},
			{"nobody@kestrel.example", "Owner", "role"},
		} {
			_, err := h.svc.AddMember(h.t.Context(), ines, yard, workspace.Newcomer{Email: c.email, Role: c.role})
			if h.refused(err, fault.Invalid, ""); field(err) != c.field {
				h.t.Errorf("%q as %q: field %q, want %q", c.email, c.role, field(err), c.field)
			}
		}
		if invites, err := h.svc.Invites(h.t.Context(), yard); err != nil || len(invites) != 0 {
			h.t.Errorf("invites %+v, %v", invites, err)
		}
	})
}

func TestRolesChangeAndAGrownRightAsksForANewSessionToken(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Viewer})
		h.hooks()
		m, err := h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, policies.Editor)
		h.must(err)
		if m.Role != policies.Editor || h.role(yard, yuki) != policies.Editor || h.elevated(yuki) != noon.UnixMilli() {
			h.t.Errorf("role %s, elevated at %d", h.role(yard, yuki), h.elevated(yuki))
		}
		h.audited("member.role_changed allowed by Ines")
		h.heard("admin.user:action:role_changed")

		h.now = h.now.Add(time.Hour)
		_, err = h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, policies.Editor)
		h.must(err)
		h.heard("")
		_, err = h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, policies.Viewer)
		h.must(err)
		if h.elevated(yuki) != noon.UnixMilli() {
			h.t.Error("a narrowed role counts as grown")
		}
		_, err = h.svc.SetRole(h.t.Context(), ines, yard, h.person("Sam").UserID, policies.Viewer)
		h.refused(err, fault.NotFound, "not a member")
		_, err = h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, "root")
		h.refused(err, fault.Invalid, "owner, editor or viewer")
		_, err = h.svc.SetRole(h.t.Context(), yuki, yard, yuki.UserID, policies.Owner)
		h.refused(err, fault.Forbidden, "You are a viewer there.")
		h.audited("member.role_changed refused by Yuki")
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki, gone := h.person("Ines"), h.person("Yuki"), h.person("Gone")
		home := h.workspace(ines, "Kestrel")
		yard := h.workspace(ines, "Yard", member{yuki, policies.Editor}, member{gone, policies.Owner})
		h.disable(gone) // a disabled owner does not count

		if err := h.svc.Leave(h.t.Context(), ines, home); err == nil || strings.Contains(err.Error(), "delete") {
			h.t.Errorf("who leaves home alone is told %v", err)
		}
		h.audited("member.left refused by Ines")

		_, err := h.svc.SetRole(h.t.Context(), ines, yard, ines.UserID, policies.Editor)
		h.refused(err, fault.Conflict, "You are the last owner of Yard. Make somebody else an owner first, or delete the workspace.")
		h.refused(h.svc.Leave(h.t.Context(), ines, yard), fault.Conflict, "You are the last owner of Yard.")
		h.refused(h.svc.RemoveMember(h.t.Context(), ines, yard, ines.UserID), fault.Conflict, "You are the last owner of Yard.")
		h.audited("member.left refused by Ines; member.left refused by Ines; member.role_changed refused by Ines")
		if h.role(yard, ines) != policies.Owner {
			h.t.Fatal("Ines lost ownership")
		}
		members, total, err := h.svc.Members(h.t.Context(), yard, workspace.MemberQuery{Role: policies.Owner})
		if err != nil || total != 2 || !members[0].LastOwner || members[1].LastOwner || !members[1].Disabled {
			h.t.Errorf("members %+v, %v", members, err)
		}

		_, err = h.svc.SetRole(h.t.Context(), ines, yard, yuki.UserID, policies.Owner)
		h.must(err)
		h.must(h.svc.RemoveMember(h.t.Context(), ines, yard, gone.UserID))
		h.must(h.svc.Leave(h.t.Context(), ines, yard))
		h.audited("member.left allowed by Ines; member.removed allowed by Ines; member.role_changed allowed by Ines")
	})
}

func TestARemovedMemberLosesTheWorkspaceAndOldInvitesToIt(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		home := h.workspace(ines, "Home", member{yuki, policies.Viewer})
		yard := h.workspace(ines, "Yard")
		h.now = h.now.Add(time.Hour)
		issued, err := h.svc.CreateInvite(h.t.Context(), ines, yard, workspace.Newcomer{Email: yuki.Email, Role: policies.Owner})
		h.must(err)
		h.join(yard, member{yuki, policies.Editor})
		h.enter(yuki, yard)
		h.must(h.svc.RemoveMember(h.t.Context(), ines, yard, yuki.UserID))
		if h.role(yard, yuki) != "" || h.activeEverywhere(yuki) != home {
			h.t.Errorf("Yuki is %q of Yard and in %q", h.role(yard, yuki), h.activeEverywhere(yuki))
		}
		_, err = db.OpenInviteByToken(h.t.Context(), h.db.Read(), db.SecretHash(issued.Token), h.now.UnixMilli())
		h.refused(err, fault.NotFound, "")
		h.gone(h.svc.Leave(h.t.Context(), yuki, yard))
	})
}

func TestMembersCanBeSearchedSortedAndPaged(t *testing.T) {
	each(t, func(h *house) {
		zoe, anna, eric := h.person("Zoé"), h.person("anna"), h.person("Eric")
		yard := h.workspace(zoe, "Yard")
		h.now = h.now.Add(time.Minute)
		h.join(yard, member{anna, policies.Viewer})
		h.now = h.now.Add(time.Minute)
		h.join(yard, member{eric, policies.Editor})
		h.enter(eric, yard)
		for _, c := range []struct {
			query workspace.MemberQuery
			want  string
			total int
		}{
			{workspace.MemberQuery{}, "Zoé anna Eric", 3},
			{workspace.MemberQuery{Sort: "name"}, "anna Eric Zoé", 3},
			{workspace.MemberQuery{Sort: "-name"}, "Zoé Eric anna", 3},
			{workspace.MemberQuery{Sort: "role"}, "Zoé Eric anna", 3},
			{workspace.MemberQuery{Sort: "-joined"}, "Eric anna Zoé", 3},
			{workspace.MemberQuery{Sort: "nonsense; DROP TABLE members"}, "Zoé anna Eric", 3},
			{workspace.MemberQuery{Search: "ZOÉ"}, "Zoé", 1},
			{workspace.MemberQuery{Search: "kestrel.example"}, "Zoé anna Eric", 3},
			{workspace.MemberQuery{Search: "%"}, "", 0},
			{workspace.MemberQuery{Role: policies.Viewer}, "anna", 1},
			{workspace.MemberQuery{Page: 2, PerPage: 2}, "Eric", 3},
			{workspace.MemberQuery{Page: 9, PerPage: 2}, "", 3},
		} {
			page, total, err := h.svc.Members(h.t.Context(), yard, c.query)
			h.must(err)
			var names []string
			for _, m := range page {
				names = append(names, m.DisplayName)
			}
			if got := strings.Join(names, " "); got != c.want || total != c.total {
				h.t.Errorf("%+v: %q of %d, want %q of %d", c.query, got, total, c.want, c.total)
			}
		}
		page, _, err := h.svc.Members(h.t.Context(), yard, workspace.MemberQuery{Search: "Eric"})
		h.must(err)
		if page[0].Devices != 1 {
			h.t.Errorf("Eric has %d devices", page[0].Devices)
		}
	})
}

func (h *house) elevated(who *policies.Session) int64 {
	h.t.Helper()
	u, err := db.UserByID(h.t.Context(), h.db.Read(), who.UserID)
	h.must(err)
	return u.ElevatedAt
}
