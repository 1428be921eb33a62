package account_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func TestADisabledPersonIsOutAtOnceAndStaysOut(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		plain, _, err := w.svc.CreateToken(w.ctx(), ed.Session, account.NewToken{})
		w.must(err)
		w.must(w.svc.DisableUser(w.ctx(), owner.Session, ed.Session.UserID))
		w.must(w.svc.DisableUser(w.ctx(), owner.Session, ed.Session.UserID)) // changes nothing
		w.gone(ed.Token)
		if w.bearer(plain) != nil {
			t.Fatal("the token lives")
		}
		_, err = w.svc.SignIn(w.ctx(), account.Credentials{Email: "ed@example.org", Password: password})
		w.refused(err, fault.Unauthenticated)
		_, _, err = w.svc.CreateTokenFor(w.ctx(), ed.Session.UserID, account.NewToken{})
		w.refused(err, fault.Conflict)

		w.must(w.svc.EnableUser(w.ctx(), owner.Session, ed.Session.UserID))
		w.gone(ed.Token) // what was ended stays ended
		if w.bearer(plain) != nil {
			t.Fatal("the token came back")
		}
		w.signIn("ed@example.org", password)
		if w.recorded(account.ActDisableUser, audit.Allowed) != 1 || w.recorded(account.ActEnableUser, audit.Allowed) != 1 {
			t.Fatal("the audit log does not know it once")
		}
	})
}

func TestTheInvitesOfWhoIsShutOutOpenNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		home := owner.Session.WorkspaceID
		lead := w.join("lead@example.org", "", policies.Owner)
		back := w.invite(home, "back@example.org", policies.Owner, lead.Session.UserID)
		kept := w.invite(home, "kept@example.org", policies.Viewer, owner.Session.UserID)
		w.must(w.svc.DisableUser(w.ctx(), owner.Session, lead.Session.UserID))
		_, err := w.svc.PeekInvite(w.ctx(), back)
		w.refused(err, fault.NotFound)
		_, err = w.svc.PeekInvite(w.ctx(), kept)
		w.must(err)

		w.must(w.svc.EnableUser(w.ctx(), owner.Session, lead.Session.UserID))
		back = w.invite(home, "back@example.org", policies.Owner, lead.Session.UserID)
		w.join("lead@example.org", "", policies.Viewer) // no longer an owner, by the command
		_, err = w.svc.PeekInvite(w.ctx(), back)
		w.refused(err, fault.NotFound)
	})
}

func TestAnOpenInviteDoesNotWidenWhatACommandGave(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		home := owner.Session.WorkspaceID
		open := w.invite(home, "ed@example.org", policies.Owner, owner.Session.UserID)
		ed := w.join("ed@example.org", "", policies.Viewer)
		_, err := w.svc.AcceptInvite(w.ctx(), ed.Session, open)
		w.refused(err, fault.NotFound)
	})
}

func TestTheLastOwnerCannotBeDisabled(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		w.refused(w.svc.DisableUser(w.ctx(), account.Operator(), owner.Session.UserID), fault.Conflict)
		if w.recorded(account.ActDisableUser, audit.Refused) != 1 {
			t.Fatal("the refusal is not in the audit log")
		}
		lead := w.join("lead@example.org", "Team", policies.Owner)
		w.must(w.svc.DisableUser(w.ctx(), account.Operator(), lead.Session.UserID)) // alone there: leaves nobody behind
		w.must(w.svc.EnableUser(w.ctx(), account.Operator(), lead.Session.UserID))
		w.join("member@example.org", "Team", policies.Viewer)
		w.refused(w.svc.DisableUser(w.ctx(), account.Operator(), lead.Session.UserID), fault.Conflict)
		w.join("colead@example.org", "Team", policies.Owner)
		w.must(w.svc.DisableUser(w.ctx(), account.Operator(), lead.Session.UserID))
	})
}

func TestOfTwoOwnersDisabledAtOnceOneStays(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for round := range 5 {
			second := w.join("second@example.org", "", policies.Owner)
			ids := []string{owner.Session.UserID, second.Session.UserID}
			errs := together(2, func(i int) error { return w.svc.DisableUser(w.ctx(), account.Operator(), ids[i]) })
			if n := successes(errs); n != 1 {
				t.Fatalf("round %d: %d disabled: %v", round, n, errs)
			}
			for i, err := range errs {
				if err == nil {
					w.must(w.svc.EnableUser(w.ctx(), account.Operator(), ids[i]))
				} else {
					w.refused(err, fault.Conflict)
				}
			}
			owner = w.signIn("owner@example.org", password)
		}
	})
}

