package server

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/ui"
)

// What stands where a plugin's page would when it gave none: what happened and
// what one can do, for everybody; for who manages plugins also why.

// pluginFailure words why a plugin gave no answer. An error that is not the
// plugin's comes back for the error page.
func (s *Server) pluginFailure(r *request, p *pluginPlace, cause error) (ui.PluginFailure, int, error) {
	var failed *runtime.Failure
	if !errors.As(cause, &failed) {
		return ui.PluginFailure{}, 0, cause
	}
	r.cause = cause
	failure := s.failureWords(r, p, failed)
	failure.Retry = p.again()
	if failed.Outcome == runtime.Quarantined {
		failure.Retry = ""
		s.letRunAgain(r, p, &failure)
	}
	if r.mayManagePlugins() && failed.Err != nil { // without one the words above say all of it
		failure.Details = string(failed.Outcome) + ": " + cut(failed.Err.Error(), 300)
	}
	if failed.Retry > 0 {
		failure.Note = joinSentences(failure.Note, "Try again in "+retryAfter(failed.Retry)+" seconds.")
		r.c.Set(fiber.HeaderRetryAfter, retryAfter(failed.Retry))
	}
	return failure, fiber.StatusInternalServerError, nil
}

// failureWords says what happened by the plugin's name, and what it means for who
// looks: that the rest of the page is fine, and who can find out why.
func (s *Server) failureWords(r *request, p *pluginPlace, failed *runtime.Failure) ui.PluginFailure {
	text, ours := strings.CutPrefix(failed.Message, "The plugin ")
	if !ours || failed.Outcome == runtime.Unloaded { // it is not the plugin's doing
		return ui.PluginFailure{Text: failed.Message}
	}
	text, _, _ = strings.Cut(p.Manifest.Name+" "+strings.TrimSuffix(text, "."), ". ")
	failure := ui.PluginFailure{Text: text + "."}
	if p.widget != "" {
		failure.Note = "The rest of this page is fine."
	}
	if !r.mayManagePlugins() && failed.Outcome != runtime.Quarantined {
		failure.Note = joinSentences(failure.Note, "If it happens again, tell an owner: its log says why.")
	}
	return failure
}

// showPluginError shows what the plugin itself says of why there is no page.
func (s *Server) showPluginError(r *request, p *pluginPlace, e *host.Error) error {
	status := fiber.StatusUnprocessableEntity
	switch e.Code {
	case "not_found":
		status = fiber.StatusNotFound
	case "forbidden", "not_granted":
		status = fiber.StatusForbidden
	}
	return s.showPluginFailure(r, p, ui.PluginFailure{Text: cut(e.Message, 500)}, status)
}

// showPluginFailure shows a failure in the plugin's place. A widget's is an answer
// like any other: the rest of the page goes on.
func (s *Server) showPluginFailure(r *request, p *pluginPlace, failure ui.PluginFailure, status int) error {
	failure.RequestID, failure.Swap = r.id, true
	if p.ID != "" && !failure.Off && r.mayManagePlugins() {
		failure.LogURL = r.pluginURL(p.ID, "/log")
	}
	if p.widget != "" {
		status = fiber.StatusOK
	}
	view := s.pluginView(p, "")
	view.Failed = &failure
	return s.sendPlugin(r, p, view, status)
}

// failedWords says in one line why an action was not carried out, for the form or
// above the page it stands on.
func (s *Server) failedWords(r *request, p *pluginPlace, cause error) (string, int, error) {
	failure, status, err := s.pluginFailure(r, p, cause)
	if err != nil {
		var known *fault.Error
		if errors.As(err, &known) && known.Kind == fault.RateLimited {
			return known.Message, statusOf(known), nil
		}
		return "", 0, err
	}
	return joinSentences(failure.Text, failure.Note, "Request "+r.id+"."), status, nil
}
