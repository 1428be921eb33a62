package server

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

const documentsPerPage = 30

// documentsPage is /w/:id/documents: the list of documents, with ?kind=prompt
// of prompts, and with ?new=1 an empty one to write.
func (s *Server) documentsPage(r *request) error {
	id := r.Param("id")
	if err := s.follow(r, id); err != nil {
		return err
	}
	prompts := r.Query("kind") == "prompt"
	if r.Query("new") != "" && r.Can(policies.WorkspaceWrite, policies.Workspace(id)) {
		return s.showNewDocument(r, fiber.StatusOK, prompts, ui.Form{ID: "document"})
	}
	shell, err := r.inside(ui.LayoutApp, id, "documents")
	if err != nil {
		return err
	}
	view := ui.DocumentsPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, Prompts: prompts, Query: cut(r.Query("q"), 200)}
	if view.ReadOnly, err = s.whyNotWrite(r, id); err != nil {
		return err
	}
	kind := engine.Document
	place := url.Values{}
	if prompts {
		kind = engine.Prompt
		place.Set("kind", "prompt")
	}
	list := "/w/" + id + "/documents"
	view.Action = withQuery(list, place)
	view.Tabs = ui.Tabs{Label: "Kinds of documents", Items: []ui.Tab{{Label: "Documents", URL: list, Current: !prompts}, {Label: "Prompts", URL: list + "?kind=prompt", Current: prompts}}}
	if view.ReadOnly == "" {
		view.NewURL = newPostURL(id, prompts)
	}
	setUnless(place, "q", view.Query, "")
	page := r.pageNumber()
	found, err := s.engine.Posts(r.Ctx(), engine.PostQuery{WorkspaceID: id, Type: kind, Search: view.Query, Offset: (page - 1) * documentsPerPage, Limit: documentsPerPage})
	if err != nil {
		return err
	}
	clock := r.clock()
	for _, p := range found.Posts {
		view.Rows = append(view.Rows, ui.DocumentRow{URL: list + "/" + ui.PathID(p.ID), Title: postTitle(p), Preview: excerpt.Of(p.Content, 160), By: r.byName(p.ChangedBy), When: clock.At(p.UpdatedAt)})
	}
	view.Total = found.Total
	view.Pager = numbered(page, documentsPerPage, found.Total, func(page int) string {
		v := url.Values{}
		for key := range place {
			v.Set(key, place.Get(key))
		}
		setUnless(v, "page", strconv.Itoa(page), "1")
		return withQuery(list, v)
	})
	return r.Page(fiber.StatusOK, shell, view)
}

// showNewDocument is the page of a document that is not written yet.
func (s *Server) showNewDocument(r *request, status int, prompt bool, form ui.Form) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutApp, id, "documents")
	if err != nil {
		return err
	}
	view := ui.DocumentPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, Prompt: prompt, Title: "New document", URL: "/w/" + id + "/documents", Mode: ui.DocumentWrite, CanWrite: true, Form: form}
	if prompt {
		view.Title = "New prompt"
	}
	view.List = postList(id, prompt)
	if view.Form.Values == nil {
		view.Form.Values = map[string]string{}
	}
	if prompt {
		view.Form.Values["kind"] = "prompt"
	}
	if view.Form.Values["post_id"] == "" {
		fresh, err := uuid.NewV7()
		if err != nil {
			return err
		}
		view.Form.Values["post_id"] = fresh.String()
	}
	if text := view.Form.Value("content"); text != "" {
		view.Mode, view.HTML, view.Unsaved = ui.DocumentBoth, ui.Markdown(text), true
	}
	view.Words = ui.CountWords(view.Form.Value("content"))
	shell.Pane = ui.PaneRead
	return r.Page(status, shell, view)
}

// documentForm is a document as it is typed. Preview asks for a look without
// storing anything.
type documentForm struct {
	Title   string `form:"title" label:"The title" validate:"max=1000"`
	Content string `form:"content" label:"The text" validate:"max=400000"`
	Base    string `form:"base" validate:"omitempty,id"`
	PostID  string `form:"post_id" validate:"omitempty,row_id"`
	Kind    string `form:"kind" validate:"omitempty,oneof=prompt"`
	Preview string `form:"preview" validate:"max=10"`
}

// createDocument writes a new document or prompt and opens it. ?copy=1 says that
// the text was typed over one that stands: its name tells the two apart.
func (s *Server) createDocument(r *request, f submitted[documentForm]) error {
	status, prompt := fiber.StatusUnprocessableEntity, f.Values.Kind == "prompt"
	switch {
	case f.OK() && f.Values.Preview != "":
		status = fiber.StatusOK
	case f.OK():
		kind, noun, title := engine.Document, "document", f.Values.Title
		if prompt {
			kind, noun = engine.Prompt, "prompt"
		}
		if r.Query("copy") != "" {
			title = ui.CopyTitle(title, noun, ui.FirstName(r.session.DisplayName), r.clock().At(r.Now()).Stamp())
		}
		id, err := s.engine.CreatePost(r.Ctx(), r.writer(), engine.NewPost{WorkspaceID: r.Param("id"), ID: f.Values.PostID, Type: kind, Title: title, Content: f.Values.Content})
		if err == nil {
			return r.Redirect("/w/" + r.Param("id") + "/documents/" + ui.PathID(id))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showNewDocument(r, status, prompt, f.again("document"))
}

func newPostURL(workspaceID string, prompt bool) string {
	if prompt {
		return "/w/" + workspaceID + "/documents?kind=prompt&new=1"
	}
	return "/w/" + workspaceID + "/documents?new=1"
}

// postList is the address of the list a post stands in.
func postList(workspaceID string, prompt bool) string {
	if prompt {
		return "/w/" + workspaceID + "/documents?kind=prompt"
	}
	return "/w/" + workspaceID + "/documents"
}

// nounOf is what a post is called in the middle of a sentence.
func nounOf(p engine.Post) string {
	if p.Type == engine.Prompt {
		return "prompt"
	}
	return "document"
}

func postTitle(p engine.Post) string {
	switch {
	case p.Title != "":
		return shown(p.Title)
	case p.Type == engine.Prompt:
		return "Untitled prompt"
	}
	return "Untitled document"
}

// byName is a person in the middle of a sentence.
func (r *request) byName(p engine.Person) string {
	switch {
	case p.ID == r.session.UserID:
		return "you"
	case p.Name == "":
		return "somebody"
	}
	return p.Name
}
