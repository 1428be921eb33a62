package server

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

const threadsPerPage = 30

// threadsPage is /w/:id: the list of threads and an empty pane, or with ?new=1
// the form that starts one; ?rights= is why the person reads only, alone.
func (s *Server) threadsPage(r *request) error {
	id := r.Param("id")
	if r.Query("rights") != "" {
		why, err := s.whyNotWrite(r, id)
		if err != nil {
			return err
		}
		return r.Fragment(fiber.StatusOK, "app/threads#rights", why)
	}
	if err := s.follow(r, id); err != nil {
		return err
	}
	if r.Query("new") != "" && r.Can(policies.WorkspaceWrite, policies.Workspace(id)) {
		thread, message, err := newThreadIDs()
		if err != nil {
			return err
		}
		return s.showThreads(r, fiber.StatusOK, &ui.NewThread{ThreadID: thread, MessageID: message, Form: ui.Form{ID: "new"}})
	}
	return s.showThreads(r, fiber.StatusOK, nil)
}

// follow makes the workspace that is looked at the active one of this browser,
// so that the admin pages and the next visit speak of the same.
func (s *Server) follow(r *request, id string) error {
	if r.session.WorkspaceID == id {
		return nil
	}
	if err := s.accounts.SwitchWorkspace(r.Ctx(), r.Session(), id); err != nil {
		return err
	}
	r.session.WorkspaceID = id
	return nil
}

// showThreads draws the list and the pane beside it.
func (s *Server) showThreads(r *request, status int, start *ui.NewThread) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutApp, id, "threads")
	if err != nil {
		return err
	}
	view := ui.ThreadsPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, New: start}
	if view.ReadOnly, err = s.whyNotWrite(r, id); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	if view.List, err = s.threadList(r, id, "", view.CanWrite); err != nil {
		return err
	}
	if r.Can(policies.UsersManage, policies.Workspace(id)) {
		view.InviteURL = r.admin("/members")
	}
	view.List.Main = start == nil
	if nothing := view.Empty(); view.List.Main && view.List.Query == "" && len(view.List.Rows) == 0 {
		view.List.Nothing = &nothing
	}
	if start != nil {
		start.Action, start.Back = "/w/"+id+"/threads", "/w/"+id
		var kept []ui.File
		if start.Pick != nil {
			kept = start.Pick.Kept
		}
		start.Pick = r.filePick(start.Form, kept)
		shell.Pane = ui.PaneRead
	}
	return r.Page(status, shell, view)
}

// whyNotWrite says in words why a person reads only, and who can change it; ""
// for somebody who may write.
func (s *Server) whyNotWrite(r *request, workspaceID string) (string, error) {
	d := s.gate.Can(r.Ctx(), r.Session(), policies.WorkspaceWrite, policies.Workspace(workspaceID))
	if d.Allowed {
		return "", nil
	}
	owners, err := s.owners(r.Ctx(), workspaceID)
	who := ui.Names(owners, 3)
	switch d.Reason {
	case policies.Restricted:
		return "This workspace lets " + string(d.Role) + "s read only. " + who + " can change that.", err
	case policies.Filtered:
		return strings.TrimSpace("A rule of this server lets you read only for now. " + d.FilterWords()), err
	}
	return "You are " + ui.WithArticle(string(d.Role)) + " here: you can read every thread. " + who + " can let you write.", err
}

// threadList is the middle column: a page of threads, filtered by the address.
func (s *Server) threadList(r *request, workspaceID, current string, canWrite bool) (ui.ThreadList, error) {
	base := "/w/" + workspaceID
	list := ui.ThreadList{Action: base, Query: cut(r.Query("q"), 200)}
	if canWrite {
		list.NewURL = base + "?new=1"
	}
	page := r.pageNumber()
	found, err := s.engine.Threads(r.Ctx(), engine.ThreadQuery{WorkspaceID: workspaceID, Search: list.Query, Offset: (page - 1) * threadsPerPage, Limit: threadsPerPage})
	if err != nil {
		return list, err
	}
	place := url.Values{}
	setUnless(place, "q", list.Query, "")
	setUnless(place, "page", strconv.Itoa(page), "1")
	unread, err := s.engine.UnreadThreads(r.Ctx(), workspaceID, r.session.UserID, found.Threads)
	if err != nil {
		return list, err
	}
	muted, err := s.engine.MutedThreads(r.Ctx(), workspaceID, r.session.UserID)
	if err != nil {
		return list, err
	}
	clock := r.clock()
	for _, t := range found.Threads {
		list.Rows = append(list.Rows, ui.ThreadRow{
			ID: t.ID, URL: withQuery(base+"/t/"+ui.PathID(t.ID), place), Title: titleOf(t), Preview: r.previewOf(t), When: clock.At(t.ActiveAt), Pinned: t.Pinned,
			Muted: slices.Contains(muted, t.ID), Current: t.ID == current, Unread: unreadOf(unread[t.ID], t.ID == current),
		})
	}
	list.Total = found.Total
	list.Pager = numbered(page, threadsPerPage, found.Total, func(page int) string {
		v := url.Values{}
		setUnless(v, "q", list.Query, "")
		setUnless(v, "page", strconv.Itoa(page), "1")
		return withQuery(base, v)
	})
	return list, nil
}

// unreadOf is a count as the list says it; the thread that is open is being read.
func unreadOf(n int, current bool) string {
	if n == 0 || current {
		return ""
	}
	return ui.Capped(n)
}

func titleOf(t engine.Thread) string {
	if t.Title == "" {
		return "Untitled thread"
	}
	return shown(t.Title)
}

// shown is a name of any length as pages show it; forms allow far less.
func shown(name string) string {
	if len(name) <= 1000 {
		return name
	}
	return ui.Preview(name, 250)
}

// previewOf is the last message with who wrote it: "Dev: Robbins came back"; ""
// for no message yet.
func (r *request) previewOf(t engine.Thread) string {
	switch {
	case t.Preview == "" && t.Origin != nil && !t.Origin.Copy:
		return "A branch, nothing of its own yet"
	case t.Preview == "":
		return ""
	case t.PreviewBy.ID == r.session.UserID:
		return "You: " + t.Preview
	case t.PreviewBy.Name == "":
		return t.Preview
	}
	return ui.FirstName(t.PreviewBy.Name) + ": " + t.Preview
}
