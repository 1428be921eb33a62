package server

import (
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// appNav is the app's sidebar with what is in the workspace: its latest
// projects, and how much this person has not read. Who may not read the
// workspace learns neither.
func (r *request) appNav(scope ui.Scope, current string) ([]ui.NavGroup, error) {
	var projects ui.NavProjects
	counts := map[string]int{}
	if scope.May(string(policies.WorkspaceRead), false) {
		latest, more, err := r.s.engine.LatestProjects(r.Ctx(), scope.WorkspaceID, ui.MostNavProjects)
		if err != nil {
			return nil, err
		}
		for _, p := range latest {
			projects.Rows = append(projects.Rows, ui.NavProject(scope.WorkspaceID, p.ID, shown(p.Name)))
		}
		projects.More = more
		if counts["activity"], err = r.s.engine.Unread(r.Ctx(), scope.WorkspaceID, r.session.UserID); err != nil {
			return nil, err
		}
	}
	groups := ui.AppNav(scope, current, counts, projects)
	return r.addPlugins(scope, current, groups)
}
