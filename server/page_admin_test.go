package server_test

import (
	"net/url"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestAnOwnerRenamesDescribesAndDeletesAWorkspace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Owner).Open("/workspaces", 200)
	b.Submit("/w/"+app.Annex+"/open", nil, 200)
	save, remove := "/admin/workspaces/"+app.Annex, "/admin/workspaces/"+app.Annex+"/delete"
	b.Open("/admin/workspaces", 200)
	b.Submit(save, map[string]string{"name": "", "description": "Where the kettle is"}, 422)
	if b.Field(save, "description") != "Where the kettle is" || b.Field(save, "name") != "" {
		t.Error("what was typed did not come back")
	}
	b.Submit(save, map[string]string{"name": "Yard office"}, 200).Says("It is called Yard office")
	b.Open(remove, 200).Says("Delete workspace Yard office?")
	b.Submit(remove, map[string]string{"name": "Yard offic"}, 422).Says("This is not the name")
	b.Submit(remove, map[string]string{"name": "Yard office"}, 200).At("/workspaces").Says("Deleted Yard office.")
	b.Submit(save+"/restore", nil, 200).Says("Yard office is back")
}

func TestAnOwnerFindsADeletedWorkspaceAgain(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	restore := "/admin/workspaces/" + app.Elsewhere + "/restore"
	b := app.Browser(app.Stranger).Open("/admin/workspaces/"+app.Elsewhere+"/delete", 200)
	b.Submit("/admin/workspaces/"+app.Elsewhere+"/delete", map[string]string{"name": "Elsewhere"}, 200)
	b.Open("/workspaces", 200) // what the deleting page said, Undo with it, is gone
	if !b.Offers(restore) {
		t.Fatal("nothing leads back to the workspace")
	}
	if app.Browser(app.Owner).Open("/workspaces", 200).Offers(restore) {
		t.Error("somebody is offered another's workspace")
	}
	b.Submit(restore, nil, 200).At("/workspaces").Says("Elsewhere is back")
	if b.Offers(restore) {
		t.Error("what is restored is still listed as deleted")
	}
}

func TestTheHomeWorkspaceCannotBeDeleted(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Owner).Open("/admin/workspaces", 200).Says("The home workspace cannot be deleted")
	b.Open("/admin/workspaces/"+app.Harbour+"/delete", 200)
	b.Submit("/admin/workspaces/"+app.Harbour+"/delete", map[string]string{"name": "Harbour"}, 409).Says("cannot be deleted")
}

func TestGuestAccessIsSwitched(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"auth.guest_access": "true"}})
	guests := "/admin/workspaces/" + app.Harbour + "/guests"
	b := app.Browser(app.Owner).Open("/admin/workspaces", 200).Says("Guest access is on.")
	b.Submit(guests, map[string]string{"enabled": ""}, 200).Says("Guest access is off.")
	b.Submit(guests, map[string]string{"enabled": "on"}, 200).Says("Guest access is on.")
}

func TestGuestAccessSaysWhyItCannotBeSwitched(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Owner).Open("/admin/workspaces", 200).Says("nobody comes in as a guest")
	if b.Offers("/admin/workspaces/" + app.Harbour + "/guests") {
		t.Error("the page offers a switch that changes nothing")
	}
}

func TestTheDeploymentsWorkspacesAreForWhoReadsIt(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Browser(app.Editor).Open("/admin/workspaces", 200).Says("All on this server").Says("Elsewhere")
	if app.Browser(app.Stranger).Open("/admin/workspaces", 200).Shows("Harbour") {
		t.Error("somebody from another workspace sees Harbour")
	}
	admin := app.Browser(app.Admin).Open("/admin/workspaces?q=else", 200).Says("Elsewhere")
	admin.Open("/admin/workspaces/"+app.Elsewhere+"/delete", 200)
	admin.Submit("/admin/workspaces/"+app.Elsewhere+"/delete", map[string]string{"name": "Elsewhere"}, 200)
	app.Browser(app.Stranger).Open("/w/"+app.Elsewhere+"/leave", 404)
	admin.Open("/admin/workspaces?deleted=on", 200)
	admin.Submit("/admin/workspaces/"+app.Elsewhere+"/restore", nil, 200).Says("Elsewhere is back")
}

func TestAccessSaysWhoMayDoWhatAndWhy(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	ask := func(b *testkit.Browser, p *testkit.Person, permission string) *testkit.Browser {
		return b.Open("/admin/access?person="+p.ID+"&permission="+permission, 200)
	}
	b := app.Browser(app.Owner)
	ask(b, app.Editor, "workspace.write").Says("Ed can write in Harbour").Says("Editors carry this permission").
		Says("p, r:editor, workspace.write, allow").Says("or3 can --email editor@harbour.example --workspace " + app.Harbour + " workspace.write")
	ask(b, app.Viewer, "users.manage").Says("Vera cannot manage members in Harbour").Says("Viewers do not carry this permission")
	ask(b, app.Stranger, "workspace.read").Says("Sven is not a member. For Sven the workspace does not exist.")
	ask(b, app.Disabled, "workspace.read").Says("Dora Disabled is disabled and cannot sign in")

	b.Open("/admin/access?person=nobody&permission=workspace.read", 422).Says("Nobody here has this id")
	b.Open("/admin/access?person="+app.Viewer.ID+"&permission=fly", 422).Says("No permission is called this")
	b.Open("/admin/access?person="+app.Viewer.ID+"&workspace="+app.Elsewhere, 422).Says("You read the admin pages of no workspace with this id")
	app.Browser(app.Stranger).Open("/admin/access?person="+app.Viewer.ID, 422).Says("Nobody here has this id")
}

