package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// ownMessage finds the message of the address: it must stand in the thread of
// the address, and only its author may change it.
func (s *Server) ownMessage(r *request) (engine.Message, engine.Ref, error) {
	ref := engine.Ref{WorkspaceID: r.Param("id"), ID: r.RowID("message")}
	m, err := s.engine.Message(r.Ctx(), ref)
	switch {
	case err != nil:
		return m, ref, err
	case m.ThreadID != r.RowID("thread"):
		return m, ref, notFound()
	case m.Author.ID != r.session.UserID:
		return m, ref, fault.New(fault.Forbidden, "Only the person who wrote a message can change or delete it.")
	}
	return m, ref, nil
}

// editMessage replaces the words of the person's own message.
func (s *Server) editMessage(r *request, f submitted[messageForm]) error {
	m, ref, err := s.ownMessage(r)
	if err != nil {
		return err
	}
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		err := s.engine.EditMessage(r.Ctx(), r.writer(), ref, f.Values.Text)
		if err == nil {
			return r.Redirect(withQuery(threadPath(r), r.messagePlace()) + "#m-" + m.ID)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	form := f.again("edit")
	return s.showThread(r, status, refusedThread{message: m.ID, edit: &form})
}

// deleteMessagePage asks before a message is deleted.
func (s *Server) deleteMessagePage(r *request) error {
	m, _, err := s.ownMessage(r)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutPlain, r.Param("id"), "")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: threadPath(r) + "#m-" + m.ID, Points: []string{"“" + excerpt.Of(m.Text, 120) + "”"}, Confirm: ui.Confirm{
		ID: "delete", Title: "Delete your message?", URL: threadPath(r) + "/m/" + ui.PathID(m.ID) + "/delete", Keep: "Keep it", Do: "Delete message", Danger: true,
		Text: "It goes for everyone in " + shell.Workspace.Name + ". " + backFor30Days,
	}})
}

// deleteMessage deletes the person's own message.
func (s *Server) deleteMessage(r *request, _ submitted[nothing]) error {
	_, ref, err := s.ownMessage(r)
	if err != nil {
		return err
	}
	if err := s.engine.DeleteMessage(r.Ctx(), r.writer(), ref); err != nil {
		return err
	}
	return r.done(threadPath(r), "Deleted your message.")
}
