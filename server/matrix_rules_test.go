package server_test

import (
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/server"
)

// check holds one route against the rules that no file can overrule.
func (v verdicts) check(t *testing.T, row server.TableRow) {
	t.Helper()
	route := row.Method + " " + row.Path
	for object, cells := range v[route] {
		wrong := func(actor, why string) {
			t.Errorf("%s, %s, %s: %s: %s", route, object, actor, cells[actor], why)
		}
		for _, nobody := range []string{"anonymous", "guest", "disabled"} {
			if row.Kind != "public" && cells[nobody].allowed() {
				wrong(nobody, "nobody gets past a route that is not public")
			}
			if row.Kind != "public" && cells[nobody].status != 401 && !cells[nobody].signIn {
				wrong(nobody, "nobody is told to sign in, and nothing else")
			}
			if cells[nobody].status != cells["anonymous"].status && !(nobody == "guest" && row.Path == "/") {
				wrong(nobody, "guests and disabled people are nobody")
			}
		}
		v.checkRoles(row, object, cells, wrong)
		v.checkTenants(row, object, cells, wrong)
	}
	if v[route]["missing workspace"] != nil {
		v.checkAlike(t, row, "Elsewhere", "missing workspace")
	} else {
		v.checkAlike(t, row, "Elsewhere", "missing")
	}
	v.checkAlike(t, row, "Elsewhere's in Harbour", "missing")
}

// checkRoles: a role gets exactly as far as its permissions.
func (v verdicts) checkRoles(row server.TableRow, object string, cells map[string]cell, wrong func(actor, why string)) {
	if row.Kind != "guarded" {
		return
	}
	if row.Permission != "workspace.read" && cells["viewer"].allowed() {
		wrong("viewer", "a viewer reads, and that is all")
	}
	if !slices.Contains([]string{"workspace.read", "workspace.write", "admin.access"}, row.Permission) && cells["editor"].allowed() {
		wrong("editor", "an editor manages nothing")
	}
	if object == "Harbour" && !cells["owner"].allowed() && !slices.Contains(refusedToOwners, row.Method+" "+row.Path) {
		wrong("owner", "an owner may do everything at home; or the sample is wrong")
	}
}