func TestDisablingOneOwnerWhileTheOtherIsDemotedLeavesOne(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for round := range 5 {
			second := w.join("second@example.org", "", policies.Owner)
			errs := together(2, func(i int) error {
				if i == 0 {
					return w.svc.DisableUser(w.ctx(), account.Operator(), owner.Session.UserID)
				}
				_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "second@example.org", Workspace: "Home", Role: policies.Viewer})
				return err
			})
			if n := successes(errs); n != 1 {
				t.Fatalf("round %d: %v", round, errs)
			}
			w.must(w.svc.EnableUser(w.ctx(), account.Operator(), owner.Session.UserID))
			_ = second
		}
	})
}

func TestWhoMayManagePeople(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		editor := w.join("editor@example.org", "", policies.Editor)
		admin := w.join("admin@example.org", "", policies.Viewer)
		victim := w.join("victim@example.org", "", policies.Viewer)
		elsewhere := w.join("elsewhere@example.org", "Other", policies.Owner)
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, admin.Session.UserID))
		for _, c := range []struct {
			who           string
			by            *policies.Session
			victim, owner fault.Kind
		}{
			{"nobody", nil, fault.Unauthenticated, fault.Unauthenticated},
			{"an editor", editor.Session, fault.Forbidden, fault.Forbidden},
			{"an owner of another workspace", elsewhere.Session, fault.Forbidden, fault.Forbidden},
			{"a deployment admin", w.resolveFresh(admin), "", fault.Forbidden},
			{"a home owner", owner.Session, "", ""},
			{"an operator", account.Operator(), "", ""},
		} {
			if got := fault.KindOf(w.svc.SetPassword(w.ctx(), c.by, victim.Session.UserID, password)); got != c.victim {
				t.Errorf("%s set a viewer's password: %q, want %q", c.who, got, c.victim)
			}
			if got := fault.KindOf(w.svc.SetPassword(w.ctx(), c.by, owner.Session.UserID, password)); got != c.owner {
				t.Errorf("%s set an owner's password: %q, want %q", c.who, got, c.owner)
			}
			if got := fault.KindOf(w.svc.EnableUser(w.ctx(), c.by, victim.Session.UserID)); got != c.victim {
				t.Errorf("%s enabled a viewer: %q, want %q", c.who, got, c.victim)
			}
		}
		if w.recorded(account.ActSetPassword, audit.Refused) < 5 {
			t.Error("refusals are missing in the audit log")
		}
	})
}

// resolveFresh is the session as the next request sees it.
func (w *world) resolveFresh(s account.Signed) *policies.Session {
	w.t.Helper()
	session, _, err := w.svc.Refresh(w.ctx(), s.Token)
	w.must(err)
	return session
}

func TestDeploymentAdminsAreNamedByHomeOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		admin, ed := w.join("admin@example.org", "", policies.Viewer), w.join("ed@example.org", "", policies.Editor)
		other := w.join("other@example.org", "Other", policies.Owner)
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, admin.Session.UserID))
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, admin.Session.UserID)) // changes nothing
		flagged := w.resolveFresh(admin)
		if !flagged.DeploymentAdmin {
			t.Fatal("the flag is not in the session")
		}
		for _, by := range []*policies.Session{flagged, ed.Session, other.Session} {
			w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), by, ed.Session.UserID), fault.Forbidden)
			w.refused(w.svc.RevokeDeploymentAdmin(w.ctx(), by, admin.Session.UserID), fault.Forbidden)
		}
		w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), nil, ed.Session.UserID), fault.Unauthenticated)
		w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, "nobody"), fault.NotFound)
		// A session that was an owner's when the request began is not one now.
		second := w.join("second@example.org", "", policies.Owner)
		w.write(func(ctx context.Context, tx bun.Tx) error {
			return db.SetMemberRole(ctx, tx, owner.Session.WorkspaceID, second.Session.UserID, string(policies.Editor))
		})
		w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), second.Session, ed.Session.UserID), fault.Forbidden)

		w.must(w.svc.RevokeDeploymentAdmin(w.ctx(), account.Operator(), admin.Session.UserID))
		if p, err := w.svc.User(t.Context(), admin.Session.UserID); p.DeploymentAdmin || err != nil {
			t.Fatalf("person %+v, %v", p, err)
		}
		if w.recorded(account.ActGrantAdmin, audit.Allowed) != 1 || w.recorded(account.ActGrantAdmin, audit.Refused) < 4 || w.recorded(account.ActRevokeAdmin, audit.Allowed) != 1 {
			t.Fatal("the audit log does not know")
		}
		w.must(w.svc.DisableUser(w.ctx(), owner.Session, ed.Session.UserID))
		w.refused(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, ed.Session.UserID), fault.Conflict)
	})
}