func TestARestrictionTakesARightFromARole(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	owner := app.As(app.Owner)
	owner.Form("/admin/access/restrictions", url.Values{"take": {"editor workspace.write", "editor admin.access"}}).Is(303)
	app.Browser(app.Owner).Open("/admin/access?person="+app.Editor.ID+"&permission=workspace.write", 200).
		Says("The role allows it. This workspace takes it from editors.").Says("This workspace takes workspace.write from editors")
	app.As(app.Editor).Get("/admin").Is(403).Says("This workspace does not let your role do that")
	owner.Form("/admin/access/restrictions", url.Values{"take": {"owner workspace.write"}}).Is(422)
	owner.Form("/admin/access/restrictions", url.Values{"take": {"nonsense"}}).Is(422)
	owner.Form("/admin/access/restrictions", url.Values{}).Is(303)
	app.As(app.Editor).Get("/admin").Is(200)
}

func TestPeopleAreDisabledAndEnabledAndNamed(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	path := "/admin/users/" + app.Editor.ID
	b := app.Browser(app.Owner).Open("/admin/users?q=editor", 200).Says("Ed Editor")
	b.Open(path+"/disable", 200).Says("Disable Ed Editor?")
	b.Submit(path+"/disable", nil, 200).Says("Disabled Ed Editor.")
	app.As(app.Editor).Get("/settings").Is(303)
	b.Submit(path+"/enable", nil, 200).Says("Ed Editor can sign in again.")
	b.Open("/admin/users", 200).Submit("/admin/users/"+app.Viewer.ID+"/grant", nil, 200).Says("Vera Viewer is a deployment admin now.")
	b.Open("/admin/users?state=admins", 200).Says("Vera Viewer").Says("Ada Admin")
	b.Submit("/admin/users/"+app.Viewer.ID+"/revoke", nil, 200)

	admin := app.Browser(app.Admin).Open("/admin/users", 200)
	if admin.Offers("/admin/users/"+app.Viewer.ID+"/grant") || strings.Contains(admin.Body, "/admin/users/"+app.Owner.ID+"/disable") {
		t.Error("a deployment admin is offered what only home owners may do")
	}
	app.As(app.Admin).Form("/admin/users/"+app.Viewer.ID+"/grant", url.Values{}).Is(403)
}

func TestTheAuditLogOpensAnEntryInPlace(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.As(app.Owner).Form("/admin/members/"+app.Viewer.ID+"/role", url.Values{"role": {"editor"}}).Is(303)
	app.As(app.Editor).Form("/admin/members/"+app.Viewer.ID+"/role", url.Values{"role": {"owner"}}).Is(403)
	b := app.Browser(app.Owner).Open("/admin/audit?action=member.role_changed", 200).
		Says("Vera Viewer: viewer to editor").Says("Refused").Says("Nothing is missing or altered").Says("Action member.role_changed")
	start := strings.Index(b.Body, `href="/admin/audit?action=member.role_changed&amp;entry=`)
	if start < 0 {
		t.Fatal("no entry can be opened")
	}
	link := strings.ReplaceAll(b.Body[start+6:start+6+strings.IndexByte(b.Body[start+6:], '"')], "&amp;", "&")
	b.Open(link, 200).Says("Before it").Says("Request")
	b.Open("/admin/audit?result=refused&since=2026-11-23&until=2026-11-23", 200).Says("member.role_changed")
	b.Open("/admin/audit?since=yesterday", 422).Says("This is not a day")
	b.Open("/admin/audit?action=no.such.thing", 200).Says("No entry matches")
	b.Open("/admin/audit?cursor=nonsense", 422)
	app.As(app.Owner).Get("/admin/audit/export?format=csv&action=member.role_changed").Is(200).Says("member.role_changed")
	app.As(app.Owner).Get("/admin/audit/export?format=pdf").Is(422)
}

func TestTheAuditLogOfAnotherWorkspaceStaysThere(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	b := app.Browser(app.Stranger).Open("/admin/audit", 200)
	for _, foreign := range []string{"Olga", "Harbour", "auth.set_up", "Chain of"} {
		if b.Shows(foreign) {
			t.Errorf("a stranger's log shows %q", foreign)
		}
	}
	b.Open("/admin/audit?workspace="+app.Harbour, 422)
	app.As(app.Stranger).Get("/admin/audit/export?format=csv&workspace=" + app.Harbour).Is(422)
}

func TestTheAdminPagesMoveWithTheirBasePath(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"admin.base_path": "/bridge/admin"}})
	app.As(app.Owner).Get("/admin").Is(404)
	b := app.Browser(app.Owner)
	for _, path := range []string{"", "/workspaces", "/members", "/access", "/users", "/audit"} {
		b.Open("/bridge/admin"+path, 200)
		if strings.Contains(b.Body, `="/admin`) {
			t.Errorf("%s leads to /admin", path)
		}
	}
	b.Open("/bridge/admin/members", 200).Submit("/bridge/admin/members/"+app.Viewer.ID+"/role", map[string]string{"role": "editor"}, 200).At("/bridge/admin/members")
}
