package server

import (
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

const messagesPerPage = 60

// followGap is how long a person's next message still belongs to the one before.
const followGap = 5 * time.Minute

// maxRun is how many messages stand below one head.
const maxRun = 20

// refusedThread is what came back from one of the thread's forms.
type refusedThread struct {
	composer *ui.Form
	kept     []ui.File // files that came with it and are here
	rename   *ui.Form
	message  string // id of the message whose edit was refused
	edit     *ui.Form
}

// threadPage is /w/:id/t/:thread. ?rename=1 and ?edit=… open a form; ?before=
// and ?after= are the pages of a long thread. ?read= is no page: it notes how far
// the thread was read.
func (s *Server) threadPage(r *request) error {
	if seen := r.Query("read"); seen != "" {
		return s.noteRead(r, seen)
	}
	if err := s.follow(r, r.Param("id")); err != nil {
		return err
	}
	return s.showThread(r, fiber.StatusOK, refusedThread{})
}

// noteRead is asked for by a page that is shown without scripts. The app notes
// what is read itself, when its page is in sight: the server cannot tell. It is a
// GET that writes, so only a page of this server's may ask.
func (s *Server) noteRead(r *request, text string) error {
	if !r.fromHere() {
		return crossOrigin()
	}
	seen, err := engine.ParseSeen(text)
	if err != nil {
		return notFound()
	}
	if _, err := s.engine.Thread(r.Ctx(), r.threadRef()); err != nil {
		return err
	}
	if err := s.engine.MarkRead(r.Ctx(), r.writer(), r.threadRef(), seen); err != nil {
		return err
	}
	return r.c.SendStatus(fiber.StatusNoContent)
}

func (s *Server) showThread(r *request, status int, refused refusedThread) error {
	ref := r.threadRef()
	thread, err := s.engine.Thread(r.Ctx(), ref)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutApp, ref.WorkspaceID, "threads")
	if err != nil {
		return err
	}
	shell.Pane, shell.Title = ui.PaneRead, titleOf(thread)
	view := s.threadView(r, thread, shell.Workspace.Name)
	if view.ReadOnly, err = s.whyNotWrite(r, ref.WorkspaceID); err != nil {
		return err
	}
	view.CanWrite = view.ReadOnly == ""
	muted, err := s.engine.MutedThreads(r.Ctx(), ref.WorkspaceID, r.session.UserID)
	if err != nil {
		return err
	}
	view.Muted = slices.Contains(muted, ref.ID)
	if view.Home, err = s.projectLink(r, ref.WorkspaceID, thread.ProjectID); err != nil {
		return err
	}
	if view.Prompt, err = s.promptLink(r, ref.WorkspaceID, thread.PromptID); err != nil {
		return err
	}
	if view.List, err = s.threadList(r, ref.WorkspaceID, ref.ID, view.CanWrite); err != nil {
		return err
	}
	if err := s.fillPeople(r, &view, ref); err != nil {
		return err
	}
	seen, err := s.engine.LookAt(r.Ctx(), ref) // before the messages are read: the page shows all of it
	if err != nil {
		return err
	}
	if err := s.fillMessages(r, &view, ref, refused); err != nil {
		return err
	}
	if view.Later == "" {
		view.NoteRead = view.URL + "?read=" + seen.String()
	}
	if view.CanWrite {
		if err := fillForms(r, &view, thread, refused); err != nil {
			return err
		}
	}
	return r.Page(status, shell, view)
}

func (s *Server) threadView(r *request, t engine.Thread, workspaceName string) ui.ThreadPage {
	by := t.StartedBy.Name
	if t.StartedBy.ID == r.session.UserID {
		by = "you"
	} else if by == "" {
		by = "somebody"
	}
	return ui.ThreadPage{
		Workspace: ui.WorkspaceRef{ID: r.Param("id"), Name: workspaceName}, ID: t.ID, URL: threadPath(r), Title: titleOf(t), Pinned: t.Pinned,
		StartedBy: by, Started: r.clock().At(t.CreatedAt),
	}
}

func threadPath(r *request) string { return "/w/" + r.Param("id") + "/t/" + r.Param("thread") }

// fillPeople adds who wrote here, five by name.
func (s *Server) fillPeople(r *request, view *ui.ThreadPage, ref engine.Ref) error {
	people, err := s.engine.ThreadPeople(r.Ctx(), ref)
	for i, p := range people {
		if i == 5 {
			view.More = len(people) - i
			break
		}
		view.People = append(view.People, ui.Writer{ID: p.ID, Name: authorName(p)})
	}
	return err
}

