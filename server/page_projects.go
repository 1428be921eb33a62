package server

import (
	"cmp"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// mostProjects bounds the list of projects, and choices of one.
const mostProjects = 500

// projectsPage is /w/:id/projects, or with ?new=1 the form that makes one.
func (s *Server) projectsPage(r *request) error {
	if err := s.follow(r, r.Param("id")); err != nil {
		return err
	}
	if r.Query("new") != "" {
		return s.showProjects(r, fiber.StatusOK, &ui.Form{ID: "project", Values: map[string]string{}})
	}
	return s.showProjects(r, fiber.StatusOK, nil)
}

func (s *Server) showProjects(r *request, status int, form *ui.Form) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutApp, id, "projects")
	if err != nil {
		return err
	}
	list := "/w/" + id + "/projects"
	view := ui.ProjectsPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, Action: list}
	if view.ReadOnly, err = s.whyNotWrite(r, id); err != nil {
		return err
	}
	if view.ReadOnly == "" {
		view.NewURL = list + "?new=1"
	}
	if form != nil && view.ReadOnly == "" {
		if form.Values["project_id"] == "" {
			fresh, err := uuid.NewV7()
			if err != nil {
				return err
			}
			form.Values["project_id"] = fresh.String()
		}
		view.New = &ui.NewProject{Form: *form, Back: list}
		return r.Page(status, shell, view)
	}
	projects, err := s.engine.Projects(r.Ctx(), id, "", mostProjects)
	if err != nil {
		return err
	}
	clock := r.clock()
	for _, p := range projects {
		view.Rows = append(view.Rows, ui.ProjectRow{URL: list + "/" + ui.PathID(p.ID), Name: shown(p.Name), Description: ui.Preview(p.Description, 160), When: clock.At(p.ChangedAt)})
	}
	return r.Page(status, shell, view)
}

type projectForm struct {
	Name        string `form:"name" label:"The name" validate:"max=1000"`
	Description string `form:"description" label:"The description" validate:"max=10000"`
	ProjectID   string `form:"project_id" validate:"omitempty,row_id"`
}

// createProject makes a project and opens it.
func (s *Server) createProject(r *request, f submitted[projectForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		id, err := s.engine.CreateProject(r.Ctx(), r.writer(), engine.Ref{WorkspaceID: r.Param("id"), ID: f.Values.ProjectID}, engine.ProjectTexts{Name: f.Values.Name, Description: f.Values.Description})
		if err == nil {
			return r.Redirect("/w/" + r.Param("id") + "/projects/" + ui.PathID(id))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("project")
	return s.showProjects(r, status, &form)
}

// projectLink leads to the project a thread or document is in; nil for none, and
// for one that is gone.
func (s *Server) projectLink(r *request, workspaceID, projectID string) (*ui.Link, error) {
	if projectID == "" {
		return nil, nil
	}
	p, err := s.engine.Project(r.Ctx(), engine.Ref{WorkspaceID: workspaceID, ID: projectID})
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &ui.Link{Name: shown(p.Name), URL: "/w/" + workspaceID + "/projects/" + ui.PathID(p.ID)}, err
}

func (r *request) projectRef() engine.Ref {
	return engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("project")}
}

func projectPath(r *request) string { return "/w/" + r.Param("id") + "/projects/" + r.Param("project") }

// projectPage is /w/:id/projects/:project; ?edit=1 opens the form of its texts.
func (s *Server) projectPage(r *request) error {
	if err := s.follow(r, r.Param("id")); err != nil {
		return err
	}
	return s.showProject(r, fiber.StatusOK, nil, nil)
}

func (s *Server) showProject(r *request, status int, edit, add *ui.Form) error {
	ref := r.projectRef()
	project, err := s.engine.Project(r.Ctx(), ref)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, ref.WorkspaceID, "project-"+ref.ID)
	if err != nil {
		return err
	}
	view := ui.ProjectPage{Workspace: ui.WorkspaceRef{ID: ref.WorkspaceID, Name: shell.Workspace.Name}, ID: ref.ID, URL: projectPath(r), List: "/w/" + ref.WorkspaceID + "/projects", Name: shown(project.Name), Description: ui.TextOf(project.Description)}
	if view.ReadOnly, err = s.whyNotWrite(r, ref.WorkspaceID); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	entries, err := s.engine.ProjectEntries(r.Ctx(), ref)
	if err != nil {
		return err
	}
	before := ""
	for i, entry := range entries {
		shown := r.entryView(entry)
		if view.CanWrite {
			shown.Project = view.URL
		}
		shown.First, shown.Last = i == 0, i == len(entries)-1
		shown.Under, shown.Copy = entry.Under != "" && entry.Under == before, entry.Copy
		if !shown.Under {
			before = entry.ID
		}
		view.Entries = append(view.Entries, shown)
	}
	if view.CanWrite {
		if view.Add, err = s.addable(r, ref.WorkspaceID, add); err != nil {
			return err
		}
		if edit != nil || r.Query("edit") != "" {
			form := pick(edit, ui.Form{ID: "about", Values: map[string]string{"name": project.Name, "description": project.Description}})
			view.Edit = &form
		}
	}
	return r.Page(status, shell, view)
}

func (r *request) entryView(e engine.ProjectEntry) ui.ProjectEntry {
	v := ui.ProjectEntry{Key: string(e.Kind) + ":" + e.ID, URL: "/w/" + r.Param("id") + "/t/" + ui.PathID(e.ID), Title: cmp.Or(e.Title, "Untitled thread"), Kind: "Thread", Icon: "messages-square", When: r.clock().At(e.Active)}
	if e.Kind == engine.PostEntry {
		v.URL, v.Kind, v.Icon, v.Title = "/w/"+r.Param("id")+"/documents/"+ui.PathID(e.ID), "Document", "file-text", postTitle(engine.Post{Title: e.Title, Type: e.Post})
		if e.Post == engine.Prompt {
			v.Kind, v.Icon = "Prompt", "quote"
		}
	}
	return v
}

