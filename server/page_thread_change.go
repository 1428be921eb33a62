package server

import (
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// writer is the person as the author of what a form writes.
func (r *request) writer() engine.Actor { return r.syncActor(r.Param("id")) }

// newThreadIDs makes the ids that a form carries, so that sending it twice
// writes once.
func newThreadIDs() (thread, message string, err error) {
	a, err := uuid.NewV7()
	if err != nil {
		return "", "", err
	}
	b, err := uuid.NewV7()
	return a.String(), b.String(), err
}

type newThreadForm struct {
	Title     string `form:"title" label:"The title" validate:"max=1000"`
	Text      string `form:"text" label:"The message" validate:"max=200000"`
	ThreadID  string `form:"thread_id" validate:"omitempty,row_id"`
	MessageID string `form:"message_id" validate:"omitempty,row_id"`

	Attached []string `form:"attached" validate:"max=10"`
}

// startThread makes a thread with its first message and opens it.
func (s *Server) startThread(r *request, f submitted[newThreadForm]) error {
	status := fiber.StatusUnprocessableEntity
	kept, err := s.attachedTo(r, f.Values.Attached)
	if err != nil {
		return err
	}
	if refused := r.filesRefused(); refused != nil {
		status = f.refuseFiles(refused)
	}
	if f.OK() {
		id, err := s.engine.CreateThread(r.Ctx(), r.writer(), engine.NewThread{
			WorkspaceID: r.Param("id"), ThreadID: f.Values.ThreadID, MessageID: f.Values.MessageID, Title: f.Values.Title, Text: f.Values.Text, Files: hashesOf(kept),
		})
		if err == nil {
			return r.Redirect("/w/" + r.Param("id") + "/t/" + ui.PathID(id))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("new")
	return s.showThreads(r, status, &ui.NewThread{ThreadID: f.Values.ThreadID, MessageID: f.Values.MessageID, Form: form, Pick: &ui.FilePick{Kept: kept}})
}

func (r *request) threadRef() engine.Ref {
	return engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("thread")}
}

type renameForm struct {
	Title string `form:"title" label:"The title" validate:"max=1000"`
}

// renameThread gives a thread another title.
func (s *Server) renameThread(r *request, f submitted[renameForm]) error {
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		err := s.engine.RenameThread(r.Ctx(), r.writer(), r.threadRef(), f.Values.Title)
		if err == nil {
			return r.Redirect(threadPath(r))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("rename")
	return s.showThread(r, status, refusedThread{rename: &form})
}

type pinForm struct {
	Pinned bool `form:"pinned"`
}

// pinThread keeps a thread at the head of everybody's list, or no more.
func (s *Server) pinThread(r *request, f submitted[pinForm]) error {
	if err := s.engine.PinThread(r.Ctx(), r.writer(), r.threadRef(), f.Values.Pinned); err != nil {
		return err
	}
	return r.Redirect(threadPath(r))
}

// deleteThreadPage asks before a thread is deleted.
func (s *Server) deleteThreadPage(r *request) error {
	t, err := s.engine.Thread(r.Ctx(), r.threadRef())
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, r.Param("id"), "")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: threadPath(r), Confirm: ui.Confirm{
		ID: "delete", Title: "Delete thread " + titleOf(t) + "?", URL: threadPath(r) + "/delete", Keep: "Keep it", Do: "Delete thread", Danger: true,
		Text: "All its messages go with it, for everyone in " + shell.Workspace.Name + ". " + backFor30Days + " Its messages come with it.",
	}})
}

// deleteThread deletes a thread with its messages.
func (s *Server) deleteThread(r *request, _ submitted[nothing]) error {
	t, err := s.engine.Thread(r.Ctx(), r.threadRef())
	if err != nil {
		return err
	}
	if err := s.engine.DeleteThread(r.Ctx(), r.writer(), r.threadRef()); err != nil {
		return err
	}
	return r.done("/w/"+r.Param("id"), "Deleted "+titleOf(t)+".")
}

type messageForm struct {
	Text      string `form:"text" label:"The message" validate:"max=200000"`
	MessageID string `form:"message_id" validate:"omitempty,row_id"`

	Attached []string `form:"attached" validate:"max=10"`
}

// sendMessage writes at the end of a thread.
func (s *Server) sendMessage(r *request, f submitted[messageForm]) error {
	status := fiber.StatusUnprocessableEntity
	kept, err := s.attachedTo(r, f.Values.Attached)
	if err != nil {
		return err
	}
	if refused := r.filesRefused(); refused != nil {
		status = f.refuseFiles(refused)
	}
	if f.OK() {
		id, err := s.engine.AppendMessage(r.Ctx(), r.writer(), engine.NewMessage{Thread: r.threadRef(), ID: f.Values.MessageID, Text: f.Values.Text, Files: hashesOf(kept)})
		if err == nil {
			return r.Redirect(threadPath(r) + "#m-" + url.PathEscape(id))
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("composer")
	return s.showThread(r, status, refusedThread{composer: &form, kept: kept})
}
