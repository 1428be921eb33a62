package ui

// projectBlueprints are the list of projects, one project, and the question
// which project a thread or document is in.
func projectBlueprints() []Blueprint {
	const list = atWorkspace + "/projects"
	workspace := WorkspaceRef{ID: "__workspace__", Name: "__site__"}
	texts := map[string]string{"name": "__name__", "description": "", "project_id": ""}
	all := ProjectsPage{Workspace: workspace, Action: list, NewURL: list + "?new=1"}
	start := all
	all.Rows = []ProjectRow{{URL: atProject, Name: "__name__"}}
	start.New = &NewProject{Back: list, Form: Form{ID: "project", Values: map[string]string{"name": "", "description": "", "project_id": ""}}}
	entry := ProjectEntry{Key: "__key__", Project: atProject, URL: "/__href__", Title: "__title__", Kind: "__kind__", Icon: "messages-square", Under: true}
	one := ProjectPage{Workspace: workspace, ID: "__project__", URL: atProject, List: list, Name: "__name__", Description: TextOf("__description__"), CanWrite: true,
		Entries: []ProjectEntry{entry}, Add: &ProjectAdd{Form: Form{ID: "add"}, Options: []Option{{Value: "__key__", Label: "__title__"}}}}
	edit := one
	edit.Edit = &Form{ID: "about", Values: texts}
	blueprints := []Blueprint{
		{ID: "projects", Block: "pages/app/projects", View: all},
		{ID: "projects-new", Block: "pages/app/projects", View: start},
		{ID: "project-row", Block: "app/projects#row", View: ProjectRow{URL: atProject, Name: "__name__", Description: "__description__"}},
		{ID: "project", Block: "pages/app/project", View: one},
		{ID: "project-edit", Block: "pages/app/project", View: edit},
		{ID: "thread-home", Block: "app/thread#home", View: Link{Name: "__name__", URL: atProject}},
		{ID: "document-home", Block: "app/document#home", View: Link{Name: "__name__", URL: atProject}},
		{ID: "move", Block: "pages/app/move", View: MovePage{Title: "__title__", Noun: "__noun__", Action: "/__href__/project", Back: "/__href__", NewURL: list + "?new=1", Form: Form{ID: "move"}}},
	}
	// What cannot move up or down says why, so there is one for each place.
	for _, at := range []struct {
		id          string
		first, last bool
	}{{"project-entry", false, false}, {"project-entry-first", true, false}, {"project-entry-last", false, true}, {"project-entry-only", true, true}} {
		e := entry
		e.First, e.Last = at.first, at.last
		blueprints = append(blueprints, Blueprint{ID: at.id, Block: "app/project#entry", View: e})
	}
	return blueprints
}
