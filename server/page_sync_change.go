package server

import (
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/ui"
)

// collectPage asks before what is old goes.
func (s *Server) collectPage(r *request) error {
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: r.admin("/sync"), Points: []string{"Nothing goes that a device heard of in the last 30 days has not seen."}, Confirm: ui.Confirm{
		ID: "collect", Title: "Collect now?", URL: r.admin("/sync/collect"), Keep: "Not now", Do: "Collect",
		Text: "Changes and deletions older than 30 days go from the log, as they do by themselves every hour. Devices that were away for longer load the workspace anew.",
	}})
}

// collectWithForm does by hand what is done every hour.
func (s *Server) collectWithForm(r *request, _ submitted[nothing]) error {
	in := wire.CollectRequest{WorkspaceID: r.active(), RetentionSeconds: int64(engine.Retention.Seconds())}
	changes, err := s.collectChangeLog(r, in)
	if err != nil {
		return err
	}
	tombstones, err := s.collectTombstones(r, in)
	if err != nil {
		return err
	}
	return r.done(r.admin("/sync"), "Removed "+ui.Plural(changes.DeletedCount, "change", "changes")+" and "+ui.Plural(tombstones.DeletedCount, "deletion", "deletions")+".")
}

type bringBackForm struct {
	Table string `form:"table" validate:"max=32"`
	PK    string `form:"pk" validate:"max=128"`
	OpID  string `form:"op_id" validate:"max=64"`
}

// bringBackWithForm makes an earlier state of a row, or one that lost, the row again.
func (s *Server) bringBackWithForm(r *request, f submitted[bringBackForm]) error {
	v := f.Values
	if !f.OK() || !wire.Table(v.Table).Known() || v.PK == "" {
		return fault.Field("table", "Say which row.")
	}
	messages, err := s.engine.BringBack(r.Ctx(), r.syncActor(r.active()), r.active(), wire.Table(v.Table), v.PK, v.OpID)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		if err := r.Say(ui.Notice{Tone: ui.Danger, Role: "alert", Text: publicError(err).Message}); err != nil {
			return err
		}
		return r.Redirect(r.rowAddress(v.Table, v.PK))
	}
	if err != nil {
		return err
	}
	said := "Brought back, as a new write in your name."
	if messages > 0 {
		said = "Brought back with " + ui.Plural(messages, "message that was deleted with it", "messages that were deleted with it") + ", as new writes in your name."
	}
	return r.done(r.rowAddress(v.Table, v.PK), said)
}
