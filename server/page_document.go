package server

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

func (r *request) postRef() engine.Ref {
	return engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("post")}
}

func postPath(r *request) string { return "/w/" + r.Param("id") + "/documents/" + r.Param("post") }

// documentPage is /w/:id/documents/:post: the text to write and to read.
// ?view= chooses one half.
func (s *Server) documentPage(r *request) error {
	if err := s.follow(r, r.Param("id")); err != nil {
		return err
	}
	return s.showDocument(r, fiber.StatusOK, nil, false)
}

// showDocument draws a document. typed is a form that came back; conflict says
// that the stored text is another than the one it was filled from.
func (s *Server) showDocument(r *request, status int, typed *ui.Form, conflict bool) error {
	post, err := s.engine.Post(r.Ctx(), r.postRef())
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, r.Param("id"), "documents")
	if err != nil {
		return err
	}
	clock := r.clock()
	view := ui.DocumentPage{
		Workspace: ui.WorkspaceRef{ID: r.Param("id"), Name: shell.Workspace.Name}, ID: post.ID, Prompt: post.Type == engine.Prompt, Title: postTitle(post),
		URL: postPath(r), List: postList(r.Param("id"), post.Type == engine.Prompt),
		Mode:    ui.DocumentMode(known(r.Query("view"), string(ui.DocumentWrite), string(ui.DocumentRead))),
		SavedBy: r.byName(post.ChangedBy), Saved: clock.At(post.UpdatedAt),
	}
	if view.Mode == "" {
		view.Mode = ui.DocumentBoth
	}
	if view.ReadOnly, err = s.whyNotWrite(r, r.Param("id")); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	if view.Home, err = s.projectLink(r, r.Param("id"), post.ProjectID); err != nil {
		return err
	}
	text := post.Content
	view.Form = ui.Form{ID: "document", Values: map[string]string{"title": post.Title, "content": post.Content, "base": post.Revision}}
	if typed != nil {
		view.Form, text, view.Mode, view.Unsaved = *typed, typed.Value("content"), ui.DocumentBoth, true
	}
	if conflict {
		if err := r.showTheirs(&view, post); err != nil {
			return err
		}
	} else {
		view.HTML = ui.Markdown(text)
	}
	view.Words = ui.CountWords(text)
	if view.CanWrite {
		view.Projects = view.URL + "/project"
	}
	shell.Pane, shell.Title = ui.PaneRead, view.Title
	return r.Page(status, shell, view)
}

// showTheirs puts the stored text beside the typed one. The form then names the
// stored revision: sending it again is the person's decision to replace it.
func (r *request) showTheirs(view *ui.DocumentPage, post engine.Post) error {
	fresh, err := uuid.NewV7()
	if err != nil {
		return err
	}
	view.Form.Errors = nil
	view.Form.Values["base"], view.Form.Values["post_id"], view.Form.Values["kind"] = post.Revision, fresh.String(), ""
	if view.Prompt {
		view.Form.Values["kind"] = "prompt"
	}
	view.Theirs = &ui.DocumentTheirs{By: r.byName(post.ChangedBy), When: r.clock().At(post.UpdatedAt), Title: post.Title, Content: post.Content, CopyURL: "/w/" + r.Param("id") + "/documents?copy=1", Keep: view.URL}
	return nil
}

// saveDocument replaces a document's text. When somebody else has saved since
// the form was opened, both texts come back and nothing is stored.
func (s *Server) saveDocument(r *request, f submitted[documentForm]) error {
	status := fiber.StatusUnprocessableEntity
	switch {
	case f.OK() && f.Values.Preview != "":
		status = fiber.StatusOK
	case f.OK():
		err := s.engine.SavePost(r.Ctx(), r.writer(), r.postRef(), engine.PostEdit{Title: f.Values.Title, Content: f.Values.Content, Base: f.Values.Base})
		if err == nil {
			return r.Redirect(postPath(r))
		}
		conflict := fault.Is(err, fault.Conflict)
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
		if conflict {
			form := f.again("document")
			return s.showDocument(r, fiber.StatusConflict, &form, true)
		}
		if status == fiber.StatusNotFound { // it was deleted: what was typed becomes a new one
			form := f.again("document")
			form.Errors[""] = "This document was deleted while you were writing. Save your text as a new one, or leave it."
			return s.showNewDocument(r, fiber.StatusNotFound, f.Values.Kind == "prompt", form)
		}
	}
	form := f.again("document")
	return s.showDocument(r, status, &form, false)
}

// backFor30Days says what a deletion leaves (engine.Retention).
const backFor30Days = "For 30 days, owners and editors can bring it back under Admin, Sync."

// deleteDocumentPage asks before a document is deleted.
func (s *Server) deleteDocumentPage(r *request) error {
	post, err := s.engine.Post(r.Ctx(), r.postRef())
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, r.Param("id"), "")
	if err != nil {
		return err
	}
	noun := nounOf(post)
	text := "It goes for everyone in " + shell.Workspace.Name + ". " + backFor30Days
	if post.Type == engine.Prompt {
		used, err := s.engine.PromptUses(r.Ctx(), r.postRef())
		if err != nil {
			return err
		}
		if used > 0 {
			text += " " + ui.Plural(used, "thread uses it and goes", "threads use it and go") + " on without."
		}
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: postPath(r), Confirm: ui.Confirm{
		ID: "delete", Title: "Delete " + noun + " " + postTitle(post) + "?", URL: postPath(r) + "/delete", Keep: "Keep it", Do: "Delete " + noun, Danger: true,
		Text: text,
	}})
}

// deleteDocument deletes a document or a prompt.
func (s *Server) deleteDocument(r *request, _ submitted[nothing]) error {
	post, err := s.engine.Post(r.Ctx(), r.postRef())
	if err != nil {
		return err
	}
	if err := s.engine.DeletePost(r.Ctx(), r.writer(), r.postRef()); err != nil {
		return err
	}
	return r.done(postList(r.Param("id"), post.Type == engine.Prompt), "Deleted "+postTitle(post)+".")
}