// addable offers the latest threads and documents without a project.
func (s *Server) addable(r *request, workspaceID string, form *ui.Form) (*ui.ProjectAdd, error) {
	add := &ui.ProjectAdd{Form: pick(form, ui.Form{ID: "add"})}
	threads, err := s.engine.Threads(r.Ctx(), engine.ThreadQuery{WorkspaceID: workspaceID, Limit: 100})
	if err != nil {
		return nil, err
	}
	for _, t := range threads.Threads {
		if t.ProjectID == "" {
			add.Options = append(add.Options, ui.Option{Value: "thread:" + t.ID, Label: "Thread: " + told(titleOf(t), t.Title, t.Preview, "from "+r.clock().At(t.CreatedAt).Words())})
		}
	}
	posts, err := s.engine.Posts(r.Ctx(), engine.PostQuery{WorkspaceID: workspaceID, Type: engine.Document, Limit: 100})
	for _, p := range posts.Posts {
		if p.ProjectID == "" {
			add.Options = append(add.Options, ui.Option{Value: "post:" + p.ID, Label: "Document: " + told(postTitle(p), p.Title, p.Content[:min(len(p.Content), 1000)], "from "+r.clock().At(p.UpdatedAt).Words())})
		}
	}
	return add, err
}

// told is a title for a choice among others: what has none is told apart by its
// words, or by when it is from.
func told(name, title, words, when string) string {
	switch words = excerpt.Of(words, 60); {
	case title != "":
		return ui.Preview(name, 80)
	case words != "":
		return name + ", “" + words + "”"
	}
	return name + ", " + when
}

// saveProject renames and describes a project.
func (s *Server) saveProject(r *request, f submitted[projectForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		err := s.engine.DescribeProject(r.Ctx(), r.writer(), r.projectRef(), engine.ProjectTexts{Name: f.Values.Name, Description: f.Values.Description})
		if err == nil {
			return r.Redirect(projectPath(r))
		}
		if fault.Is(err, fault.NotFound) {
			return err
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("about")
	return s.showProject(r, status, &form, nil)
}

type entryForm struct {
	Entry string `form:"entry" label:"The entry" validate:"max=200"`
	By    string `form:"by" validate:"omitempty,oneof=-1 1"`
}

func (f entryForm) entry() (engine.Entry, error) {
	kind, id, ok := strings.Cut(f.Entry, ":")
	if k := engine.EntryKind(kind); ok && (k == engine.ThreadEntry || k == engine.PostEntry) && rowIDShape.MatchString(id) {
		return engine.Entry{Kind: k, ID: id}, nil
	}
	return engine.Entry{}, notFound()
}

// addToProject puts a thread or document into a project.
func (s *Server) addToProject(r *request, f submitted[entryForm]) error {
	if _, err := s.engine.Project(r.Ctx(), r.projectRef()); err != nil {
		return err
	}
	entry, err := f.Values.entry()
	if err == nil {
		err = s.engine.MoveToProject(r.Ctx(), r.writer(), r.Param("id"), entry, r.RowID("project"))
	}
	if err == nil {
		return r.Redirect(projectPath(r))
	}
	status, err := f.refuse(r, err)
	if err != nil {
		return err
	}
	form := f.again("add")
	return s.showProject(r, status, nil, &form)
}

// removeFromProject takes a thread or document out of a project.
func (s *Server) removeFromProject(r *request, f submitted[entryForm]) error {
	if _, err := s.engine.Project(r.Ctx(), r.projectRef()); err != nil {
		return err
	}
	entry, err := f.Values.entry()
	if err == nil {
		err = s.engine.LeaveProject(r.Ctx(), r.writer(), r.projectRef(), entry)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return r.Redirect(projectPath(r))
}

// orderProject moves an entry up or down.
func (s *Server) orderProject(r *request, f submitted[entryForm]) error {
	if _, err := s.engine.Project(r.Ctx(), r.projectRef()); err != nil {
		return err
	}
	entry, err := f.Values.entry()
	by := 1
	if f.Values.By == "-1" {
		by = -1
	}
	if err == nil {
		err = s.engine.OrderProject(r.Ctx(), r.writer(), r.projectRef(), entry, by)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return r.Redirect(projectPath(r))
}

// deleteProjectPage asks before a project is deleted.
func (s *Server) deleteProjectPage(r *request) error {
	p, err := s.engine.Project(r.Ctx(), r.projectRef())
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, r.Param("id"), "")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: projectPath(r), Confirm: ui.Confirm{
		ID: "delete", Title: "Delete project " + p.Name + "?", URL: projectPath(r) + "/delete", Keep: "Keep it", Do: "Delete project", Danger: true,
		Text: "Its threads and documents stay, in no project. The project goes for everyone in " + shell.Workspace.Name + ".",
	}})
}

// deleteProject deletes a project; what stood in it stays.
func (s *Server) deleteProject(r *request, _ submitted[nothing]) error {
	p, err := s.engine.Project(r.Ctx(), r.projectRef())
	if err != nil {
		return err
	}
	if err := s.engine.DeleteProject(r.Ctx(), r.writer(), r.projectRef()); err != nil {
		return err
	}
	return r.done("/w/"+r.Param("id")+"/projects", "Deleted "+p.Name+".")
}
