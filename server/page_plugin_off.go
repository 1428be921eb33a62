package server

import (
	"context"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// A plugin that people of a workspace know and that does not run just now is not
// "no such page": its pages say who ended it and when, and lead those on who can
// let it run again.

// showPluginOff is the page, or the widget, of a plugin that does not run here.
// missing comes back where there is none, or where the person could not see it if
// it ran.
func (s *Server) showPluginOff(r *request, missing error) error {
	if !fault.Is(missing, fault.NotFound) {
		return missing
	}
	p := pluginPlace{admin: r.row.isAdmin(), query: string(r.c.Request().URI().QueryString()), widget: r.Param("widget"), size: sizeOf(r.Query("size"))}
	p.workspace.ID = r.decision.WorkspaceID
	known, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil || known.Active == nil || p.admin && known.Kind != manifest.AdminPlugin {
		return missing
	}
	placed, enabled := s.plugins.PlacedIn(known.ID, p.workspace.ID)
	if !placed {
		return missing
	}
	p.Active = plugins.Active{ID: known.ID, Version: known.Active.Version, SHA256: known.Active.SHA256, Manifest: known.Active.Manifest, Granted: known.Active.Granted}
	p.base = r.pluginBase(p.ID, p.workspace.ID)
	p.page, err = pagePath(r.Param("*"))
	if err != nil || r.Param("action") != "" {
		p.page = ""
	}
	if err := s.mayStand(r, &p); err != nil {
		return err
	}
	w, err := s.workspaces.Get(r.Ctx(), p.workspace.ID)
	if err != nil {
		return err
	}
	p.workspace.Name = w.Name
	failure, status := s.whyPluginIsOff(r, &known, &p, enabled)
	if failure.Text == "" {
		return missing
	}
	return s.showPluginFailure(r, &p, failure, status)
}

// whyPluginIsOff words it: what is true everywhere before what is true here.
func (s *Server) whyPluginIsOff(r *request, known *plugins.Plugin, p *pluginPlace, enabled bool) (ui.PluginFailure, int) {
	off := ui.PluginFailure{Off: true}
	see := ui.Action{Label: "See it", URL: r.pluginURL(known.ID, ""), Small: true}
	switch {
	case known.State == plugins.StateUninstalled:
		off.Text, off.Note = known.Name+" was uninstalled.", s.whoDid(r, plugins.ActUninstall, "uninstalled it", known.ID, "")
		if r.managesPackages() {
			off.Actions = []ui.Action{{Label: "Bring it back", URL: r.pluginURL(known.ID, "/reinstate"), Post: true, Small: true, Busy: "Bringing back"}, see}
		}
		return off, fiber.StatusNotFound
	case known.State == plugins.StateStopped:
		off.Text, off.Note = known.Name+" is stopped on this whole server.", s.whoDid(r, plugins.ActStop, "stopped it", known.ID, "")
		if r.managesPackages() {
			off.Actions = []ui.Action{{Label: "Start it", URL: r.pluginURL(known.ID, "/start"), Post: true, Small: true, Busy: "Starting"}, see}
		} else {
			off.Note = joinSentences(off.Note, "The people who run this server can start it again. Nothing it keeps is lost.")
		}
		return off, fiber.StatusServiceUnavailable
	case !enabled:
		off.Text, off.Note = known.Name+" is switched off in "+p.workspace.Name+".", s.whoDid(r, plugins.ActDisable, "switched it off", known.ID, p.workspace.ID)
		if r.Can(policies.PluginsManage, policies.Workspace(p.workspace.ID)) {
			off.Actions = []ui.Action{{Label: "Switch it on", URL: r.pluginURL(known.ID, "/workspaces/"+p.workspace.ID+"/enable"), Post: true, Small: true, Busy: "Switching on"}, see}
		} else {
			off.Note = joinSentences(off.Note, "Owners of "+p.workspace.Name+" can switch it on. Nothing it keeps is lost.")
		}
		return off, fiber.StatusNotFound
	case known.State == plugins.StateFailing:
		off.Off, off.Text = false, known.Name+" cannot be loaded on this server."
		off.Note = "Nothing it keeps is lost."
		if r.mayManagePlugins() {
			off.Details, off.Actions = known.LastError, []ui.Action{see}
		}
		return off, fiber.StatusServiceUnavailable
	case known.State == plugins.StateActive:
		off.Text, off.Note, off.Retry = known.Name+" is being started.", "It takes a moment after the server was started or the plugin was updated.", p.again()
		return off, fiber.StatusServiceUnavailable
	}
	return off, fiber.StatusNotFound
}

// letRunAgain adds to a failure of a quarantined plugin who can let it run again,
// and how.
func (s *Server) letRunAgain(r *request, p *pluginPlace, failure *ui.PluginFailure) {
	failure.Note = s.whoDid(r, plugins.ActQuarantine, "stopped it", p.ID, p.workspace.ID)
	if !r.Can(policies.PluginsManage, policies.Workspace(p.workspace.ID)) {
		failure.Note = joinSentences(failure.Note, "Owners of "+p.workspace.Name+" can let it run again. The rest of the workspace is fine.")
		return
	}
	failure.Actions = []ui.Action{
		{Label: "Let it run again", URL: r.pluginURL(p.ID, "/workspaces/"+p.workspace.ID+"/release"), Post: true, Small: true, Busy: "Releasing"},
		{Label: "See what failed", URL: r.pluginURL(p.ID, "/calls?end=bad"), Small: true, Style: "quiet"},
	}
}

// whoDid says who did an act to a plugin last, and when; "" where the audit log
// does not have it any more. A person is named to those who know them: members of
// the workspace, and who runs the server.
func (s *Server) whoDid(r *request, act, did, id, workspaceID string) string {
	e, ok := s.lastAct(r.Ctx(), act, id, workspaceID)
	if !ok {
		return ""
	}
	who := "Somebody who runs this server"
	switch {
	case e.Actor.Kind == audit.System:
		who = "The server"
	case e.Actor.ID != "" && s.knows(r, e.Actor.ID) && e.Actor.Name != "":
		who = e.Actor.Name
	}
	return who + " " + did + " " + onDay(r.clock().At(e.At)) + "."
}

// lastAct is the last entry of the audit log about an act to a plugin.
func (s *Server) lastAct(ctx context.Context, act, id, workspaceID string) (audit.Stored, bool) {
	page, err := s.audit.List(ctx, audit.Filter{Action: act, WorkspaceID: workspaceID, Result: audit.Allowed, Limit: 100})
	if err != nil {
		s.log.ErrorContext(ctx, "who did something to a plugin cannot be read", "act", act, "error", err)
	}
	i := slices.IndexFunc(page.Entries, func(e audit.Stored) bool { return e.TargetID == id })
	if i < 0 {
		return audit.Stored{}, false
	}
	return page.Entries[i], true
}

// knows reports whether the person who looks may learn another one's name.
func (s *Server) knows(r *request, userID string) bool {
	if userID == r.session.UserID || r.readsDeployment() {
		return true
	}
	_, err := s.workspaces.Member(r.Ctx(), r.decision.WorkspaceID, userID)
	return err == nil
}

// onDay words a moment within a sentence: at 14:31, on 18 November at 14:31.
func onDay(at ui.Time) string {
	if words := at.Words(); strings.Contains(words, ":") && !strings.Contains(words, ",") {
		return "at " + words
	}
	day, hour, _ := strings.Cut(at.Stamp(), ", ")
	return "on " + day + " at " + hour
}

// joinSentences puts sentences behind each other.
func joinSentences(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}
