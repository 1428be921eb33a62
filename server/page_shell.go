package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/ui"
)

// shellPage is the app's frame with the blueprints the client builds pages
// from. It is the same for everybody, so that a service worker may keep it.
func (s *Server) shellPage(r *request) error {
	page, err := s.shell()
	if err != nil {
		return err
	}
	return r.sendOnce(page, fiber.MIMETextHTMLCharsetUTF8)
}

// shell renders the neutral shell for the way this server is configured.
func (s *Server) shell() ([]byte, error) {
	if !s.config.Auth.Enabled {
		return s.localApp()
	}
	view, err := s.pages.ShellPage()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = s.pages.Page(&out, ui.NeutralShell("cloud", s.version, s.config.Admin.BasePath), view.PageName(), view)
	return out.Bytes(), err
}

// serviceWorker answers /sw.js: the script, before it the list of what it
// keeps. Its bytes change when anything in that list does, which is how
// browsers notice a new version.
func (s *Server) serviceWorker(r *request) error {
	script, ok := s.assets.Named("sw.js")
	if !ok {
		return notFound()
	}
	shell, err := s.shell()
	if err != nil {
		return err
	}
	guest := ""
	if s.config.Auth.Enabled {
		welcome, err := s.guestsWelcome(r)
		if err != nil {
			return err
		}
		if welcome {
			guest = "/w/" + ui.LocalWorkspace
		}
	}
	body, err := ui.ServiceWorker(ui.Offline{Shell: "/shell", Guest: guest, Keep: s.assets.Offline(s.apps()), Page: shell}, script.Data)
	if err != nil {
		return err
	}
	r.c.Set("Service-Worker-Allowed", "/")
	return r.sendOnce(body, "text/javascript; charset=utf-8")
}

// manifest tells a browser how the app is installed.
func (s *Server) manifest(r *request) error {
	body, err := s.assets.Manifest(s.config.Site.Name, "/", func(address string) string { return address })
	if err != nil {
		return err
	}
	return r.sendOnce(body, "application/manifest+json")
}

// sendOnce answers bytes that are the same for everybody and asks the browser
// to look whether they still are before it uses its copy.
func (r *request) sendOnce(body []byte, kind string) error {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	r.c.Set(fiber.HeaderCacheControl, "no-cache")
	r.c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	r.c.Set(fiber.HeaderETag, tag)
	r.c.Set(fiber.HeaderContentType, kind)
	if r.Header(fiber.HeaderIfNoneMatch) == tag {
		r.c.Status(fiber.StatusNotModified)
		return nil
	}
	r.c.Response().SetBodyRaw(body)
	return nil
}

// appFacts is what the client starts from on a page of this person's workspace.
func (r *request) appFacts(workspaceID string, list []workspace.Listed, admin bool) (*ui.AppFacts, error) {
	why, err := r.s.whyNotWrite(r, workspaceID)
	if err != nil {
		return nil, err
	}
	facts := &ui.AppFacts{
		Mode: "cloud", Version: r.s.version, Shell: "/shell", AdminBase: r.s.config.Admin.BasePath, Admin: admin, Workspace: workspaceID,
		User:     &ui.AppUser{ID: r.session.UserID, Name: r.session.DisplayName, Email: r.session.Email, Zone: r.session.TimeZone, Locale: r.session.Locale},
		CanWrite: why == "", ReadOnly: why,
	}
	for _, w := range list {
		facts.Workspaces = append(facts.Workspaces, ui.AppPart{ID: w.ID, Name: w.Name, Role: string(w.Role)})
	}
	return facts, nil
}
