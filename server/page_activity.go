package server

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/ui"
)

const noticesPerPage = 50

func activityPath(r *request) string { return "/w/" + r.Param("id") + "/activity" }

// activityPlace is the part of the notices that is open, for the way back to it.
func activityPlace(r *request) url.Values {
	place := url.Values{}
	setUnless(place, "before", r.Query("before"), "")
	return place
}

// activityPage is /w/:id/activity: the person's own notices, with ?before= those
// earlier than another page's.
func (s *Server) activityPage(r *request) error {
	id := r.Param("id")
	if err := s.follow(r, id); err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, id, "activity")
	if err != nil {
		return err
	}
	page, err := s.engine.Notices(r.Ctx(), engine.NoticeQuery{WorkspaceID: id, UserID: r.session.UserID, Before: r.Query("before"), Limit: noticesPerPage})
	if fault.Is(err, fault.Invalid) {
		return notFound()
	}
	if err != nil {
		return err
	}
	view := ui.ActivityPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, URL: activityPath(r), Total: page.Total}
	if !page.Latest {
		view.Latest = activityPath(r)
	}
	if page.Earlier != "" {
		view.Earlier = activityPath(r) + "?before=" + page.Earlier
	}
	if view.Unread, err = s.engine.Unread(r.Ctx(), id, r.session.UserID); err != nil {
		return err
	}
	administers := r.Can(policies.AdminAccess, policies.Workspace(id))
	for _, n := range page.Notices {
		row := ui.NoticeRow{ID: n.ID, Icon: "bell", Title: n.Title, Body: ui.Preview(n.Body, 200), When: r.clock().At(n.At), Unread: !n.Read, ReadURL: withQuery(activityPath(r)+"/"+ui.PathID(n.ID)+"/read", activityPlace(r))}
		switch {
		case n.ThreadID != "":
			row.URL, row.Icon = "/w/"+id+"/t/"+ui.PathID(n.ThreadID), "messages-square"
		case n.DocumentID != "":
			row.URL, row.Icon = "/w/"+id+"/documents/"+ui.PathID(n.DocumentID), "file-text"
		case n.Link != "":
			row.URL = n.Link
		}
		if n.PK != "" && administers {
			row.Bring = r.admin("/sync?" + url.Values{"table": {n.Table}, "pk": {n.PK}}.Encode() + "#row")
		}
		view.Rows = append(view.Rows, row)
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// readNotice marks one notice as read.
func (s *Server) readNotice(r *request, _ submitted[nothing]) error {
	if err := s.engine.ReadNotice(r.Ctx(), r.writer(), engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("note")}); err != nil {
		return err
	}
	return r.Redirect(withQuery(activityPath(r), activityPlace(r)))
}

// readNotices marks all notices as read.
func (s *Server) readNotices(r *request, _ submitted[nothing]) error {
	if err := s.engine.ReadNotices(r.Ctx(), r.writer(), r.Param("id")); err != nil {
		return err
	}
	return r.Redirect(activityPath(r))
}

// clearNotices deletes all notices.
func (s *Server) clearNotices(r *request, _ submitted[nothing]) error {
	if err := s.engine.ClearNotices(r.Ctx(), r.writer(), r.Param("id")); err != nil {
		return err
	}
	return r.Redirect(activityPath(r))
}

// backupPage is /w/:id/backup; the file is made and read by the browser.
func (s *Server) backupPage(r *request) error {
	id := r.Param("id")
	shell, err := r.inside(ui.LayoutApp, id, "backup")
	if err != nil {
		return err
	}
	view := ui.BackupPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, URL: "/w/" + id + "/backup"}
	if view.ReadOnly, err = s.whyNotWrite(r, id); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	return r.Page(fiber.StatusOK, shell, view)
}

// hitsPerGroup is how many results of a kind the search page shows.
const hitsPerGroup = 20

