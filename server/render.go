package server

import (
	"github.com/go-json-experiment/json"
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/ui"
)

// sendJSON answers with the row's success status.
func (r *request) sendJSON(v any) error {
	status := fiber.StatusOK
	if r.row.status != 0 {
		status = r.row.status
	}
	r.c.Status(status)
	return r.writeJSON(v)
}

func encodeJSON(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

// appender is an answer that writes its own JSON, because it is large or often.
type appender interface{ AppendJSON([]byte) []byte }

func (r *request) writeJSON(v any) error {
	answer := r.c.Response()
	if a, ok := v.(appender); ok {
		// The memory of an answer before is written over: a page is large.
		answer.SwapBody(a.AppendJSON(answer.SwapBody(nil)[:0]))
	} else {
		body, err := encodeJSON(v)
		if err != nil {
			return err
		}
		answer.SetBodyRaw(body)
	}
	r.c.Set(fiber.HeaderContentType, jsonMedia)
	return nil
}

const jsonMedia = "application/json; charset=utf-8"

// Page answers with a whole document: view inside the layout of shell.
func (r *request) Page(status int, shell ui.Shell, view ui.View) error {
	if shell.Title == "" {
		shell.Title = view.PageTitle()
	}
	if err := r.s.pages.Page(r.c.Response().BodyWriter(), shell, view.PageName(), view); err != nil {
		return err
	}
	r.html(status)
	return nil
}

// Fragment answers htmx with one block of a page, e.g. "admin/members#row".
func (r *request) Fragment(status int, block string, view any) error {
	if err := r.s.pages.Fragment(r.c.Response().BodyWriter(), block, view); err != nil {
		return err
	}
	r.html(status)
	return nil
}

// Part answers htmx with the content of a page without its layout.
func (r *request) Part(status int, shell ui.Shell, view ui.View) error {
	if shell.Title == "" {
		shell.Title = view.PageTitle()
	}
	if err := r.s.pages.PagePart(r.c.Response().BodyWriter(), shell, view.PageName(), view); err != nil {
		return err
	}
	r.html(status)
	return nil
}

func (r *request) html(status int) {
	r.c.Status(status)
	r.c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
}

// Redirect sends the browser on to a path of this server with 303, htmx by
// HX-Redirect. It is the answer to every form that succeeded.
func (r *request) Redirect(path string) error {
	path = localPath(path)
	if r.HTMX() {
		r.c.Set("HX-Redirect", path)
		return r.c.SendStatus(fiber.StatusNoContent)
	}
	r.c.Set(fiber.HeaderLocation, path)
	r.c.Status(fiber.StatusSeeOther)
	return nil
}

// errorPage shows an error to a person: the page when they were opening one,
// the bare message when htmx was swapping a part of one.
func (r *request) errorPage(e *fault.Error, status int) {
	shell, words := r.errorShell(), r.errorView(e, status)
	var view ui.View = words
	if app, ok := r.missingShell(status); ok {
		shell, view = app, ui.MissingView{ErrorView: words}
	}
	var err error
	if r.Partial() {
		err = r.Part(status, shell, view)
	} else {
		err = r.Page(status, shell, view)
	}
	if err != nil {
		// The templates themselves are broken. Say it in plain text.
		r.log.Error("render error page", "error", err)
		r.c.Response().ResetBody()
		r.c.Status(status)
		r.c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		r.c.Response().SetBodyString(e.Message + "\n\nRequest id: " + r.id + "\n")
	}
}

// errorShell is the plain layout: an error page depends on nothing that may be
// what failed.
func (r *request) errorShell() ui.Shell {
	return ui.Shell{
		Layout: ui.LayoutPlain, Site: r.s.config.Site.Name, Host: r.client.host, RequestID: r.id, Version: r.s.version,
		Theme: ui.ParseTheme(r.c.Cookies(ui.ThemeCookie)), KeysOff: r.c.Cookies(ui.KeysCookie) == "off",
	}
}

func (r *request) errorView(e *fault.Error, status int) ui.ErrorView {
	view := ui.ErrorView{Status: status, Text: e.Message, RequestID: r.id, Actions: []ui.Action{{Label: "Go to the start page", URL: "/"}}}
	switch {
	case status == fiber.StatusNotFound:
		view.Title, view.Icon = "Nothing here", "search-x"
		view.Text += " Check the address, or go back to where you came from."
	case status == fiber.StatusForbidden:
		return r.forbiddenView(e, view)
	case status == fiber.StatusUnauthorized:
		view.Title, view.Icon = "Signed out", "lock"
		view.Text += " Sign in and send it again; the text in the form was not saved."
		view.Actions = []ui.Action{{Label: "Sign in", URL: "/sign-in"}}
	case status == fiber.StatusTooManyRequests:
		view.Title, view.Icon = "Too many requests", "clock"
	case status >= 500:
		view.Title, view.Icon = "This did not work", "octagon-x"
		view.Text += " Nothing was changed unless the page says so. Try again; if it stays, give the request id to whoever runs this server."
	default:
		view.Title, view.Icon = "This could not be done", "circle-alert"
	}
	return view
}