func TestPeopleAreFoundByNamesWithAnyLetters(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for _, name := range []string{"Émile Åström", "ZOË", "ömer"} {
			_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "p" + strconv.Itoa(len(name)) + "@example.org", DisplayName: name, Password: password})
			w.must(err)
		}
		for typed, want := range map[string]string{
			"Émile": "Émile Åström", "émile å": "Émile Åström", "ÅSTRÖM": "Émile Åström", "zoë": "ZOË", "Zoë": "ZOË", "Ömer": "ömer", "ÖMER": "ömer", "%ö": "",
		} {
			page, err := w.svc.Users(t.Context(), account.UserFilter{Text: typed})
			w.must(err)
			var found []string
			for _, u := range page.Users {
				found = append(found, u.DisplayName)
			}
			if got := strings.Join(found, ", "); got != want || page.Total != len(found) {
				t.Errorf("%q finds %q of %d, want %q", typed, got, page.Total, want)
			}
		}
	})
}

func TestPeopleAreListedFilteredAndPaged(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		for _, email := range []string{"b%b@example.org", "a@example.org", "c_c@example.org"} {
			w.join(email, "", policies.Viewer)
		}
		c, err := w.svc.UserByEmail(t.Context(), "C_C@example.org")
		w.must(err)
		w.must(w.svc.DisableUser(w.ctx(), account.Operator(), c.ID))
		w.must(w.svc.GrantDeploymentAdmin(w.ctx(), owner.Session, mustUser(w, "a@example.org").ID))
		for _, f := range []struct {
			filter account.UserFilter
			want   string
		}{
			{account.UserFilter{}, "a@example.org b%b@example.org c_c@example.org owner@example.org"},
			{account.UserFilter{Text: "EXAMPLE"}, "a@example.org b%b@example.org c_c@example.org owner@example.org"},
			{account.UserFilter{Text: "%"}, "b%b@example.org"},
			{account.UserFilter{Text: "_"}, "c_c@example.org"},
			{account.UserFilter{Text: "olive"}, "owner@example.org"},
			{account.UserFilter{Text: "' OR 1=1 --"}, ""},
			{account.UserFilter{State: "disabled"}, "c_c@example.org"},
			{account.UserFilter{State: "enabled", Text: "c_c"}, ""},
			{account.UserFilter{State: "admins"}, "a@example.org"},
		} {
			page, err := w.svc.Users(t.Context(), f.filter)
			w.must(err)
			got := ""
			for _, u := range page.Users {
				if got != "" {
					got += " "
				}
				got += u.Email
			}
			if got != f.want || page.Total != len(page.Users) || page.Next != "" {
				t.Errorf("%+v: %q of %d, next %q; want %q", f.filter, got, page.Total, page.Next, f.want)
			}
		}
		var seen []string
		cursor := ""
		for {
			page, err := w.svc.Users(t.Context(), account.UserFilter{Limit: 3, Cursor: cursor})
			w.must(err)
			if page.Total != 4 {
				t.Fatalf("total %d", page.Total)
			}
			for _, u := range page.Users {
				seen = append(seen, u.Email)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if len(seen) != 4 {
			t.Fatalf("pages show %v", seen)
		}
		for _, bad := range []account.UserFilter{{State: "odd"}, {Limit: -1}, {Limit: 1000}, {Text: "\x00"}, {Cursor: "\xff"}} {
			if _, err := w.svc.Users(t.Context(), bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		page, err := w.svc.Users(t.Context(), account.UserFilter{Text: "owner"})
		w.must(err)
		if u := page.Users[0]; !u.HomeOwner || u.Workspaces != 1 || u.Sessions != 1 || u.LastSeenAt == nil {
			t.Errorf("the owner is listed as %+v", u)
		}
	})
}

func mustUser(w *world, email string) account.Person {
	w.t.Helper()
	p, err := w.svc.UserByEmail(w.t.Context(), email)
	w.must(err)
	return p
}

func TestWhoSignedOutWasSeenAndWhoNeverCameWasNot(t *testing.T) {
	each(t, func(t *testing.T, w *world, owner account.Signed) {
		ed := w.join("ed@example.org", "", policies.Editor)
		_, err := w.svc.AddUser(w.ctx(), account.NewUser{Email: "new@example.org", DisplayName: "New", Password: password})
		w.must(err)
		w.clock.pass(time.Hour)
		_, err = w.svc.SignOut(w.ctx(), ed.Session)
		w.must(err)
		left := w.clock.Now()
		w.clock.pass(time.Hour)
		page, err := w.svc.Users(t.Context(), account.UserFilter{})
		w.must(err)
		for _, u := range page.Users {
			switch at := u.LastSeenAt; u.Email {
			case "ed@example.org":
				if at == nil || !at.Equal(left) {
					t.Errorf("who signed out at %v was seen at %v", left, at)
				}
			case "new@example.org":
				if at != nil {
					t.Errorf("who never came was seen at %v", at)
				}
			}
		}
		members, err := db.MembersOf(t.Context(), w.db.Read(), owner.Session.WorkspaceID, w.clock.Now().UnixMilli())
		w.must(err)
		for _, m := range members {
			if m.Email == "ed@example.org" && m.LastSeenAt != left.UnixMilli() {
				t.Errorf("the member who signed out at %d was seen at %d", left.UnixMilli(), m.LastSeenAt)
			}
		}
	})
}
