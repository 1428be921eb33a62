package server

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// mostRecent bounds what happened lately.
const mostRecent = 6

// overviewPage is /admin: what needs somebody first, then figures, what
// happened lately and what the server is made of.
func (s *Server) overviewPage(r *request) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "overview")
	if err != nil {
		return err
	}
	clock := r.clock()
	view := ui.OverviewPage{Workspace: ui.WorkspaceRef{ID: r.active(), Name: shell.Workspace.Name}, Host: r.client.host, Checked: clock.At(r.Now())}
	if r.Can(policies.AdminAccess, policies.Resource{}) {
		if err := s.fillWorkspaceOverview(r, &view, clock); err != nil {
			return err
		}
	}
	if err := s.fillWidgets(r, &view); err != nil {
		return err
	}
	shell.Swaps = true
	more, err := s.pluginWarnings(r)
	if err != nil {
		return err
	}
	view.Warnings = append(more, view.Warnings...)
	if r.readsDeployment() {
		if err := s.fillServerOverview(r, &view); err != nil {
			return err
		}
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// fillWorkspaceOverview adds what the active workspace's people see.
func (s *Server) fillWorkspaceOverview(r *request, view *ui.OverviewPage, clock ui.Clock) (err error) {
	members, total, err := s.workspaces.Members(r.Ctx(), r.active(), workspace.MemberQuery{})
	if err != nil {
		return err
	}
	invites, err := s.workspaces.Invites(r.Ctx(), r.active())
	if err != nil {
		return err
	}
	counted, _, err := s.workspaces.All(r.Ctx(), workspace.AllQuery{Search: r.active(), PerPage: 1})
	if err != nil {
		return err
	}
	threads := 0
	if len(counted) == 1 {
		threads = counted[0].Threads
	}
	page, err := s.audit.List(r.Ctx(), audit.Filter{WorkspaceID: r.active(), Limit: 10 * mostRecent})
	if err != nil {
		return err
	}
	words := auditWords{clock: clock, here: r.admin("/audit"), admin: r.admin, plugin: s.auditPlugins(r)}
	for _, e := range page.Entries {
		if len(view.Recent) == mostRecent {
			break
		}
		// Plugins write more than people do, who would not be seen among them.
		if e.Actor.Kind == audit.System && strings.HasPrefix(e.Actor.Name, plugins.ActorOf("")) {
			continue
		}
		view.Recent = append(view.Recent, words.row(e, false))
	}
	view.Figures = overviewFigures(r, members, total, len(invites), threads)
	view.Warnings = append(view.Warnings, workspaceWarnings(r, view.Workspace.Name, members, invites)...)
	view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.active())
	return err
}

// fillWidgets adds the workspace's dashboard, for who reads the workspace.
func (s *Server) fillWidgets(r *request, view *ui.OverviewPage) error {
	if !r.Can(policies.WorkspaceRead, policies.Resource{}) || !r.Can(policies.AdminAccess, policies.Resource{}) {
		return nil
	}
	list, err := s.widgetsFor(r, r.active())
	if err != nil {
		return err
	}
	if framed(list) {
		r.allowFrames()
	}
	view.Widgets = s.widgetViews(r, r.active(), list, true)
	if r.Can(policies.WorkspaceSettingsManage, policies.Resource{}) {
		view.Arrange = dashboardPath(r.active()) + "?arrange=on"
	}
	return nil
}

func overviewFigures(r *request, members []workspace.MemberListed, total, invites, threads int) []ui.Figure {
	seen := 0
	for _, m := range members {
		if r.Now().Sub(m.LastSeen) < 24*time.Hour {
			seen++
		}
	}
	people := ui.Figure{Name: "People", Value: ui.Number(total), URL: r.admin("/members")}
	if invites > 0 {
		people.Note = ui.Plural(invites, "invite open", "invites open")
	}
	return []ui.Figure{
		people,
		{Name: "Seen in 24 h", Value: ui.Number(seen), Unit: "of " + ui.Number(total)},
		{Name: "Threads", Value: ui.Number(threads), URL: "/w/" + r.active()},
	}
}

// workspaceWarnings are what an owner of the workspace should mend.
func workspaceWarnings(r *request, name string, members []workspace.MemberListed, invites []workspace.InviteListed) []ui.Warning {
	var warnings []ui.Warning
	for _, m := range members {
		if m.LastOwner && len(members) > 1 {
			warnings = append(warnings, ui.Warning{
				Tone: ui.Warn, Title: name + " has one owner", Text: "If " + m.DisplayName + " loses access, nobody can change members or settings.",
				Action: &ui.Action{Label: "See members", URL: r.admin("/members"), Small: true},
			})
		}
	}
	ended := 0
	for _, i := range invites {
		if i.Expired {
			ended++
		}
	}
	if ended > 0 {
		warnings = append(warnings, ui.Warning{
			Tone: ui.Warn, Title: ui.Plural(ended, "invite has ended", "invites have ended"), Text: "The links open nothing any more. Make new ones or withdraw them.",
			Action: &ui.Action{Label: "See invites", URL: r.admin("/members#invites"), Small: true},
		})
	}
	return warnings
}