// findPage is /w/:id/search?q=…: words in threads, messages, documents, projects.
func (s *Server) findPage(r *request) error {
	began := time.Now()
	id := r.Param("id")
	if err := s.follow(r, id); err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, id, "")
	if err != nil {
		return err
	}
	asked := strings.TrimSpace(r.Query("q"))
	query := cut(asked, 1000)
	words, all := engine.WordsOf(query)
	view := ui.FindPage{Workspace: ui.WorkspaceRef{ID: id, Name: shell.Workspace.Name}, Action: "/w/" + id + "/search", Query: query, Form: ui.Form{Values: map[string]string{"q": query}}}
	if !all || query != asked {
		view.Only = words
	}
	title := s.threadTitles(r, id)
	for _, of := range []struct {
		table wire.Table
		name  string
	}{{wire.Threads, "Threads"}, {wire.Messages, "Messages"}, {wire.Posts, "Documents"}, {wire.Projects, "Projects"}} {
		found, err := s.engine.Search(r.Ctx(), engine.SearchQuery{WorkspaceID: id, UserID: r.session.UserID, Table: of.table, Text: query, Limit: hitsPerGroup + 1})
		if err != nil {
			return err
		}
		if found.Partly {
			view.Partly = append(view.Partly, strings.ToLower(of.name))
		}
		hits := found.Hits
		group := ui.FindGroup{Name: of.name, More: len(hits) > hitsPerGroup}
		for _, h := range hits[:min(len(hits), hitsPerGroup)] {
			hit := r.hitView(h, query)
			if hit.Words = words; h.Table == wire.Messages {
				if hit.Line, err = title(h.ThreadID); err != nil {
					return err
				}
			}
			group.Hits = append(group.Hits, hit)
		}
		if len(group.Hits) > 0 {
			view.Groups = append(view.Groups, group)
		}
	}
	if query != "" {
		view.Took = fmt.Sprintf("%d ms", max(1, time.Since(began).Milliseconds()))
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// threadTitles reads titles of threads, each once; of one that is gone there is none.
func (s *Server) threadTitles(r *request, workspaceID string) func(threadID string) (string, error) {
	known := map[string]string{}
	return func(threadID string) (string, error) {
		if title, ok := known[threadID]; ok {
			return title, nil
		}
		thread, err := s.engine.Thread(r.Ctx(), engine.Ref{WorkspaceID: workspaceID, ID: threadID})
		switch {
		case fault.Is(err, fault.NotFound):
			known[threadID] = ""
		case err != nil:
			return "", err
		default:
			known[threadID] = titleOf(thread)
		}
		return known[threadID], nil
	}
}

func (r *request) hitView(h engine.Hit, query string) ui.FindHit {
	base := "/w/" + r.Param("id")
	hit := ui.FindHit{URL: base + "/t/" + ui.PathID(h.ID), Icon: "messages-square", Title: titleOf(engine.Thread{Title: h.Title}), When: r.clock().At(h.At)}
	if h.By.Name != "" {
		hit.By = "by " + r.byName(h.By)
	}
	switch h.Table {
	case wire.Threads:
		if hit.By != "" {
			hit.By = "started " + hit.By
		}
	case wire.Messages:
		hit.URL, hit.Title = base+"/t/"+ui.PathID(h.ThreadID)+"#m-"+h.ID, ui.Preview(h.Around(query, 160), 100)
	case wire.Posts:
		hit.URL, hit.Icon = base+"/documents/"+ui.PathID(h.ID), "file-text"
		if h.Post == engine.Prompt {
			hit.Icon = "quote"
		}
		hit.Title, hit.Line = postTitle(engine.Post{Title: h.Title, Type: h.Post}), h.Around(query, 160)
	case wire.Projects:
		hit.URL, hit.Icon, hit.Title, hit.Line = base+"/projects/"+ui.PathID(h.ID), "circle-dot", shown(h.Title), h.Around(query, 160)
		hit.By = "" // what is put into a project changes it, which is no authorship
	}
	return hit
}
