package server

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

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
	page, err := s.audit.List(r.Ctx(), audit.Filter{WorkspaceID: r.active(), Limit: 6})
	if err != nil {
		return err
	}
	words := auditWords{clock: clock, here: r.admin("/audit"), admin: r.admin}
	for _, e := range page.Entries {
		view.Recent = append(view.Recent, words.row(e, false))
	}
	view.Figures = overviewFigures(r, members, total, len(invites), threads)
	view.Warnings = append(view.Warnings, workspaceWarnings(r, view.Workspace.Name, members, invites)...)
	view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.active())
	return err
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

// fillServerOverview adds what concerns the server itself, its faults first.
func (s *Server) fillServerOverview(r *request, view *ui.OverviewPage) error {
	state, err := s.status(r)
	if err != nil {
		return err
	}
	view.Version, view.Up = s.version, "up "+uptime(r.Now().Sub(s.started))
	var warnings []ui.Warning
	if found, at := s.chainState(r.Ctx()); !at.IsZero() && !found.OK() {
		warnings = append(warnings, ui.Warning{
			Tone: ui.Danger, Title: "The audit log is not sound", Text: sentenceCase(found.Break.Problem) + ". Entries before it hold.",
			Action: &ui.Action{Label: "See the log", URL: r.admin("/audit"), Small: true},
		})
	}
	if n := s.gate.GrantAttempts(); n > 0 {
		warnings = append(warnings, ui.Warning{
			Tone: ui.Warn, Title: "A decision filter tries to allow what is denied", Text: ui.Plural(int(n), "attempt was", "attempts were") + " overruled since the start. Filters can only narrow.",
		})
	}
	for _, text := range state.Warnings {
		title, rest := firstSentence(text)
		warnings = append(warnings, ui.Warning{Tone: ui.Warn, Title: title, Text: rest})
	}
	view.Warnings = append(warnings, view.Warnings...)
	view.Parts = s.serverParts(state)
	return nil
}

// serverParts are the providers and how they are.
func (s *Server) serverParts(state statusReply) []ui.ServerPart {
	database := "SQLite"
	if state.Database.Dialect == db.Postgres {
		database = "PostgreSQL"
	}
	parts := []ui.ServerPart{
		{Name: "Database", Value: database, State: ui.State{Tone: ui.OK, Word: "Answers"}, Detail: fmt.Sprintf("%s applied, %d waiting", ui.Plural(state.Database.Migrations, "migration", "migrations"), state.Database.Pending)},
		{Name: "Sign-in", Value: state.Providers.Auth, State: ui.State{Tone: ui.OK, Word: "On"}, Detail: registrationWords(s.accounts.Registration())},
		{Name: "Sync", Value: state.Sync.Provider, State: switchState(state.Sync)},
		{Name: "Storage", Value: state.Storage.Provider, State: switchState(state.Storage)},
	}
	if state.Database.Nodes > 1 {
		parts[0].Detail += fmt.Sprintf(", %d servers", state.Database.Nodes)
	}
	return parts
}

func switchState(s statusSwitch) ui.State {
	switch {
	case !s.Enabled:
		return ui.State{Icon: "minus", Word: "Off"}
	case !s.Built:
		return ui.State{Icon: "minus", Word: "Not built in yet"}
	}
	return ui.State{Tone: ui.OK, Word: "On"}
}

func registrationWords(mode string) string {
	switch mode {
	case "open":
		return "Anyone can make an account"
	case "disabled":
		return "No new accounts"
	}
	return "Accounts by invitation"
}

// uptime words a duration: "4 min", "7 h", "21 days".
func uptime(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// firstSentence splits a warning into a title and the rest.
func firstSentence(text string) (first, rest string) {
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '.' && text[i+1] == ' ' {
			return text[:i], text[i+2:]
		}
	}
	if n := len(text); n > 0 && text[n-1] == '.' {
		return text[:n-1], ""
	}
	return text, ""
}