// refusedToOwners are routes whose sample an owner of home cannot do.
var refusedToOwners = []string{
	"POST /w/:id/activity/:note/read",        // the sample's notice is nobody's
	"POST /w/:id/projects/:project/add",      // the sample names nothing, so that it differs by the project alone
	"POST /api/storage/commit",               // the sample's upload is nobody's
	"GET /assets/plugins/:plugin/:version/*", // no plugin runs in the world of the matrix: page_plugin_test.go has one
	"GET /admin/x/:plugin", "POST /admin/x/:plugin", "GET /admin/x/:plugin/*", "POST /admin/x/:plugin/*", "GET /admin/x/:plugin/-/widgets/:widget", "GET /admin/x/:plugin/-/dev", "POST /admin/x/:plugin/-/actions/:action", "POST /admin/x/:plugin/-/proposals/:action",
	"GET /w/:id/x/:plugin", "POST /w/:id/x/:plugin", "GET /w/:id/x/:plugin/*", "POST /w/:id/x/:plugin/*", "GET /w/:id/x/:plugin/-/widgets/:widget", "GET /w/:id/x/:plugin/-/dev", "POST /w/:id/x/:plugin/-/actions/:action", "POST /w/:id/x/:plugin/-/proposals/:action",
	"POST /api/admin/plugins/install", // its sample is not the form that it takes: plugin_api_test.go installs
	"GET /api/admin/plugins/:plugin", "DELETE /api/admin/plugins/:plugin", "DELETE /api/admin/plugins/:plugin/waiting", "GET /api/admin/plugins/:plugin/export",
	"POST /api/admin/plugins/:plugin/consent", "POST /api/admin/plugins/:plugin/reinstate", "POST /api/admin/plugins/:plugin/purge", "POST /api/admin/plugins/:plugin/rollback",
	"POST /api/admin/plugins/:plugin/stop", "POST /api/admin/plugins/:plugin/start", "POST /api/admin/plugins/:plugin/enable", "POST /api/admin/plugins/:plugin/disable",
	"POST /api/admin/plugins/:plugin/release", "GET /api/admin/plugins/:plugin/settings", "GET /api/admin/plugins/:plugin/traces", "PUT /api/admin/plugins/:plugin/settings",
	"POST /admin/plugins/install", // its sample is no form with a file: page_plugins_test.go installs
	"GET /admin/plugins/:plugin", "GET /admin/plugins/:plugin/consent", "GET /admin/plugins/:plugin/settings", "GET /admin/plugins/:plugin/log", "GET /admin/plugins/:plugin/calls", "GET /admin/plugins/:plugin/rollback", "GET /admin/plugins/:plugin/stop", "GET /admin/plugins/:plugin/export", "GET /admin/plugins/:plugin/uninstall", "GET /admin/plugins/:plugin/purge",
	"POST /admin/plugins/:plugin/consent", "POST /admin/plugins/:plugin/refuse", "POST /admin/plugins/:plugin/rollback", "POST /admin/plugins/:plugin/stop", "POST /admin/plugins/:plugin/start", "POST /admin/plugins/:plugin/uninstall", "POST /admin/plugins/:plugin/reinstate", "POST /admin/plugins/:plugin/purge",
	"POST /admin/plugins/:plugin/workspaces/:id/settings", "POST /admin/plugins/:plugin/workspaces/:id/settings/check", "POST /admin/plugins/:plugin/workspaces/:id/enable", "POST /admin/plugins/:plugin/workspaces/:id/disable", "POST /admin/plugins/:plugin/workspaces/:id/release",
	"GET /metrics",                                                                                        // for tokens only
	"DELETE /api/workspaces/:id", "GET /admin/workspaces/:id/delete", "POST /admin/workspaces/:id/delete", // home stays
}

// checkTenants: what belongs to another tenant does not exist.
func (v verdicts) checkTenants(row server.TableRow, object string, cells map[string]cell, wrong func(actor, why string)) {
	inWorkspace := row.Kind == "guarded" && strings.Contains(row.Access, " of workspace in ") && !strings.Contains(row.Access, "or deployment")
	if !inWorkspace {
		return
	}
	for _, actor := range []string{"viewer", "editor", "owner", "deployment admin", "former member"} {
		if object != "Harbour" && cells[actor].allowed() {
			wrong(actor, "what is another tenant's, or nobody's, opens to nobody of Harbour")
		}
	}
	for _, actor := range []string{"deployment admin", "former member", "of elsewhere"} {
		if object != "Elsewhere" && cells[actor].status != 404 {
			wrong(actor, "Harbour does not exist for those who are not in it")
		}
	}
}

// checkAlike: another tenant's thing and a thing that is not there get the same
// answer, letter for letter, from whoever does not belong to that tenant.
func (v verdicts) checkAlike(t *testing.T, row server.TableRow, object, missing string) {
	t.Helper()
	route := row.Method + " " + row.Path
	a, b := v[route][object], v[route][missing]
	if a == nil || b == nil || strings.Contains(row.Access, "deployment") || strings.Contains(row.Access, "home workspace") {
		return
	}
	for _, actor := range actors {
		runs := actor == "owner" || actor == "deployment admin" // the deployment: they may know of every workspace
		if actor == "of elsewhere" || runs && strings.HasSuffix(row.Path, "/restore") {
			continue
		}
		if a[actor].status != b[actor].status || a[actor].body != b[actor].body {
			t.Errorf("%s as %s: %s and %s differ: %s and %s\n%s", route, actor, object, missing, a[actor], b[actor], difference(a[actor].body, b[actor].body))
		}
	}
}

// difference is the first line in which two texts differ.
func difference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range left {
		if i >= len(right) || left[i] != right[i] {
			return left[i] + "\n" + strings.Join(right[min(i, len(right)):min(i+1, len(right))], "")
		}
	}
	return "one is longer"
}