// fillMessages adds one page of the thread, day by day.
func (s *Server) fillMessages(r *request, view *ui.ThreadPage, ref engine.Ref, refused refusedThread) error {
	page, err := s.engine.Messages(r.Ctx(), engine.MessageQuery{Thread: ref, Before: r.Query("before"), After: r.Query("after"), Limit: messagesPerPage})
	if err != nil {
		if fault.Is(err, fault.Invalid) {
			return notFound()
		}
		return err
	}
	if page.Earlier != "" {
		view.Earlier = view.URL + "?before=" + page.Earlier
	}
	if page.Later != "" {
		view.Later = view.URL + "?after=" + page.Later
	}
	clock := r.clock()
	if page.Earlier == "" {
		if err := s.fillOrigin(r, view, ref); err != nil {
			return err
		}
	}
	files, err := s.filesOf(r, page.Messages)
	if err != nil {
		return err
	}
	editing := r.Query("edit")
	if refused.edit != nil {
		editing = refused.message
	}
	var before *engine.Message
	run := 0 // messages below the last head, itself included
	for i := range page.Messages {
		m := page.Messages[i]
		shown := r.messageView(clock, m, view)
		shown.Files, shown.Hashes = r.attached(m, files)
		if before == nil || !clock.At(before.CreatedAt).SameDay(clock.At(m.CreatedAt)) {
			view.Days = append(view.Days, ui.MessageDay{Day: clock.At(m.CreatedAt)})
		} else {
			shown.Follow = run < maxRun && before.Author.ID == m.Author.ID && m.CreatedAt.Sub(before.CreatedAt) < followGap
		}
		if !shown.Follow {
			run = 0
		}
		run++
		if shown.EditURL != "" && m.ID == editing {
			form := ui.Form{ID: "edit", Values: map[string]string{"text": m.Text}}
			place := withQuery("", r.messagePlace())
			shown.Edit = &ui.MessageEdit{Action: view.URL + "/m/" + ui.PathID(m.ID) + place, Back: view.URL + place + "#m-" + m.ID, Form: pick(refused.edit, form)}
		}
		day := &view.Days[len(view.Days)-1]
		day.Messages = append(day.Messages, shown)
		before = &page.Messages[i]
	}
	return nil
}

// beforePerBranch is how many messages of its parent a branch shows.
const beforePerBranch = 30

// fillOrigin tells where a thread goes on from; a branch shows what stands there.
func (s *Server) fillOrigin(r *request, view *ui.ThreadPage, ref engine.Ref) error {
	t, err := s.engine.Thread(r.Ctx(), ref)
	if err != nil || t.Origin == nil {
		return err
	}
	base := "/w/" + ref.WorkspaceID + "/t/" + ui.PathID(t.Origin.ThreadID)
	view.Origin = &ui.ThreadOrigin{Title: "a thread that was deleted", Copy: t.Origin.Copy}
	parent, err := s.engine.Thread(r.Ctx(), engine.Ref{WorkspaceID: ref.WorkspaceID, ID: t.Origin.ThreadID})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	view.Origin.Title, view.Origin.URL = titleOf(parent), base
	if t.Origin.MessageID != "" {
		view.Origin.URL += "#m-" + t.Origin.MessageID
	}
	if t.Origin.Copy {
		return nil
	}
	messages, more, err := s.engine.Before(r.Ctx(), ref.WorkspaceID, *t.Origin, beforePerBranch)
	if err != nil {
		return err
	}
	files, err := s.filesOf(r, messages)
	view.Origin.More = more
	clock := r.clock()
	for _, m := range messages {
		shown := ui.Message{ID: m.ID, Author: ui.Writer{ID: m.Author.ID, Name: authorName(m.Author)}, Sent: clock.At(m.CreatedAt), Edited: m.UpdatedAt.After(m.CreatedAt), Text: ui.TextOf(m.Text), Marked: ui.MarkedText(m.Text)}
		shown.Files, shown.Hashes = r.attached(m, files)
		if view.CanWrite {
			shown.ForkURL = "/w/" + ref.WorkspaceID + "/t/" + ui.PathID(m.ThreadID) + "/fork?at=" + m.ID
		}
		view.Origin.Messages = append(view.Origin.Messages, shown)
	}
	return err
}

// messageView is one message; its author may change it.
func (r *request) messageView(clock ui.Clock, m engine.Message, view *ui.ThreadPage) ui.Message {
	shown := ui.Message{
		ID: m.ID, Author: ui.Writer{ID: m.Author.ID, Name: authorName(m.Author)}, Sent: clock.At(m.CreatedAt),
		Edited: m.UpdatedAt.After(m.CreatedAt), Text: ui.TextOf(m.Text), Marked: ui.MarkedText(m.Text),
	}
	if view.CanWrite {
		shown.ForkURL = view.URL + "/fork?at=" + m.ID
	}
	if view.CanWrite && m.Author.ID == r.session.UserID {
		place := r.messagePlace()
		place.Set("edit", m.ID)
		shown.EditURL = withQuery(view.URL, place) + "#f-edit-text"
		shown.DeleteURL = view.URL + "/m/" + ui.PathID(m.ID) + "/delete"
	}
	return shown
}

// messagePlace is the page of a long thread that is open, for links back to it.
func (r *request) messagePlace() url.Values {
	place := url.Values{}
	setUnless(place, "before", r.Query("before"), "")
	setUnless(place, "after", r.Query("after"), "")
	return place
}

func authorName(p engine.Person) string {
	if p.Name == "" {
		return "Somebody"
	}
	return p.Name
}

// fillForms adds the composer and, when asked for, the rename form.
func fillForms(r *request, view *ui.ThreadPage, t engine.Thread, refused refusedThread) error {
	_, message, err := newThreadIDs()
	if err != nil {
		return err
	}
	view.Composer = ui.Composer{Action: view.URL + "/messages", MessageID: message, Label: "Write to " + view.Title, Form: pick(refused.composer, ui.Form{ID: "composer"})}
	view.Composer.Pick = r.filePick(view.Composer.Form, refused.kept)
	if r.Query("rename") != "" || refused.rename != nil {
		form := pick(refused.rename, ui.Form{ID: "rename", Values: map[string]string{"title": t.Title}})
		view.Rename = &form
	}
	return nil
}
