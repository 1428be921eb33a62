package server

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// Choices about a thread that have a page of their own: its project, its system
// prompt, going on from one of its messages.

type moveForm struct {
	Project string `form:"project" label:"The project" validate:"omitempty,row_id"`
}

// moveThreadPage chooses a thread's project.
func (s *Server) moveThreadPage(r *request) error {
	t, err := s.engine.Thread(r.Ctx(), r.threadRef())
	if err != nil {
		return err
	}
	return s.showMove(r, ui.MovePage{Title: titleOf(t), Noun: "thread", Action: threadPath(r) + "/project", Back: threadPath(r)}, t.ProjectID)
}

// moveDocumentPage chooses a document's project.
func (s *Server) moveDocumentPage(r *request) error {
	p, err := s.engine.Post(r.Ctx(), r.postRef())
	if err != nil {
		return err
	}
	return s.showMove(r, ui.MovePage{Title: postTitle(p), Noun: nounOf(p), Action: postPath(r) + "/project", Back: postPath(r)}, p.ProjectID)
}

func (s *Server) showMove(r *request, view ui.MovePage, now string) error {
	projects, err := s.engine.Projects(r.Ctx(), r.Param("id"), "", mostProjects)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, r.Param("id"), "")
	if err != nil {
		return err
	}
	view.Options = []ui.Option{{Value: "", Label: "In no project"}}
	for _, p := range projects {
		view.Options = append(view.Options, ui.Option{Value: p.ID, Label: ui.Preview(p.Name, 80)})
	}
	view.NewURL = "/w/" + r.Param("id") + "/projects?new=1"
	view.Form = ui.Form{ID: "move", Values: map[string]string{"project": now}}
	return r.Page(fiber.StatusOK, shell, view)
}

// moveThread puts a thread into a project, or out of all.
func (s *Server) moveThread(r *request, f submitted[moveForm]) error {
	if err := s.engine.MoveToProject(r.Ctx(), r.writer(), r.Param("id"), engine.Entry{Kind: engine.ThreadEntry, ID: r.RowID("thread")}, f.Values.Project); err != nil {
		return err
	}
	return r.Redirect(threadPath(r))
}

// moveDocument puts a document into a project, or out of all.
func (s *Server) moveDocument(r *request, f submitted[moveForm]) error {
	if err := s.engine.MoveToProject(r.Ctx(), r.writer(), r.Param("id"), engine.Entry{Kind: engine.PostEntry, ID: r.RowID("post")}, f.Values.Project); err != nil {
		return err
	}
	return r.Redirect(postPath(r))
}

// threadPromptPage chooses a thread's system prompt.
func (s *Server) threadPromptPage(r *request) error {
	t, err := s.engine.Thread(r.Ctx(), r.threadRef())
	if err != nil {
		return err
	}
	prompts, err := s.engine.Posts(r.Ctx(), engine.PostQuery{WorkspaceID: r.Param("id"), Type: engine.Prompt, Limit: 500})
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, r.Param("id"), "threads")
	if err != nil {
		return err
	}
	view := ui.PromptPage{Thread: titleOf(t), Action: threadPath(r) + "/prompt", Back: threadPath(r), NewURL: newPostURL(r.Param("id"), true),
		Form: ui.Form{ID: "prompt", Values: map[string]string{"prompt": t.PromptID}}, Options: []ui.Option{{Value: "", Label: "None"}}}
	for _, p := range prompts.Posts {
		view.Options = append(view.Options, ui.Option{Value: p.ID, Label: ui.Preview(postTitle(p), 80)})
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// promptLink leads to a thread's system prompt; nil for none, and for one that is
// gone.
func (s *Server) promptLink(r *request, workspaceID, promptID string) (*ui.Link, error) {
	if promptID == "" {
		return nil, nil
	}
	p, err := s.engine.Post(r.Ctx(), engine.Ref{WorkspaceID: workspaceID, ID: promptID})
	if fault.Is(err, fault.NotFound) || err == nil && p.Type != engine.Prompt {
		return nil, nil
	}
	return &ui.Link{Name: postTitle(p), URL: "/w/" + workspaceID + "/documents/" + ui.PathID(p.ID)}, err
}

type promptForm struct {
	Prompt string `form:"prompt" label:"The prompt" validate:"omitempty,row_id"`
}

// setThreadPrompt gives a thread its system prompt.
func (s *Server) setThreadPrompt(r *request, f submitted[promptForm]) error {
	if err := s.engine.SetThreadPrompt(r.Ctx(), r.writer(), r.threadRef(), f.Values.Prompt); err != nil {
		return err
	}
	return r.Redirect(threadPath(r))
}

// forkPage asks how a thread goes on from the message ?at=, or from its last.
func (s *Server) forkPage(r *request) error {
	return s.showFork(r, fiber.StatusOK, nil, r.Query("at"))
}

func (s *Server) showFork(r *request, status int, form *ui.Form, at string) error {
	t, err := s.engine.Thread(r.Ctx(), r.threadRef())
	if err != nil {
		return err
	}
	if at == "" {
		last, err := s.engine.Messages(r.Ctx(), engine.MessageQuery{Thread: r.threadRef(), Limit: 1})
		if err != nil {
			return err
		}
		if len(last.Messages) == 0 {
			return notFound()
		}
		at = last.Messages[0].ID
	}
	m, err := s.engine.Message(r.Ctx(), engine.Ref{WorkspaceID: r.Param("id"), ID: at})
	if err == nil && m.ThreadID != t.ID {
		err = notFound()
	}
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, r.Param("id"), "threads")
	if err != nil {
		return err
	}
	fresh, err := uuid.NewV7()
	if err != nil {
		return err
	}
	view := ui.ForkPage{Thread: titleOf(t), Action: threadPath(r) + "/fork", Back: threadPath(r) + "#m-" + m.ID, Quote: excerpt.Of(m.Text, 300), By: r.byName(m.Author),
		Form: pick(form, ui.Form{ID: "fork", Values: map[string]string{"title": ui.ContinuedTitle(t.Title), "mode": "reference", "message": m.ID, "thread_id": fresh.String()}})}
	return r.Page(status, shell, view)
}

type forkForm struct {
	Title    string `form:"title" label:"The title" validate:"max=1000"`
	Mode     string `form:"mode" label:"The way" validate:"oneof=reference copy"`
	Message  string `form:"message" validate:"omitempty,row_id"`
	ThreadID string `form:"thread_id" validate:"omitempty,row_id"`
}

// forkThread makes a thread that goes on from a message of this one.
func (s *Server) forkThread(r *request, f submitted[forkForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		id, err := s.engine.ForkThread(r.Ctx(), r.writer(), engine.Fork{Parent: r.threadRef(), Anchor: f.Values.Message, Copy: f.Values.Mode == "copy", Title: ui.ForkTitle(f.Values.Title, f.Values.Mode == "copy"), ThreadID: f.Values.ThreadID})
		if err == nil {
			return r.Redirect("/w/" + r.Param("id") + "/t/" + ui.PathID(id))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("fork")
	return s.showFork(r, status, &form, f.Values.Message)
}

type muteForm struct {
	Muted bool `form:"muted"`
}

// muteThread keeps a thread's news from this person alone, or no more.
func (s *Server) muteThread(r *request, f submitted[muteForm]) error {
	if _, err := s.engine.Thread(r.Ctx(), r.threadRef()); err != nil {
		return err
	}
	if err := s.engine.MuteThread(r.Ctx(), r.writer(), r.threadRef(), f.Values.Muted); err != nil {
		return err
	}
	return r.Redirect(threadPath(r))
}
