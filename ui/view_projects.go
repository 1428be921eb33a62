package ui

import "strings"

// ProjectsPage is /w/:id/projects: the list, or with New the form that makes one.
type ProjectsPage struct {
	Workspace WorkspaceRef
	Action    string
	Rows      []ProjectRow
	NewURL    string // "" when one may not write
	ReadOnly  string
	New       *NewProject
}

// NewProject is the form that makes a project. Form: name, description, project_id.
type NewProject struct {
	Form Form
	Back string
}

// ProjectRow is one project of the list.
type ProjectRow struct {
	URL         string
	Name        string
	Description string
	When        Time
}

// Link leads to a thing by its name: the project a thread or document is in, the
// prompt of a thread.
type Link struct {
	Name string
	URL  string
}

// PageName implements View.
func (ProjectsPage) PageName() string { return "app/projects" }

// PageTitle implements View.
func (p ProjectsPage) PageTitle() string {
	if p.New != nil {
		return "New project"
	}
	return "Projects"
}

// Empty stands where projects would.
func (p ProjectsPage) Empty() Empty {
	e := Empty{Kind: NothingYet, Icon: "circle-dot", Title: "No projects yet", Text: "A project gathers the threads and documents of one job."}
	if p.NewURL == "" {
		e.Text = p.ReadOnly
		return e
	}
	e.Actions = []Action{{Label: "New project", URL: p.NewURL, Icon: "plus", Style: "primary"}}
	return e
}

// ProjectPage is /w/:id/projects/:project: what stands in a project, in its
// order. Add holds what can be put into it; Edit is the form of its texts, when
// open: name, description.
type ProjectPage struct {
	Workspace   WorkspaceRef
	ID          string
	URL         string
	List        string
	Name        string
	Description []Paragraph
	Entries     []ProjectEntry
	Add         *ProjectAdd
	Edit        *Form
	CanWrite    bool
	ReadOnly    string
}

// ProjectAdd offers the latest threads and documents that are in no project.
// Form: entry.
type ProjectAdd struct {
	Form    Form
	Options []Option
}

// ProjectEntry is one line of a project. Key names it in forms: "thread:<id>".
// Project is the project's address, "" for who may not change what is in it.
type ProjectEntry struct {
	Key     string
	Project string
	URL     string
	Title   string
	Kind    string // "Thread", "Document", "Prompt"
	Icon    string
	When    Time
	Under   bool // it goes on from the thread above
	Copy    bool // as a fork, not as a branch
	First   bool
	Last    bool
}

// PageName implements View.
func (ProjectPage) PageName() string { return "app/project" }

// PageTitle implements View.
func (p ProjectPage) PageTitle() string { return p.Name }

// Menu is what one can do to the project.
func (p ProjectPage) Menu() Menu {
	return Menu{ID: "project-menu", Label: "More for " + p.Name, Icon: "ellipsis", Style: "quiet", Align: "end", Title: p.Name, Items: []MenuItem{
		{Label: "Rename and describe", Icon: "pencil", URL: p.URL + "?edit=1"},
		{Label: "Delete…", Icon: "trash-2", URL: p.URL + "/delete", Danger: true, Rule: true},
	}}
}

// Empty stands where entries would.
func (p ProjectPage) Empty() Empty {
	e := Empty{Kind: NothingYet, Icon: "circle-dot", Title: "Nothing in it yet", Text: "Put threads and documents into it below, or from their own menus."}
	if !p.CanWrite {
		e.Text = p.ReadOnly
	}
	return e
}

// Way is how it goes on from the thread above.
func (e ProjectEntry) Way() string {
	if e.Copy {
		return "a fork of"
	}
	return "a branch of"
}

// Menu is what one can do to an entry.
func (e ProjectEntry) Menu() Menu {
	move := func(by string) []Hidden { return []Hidden{{"entry", e.Key}, {"by", by}} }
	up := MenuItem{Label: "Move up", Icon: "arrow-up", URL: e.Project + "/order", Post: true, Fields: move("-1")}
	down := MenuItem{Label: "Move down", Icon: "arrow-down", URL: e.Project + "/order", Post: true, Fields: move("1")}
	if e.First {
		up.Why = "It is the first."
	}
	if e.Last {
		down.Why = "It is the last."
	}
	return Menu{ID: "entry-" + e.Key, Label: "More for " + e.Title, Icon: "ellipsis", Style: "quiet", Align: "end", Title: e.Title, Items: []MenuItem{up, down,
		{Label: "Take out of the project", Note: "It stays in the workspace", Icon: "x", URL: e.Project + "/remove", Post: true, Fields: []Hidden{{"entry", e.Key}}, Rule: true}}}
}

// MovePage asks which project a thread or document goes into. Form: project.
type MovePage struct {
	Title   string // of the thread or document
	Noun    string
	Action  string
	Back    string
	NewURL  string // makes a project
	Form    Form
	Options []Option
}

// PageName implements View.
func (MovePage) PageName() string { return "app/move" }

// PageTitle implements View.
func (p MovePage) PageTitle() string { return "Project of " + p.Title }

// ForkPage asks how a thread goes on from a message. Form: title, mode,
// message, thread_id.
type ForkPage struct {
	Thread string // title of the thread
	Action string
	Back   string
	Quote  string // the message's beginning
	By     string
	Form   Form
}

// PageName implements View.
func (ForkPage) PageName() string { return "app/fork" }

// PageTitle implements View.
func (p ForkPage) PageTitle() string { return "Go on from here" }

// ContinuedTitle is what a thread that goes on from one of this title is called
// unless somebody says otherwise.
func ContinuedTitle(title string) string {
	if title = Preview(title, 180); title == "" {
		return ""
	}
	return title + " (continued)"
}

// ForkTitle is what a thread is called that goes on under this title: a fork
// under the title that was proposed says that it is a copy, so that a branch and
// a fork of one thread can be told apart.
func ForkTitle(title string, copied bool) string {
	if begun, proposed := strings.CutSuffix(strings.TrimSpace(title), " (continued)"); copied && proposed {
		return begun + " (copy)"
	}
	return title
}

// Modes are the two ways to go on.
func (ForkPage) Modes() []Option {
	return []Option{
		{Value: "reference", Label: "Branch: show the messages before it as they stand there"},
		{Value: "copy", Label: "Fork: copy the messages before it, so that later changes there do not show"},
	}
}

// PromptPage chooses a thread's system prompt. Form: prompt.
type PromptPage struct {
	Thread  string
	Action  string
	Back    string
	NewURL  string
	Form    Form
	Options []Option // "" first: none
}

// PageName implements View.
func (PromptPage) PageName() string { return "app/thread_prompt" }

// PageTitle implements View.
func (p PromptPage) PageTitle() string { return "System prompt of " + p.Thread }
