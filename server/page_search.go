package server

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// found bounds how many results a group shows.
const foundPerGroup = 6

// searchPage is /search?q=…: people, threads and what one can do, and nothing
// the person may not. The palette asks it for what the server alone knows; the
// browser has the commands already.
func (s *Server) searchPage(r *request) error {
	began := time.Now()
	query := strings.TrimSpace(cut(r.Query("q"), 200))
	results := ui.PaletteResults{Query: query}
	if err := s.findPeople(r, &results); err != nil {
		return err
	}
	if err := s.findThreads(r, &results); err != nil {
		return err
	}
	if r.Partial() {
		return r.Fragment(fiber.StatusOK, "partials/palette", results)
	}
	shell, err := r.inside(ui.LayoutApp, r.active(), "")
	if err != nil {
		return err
	}
	findCommands(shell.Commands, &results)
	results.Took = fmt.Sprintf("%d ms", max(1, time.Since(began).Milliseconds()))
	return r.Page(fiber.StatusOK, shell, ui.SearchPage{Form: ui.Form{Values: map[string]string{"q": query}}, Results: results})
}

// findPeople adds members of the active workspace, and what can be done about
// them, for those who read the admin pages.
func (s *Server) findPeople(r *request, results *ui.PaletteResults) error {
	if results.Query == "" || !r.Can(policies.AdminAccess, policies.Resource{}) {
		return nil
	}
	list, _, err := s.workspaces.Members(r.Ctx(), r.active(), workspace.MemberQuery{Search: results.Query, Sort: "name", Page: 1, PerPage: foundPerGroup})
	if err != nil || len(list) == 0 {
		return err
	}
	people, actions := ui.PaletteGroup{Name: "People"}, ui.PaletteGroup{Name: "Actions"}
	for i, m := range list {
		find := "?q=" + url.QueryEscape(m.Email)
		people.Items = append(people.Items, ui.PaletteItem{Label: m.DisplayName, Note: ui.RoleName(string(m.Role)) + ", " + m.Email, Icon: "user", URL: r.admin("/members" + find)})
		if i > 1 {
			continue
		}
		if r.Can(policies.UsersManage, policies.Resource{}) {
			actions.Items = append(actions.Items, ui.PaletteItem{Label: "Change the role of " + m.DisplayName, Note: "Members", Icon: "user-cog", URL: r.admin("/members" + find)})
		}
		actions.Items = append(actions.Items, ui.PaletteItem{Label: "What can " + m.DisplayName + " do, and why?", Note: "Access", Icon: "key-round", URL: r.admin("/access?person=" + url.QueryEscape(m.UserID))})
	}
	results.Groups = append(results.Groups, people, actions)
	return nil
}

// findThreads adds threads of the active workspace by their titles.
func (s *Server) findThreads(r *request, results *ui.PaletteResults) error {
	if results.Query == "" || !r.Can(policies.WorkspaceRead, policies.Resource{}) {
		return nil
	}
	page, err := s.engine.Threads(r.Ctx(), engine.ThreadQuery{WorkspaceID: r.active(), Search: results.Query, Limit: foundPerGroup})
	if err != nil || len(page.Threads) == 0 {
		return err
	}
	group := ui.PaletteGroup{Name: "Threads"}
	for _, t := range page.Threads {
		group.Items = append(group.Items, ui.PaletteItem{Label: titleOf(t), Note: ui.Preview(r.previewOf(t), 60), Icon: "messages-square", URL: "/w/" + r.active() + "/t/" + ui.PathID(t.ID)})
	}
	results.Groups = append(results.Groups, group)
	return nil
}

// findCommands adds pages and acts of the registry that have an address.
func findCommands(commands []ui.Command, results *ui.PaletteResults) {
	query := strings.ToLower(results.Query)
	at := map[string]int{}
	for i, g := range results.Groups {
		at[g.Name] = i
	}
	for _, c := range commands {
		if c.URL == "" || c.SheetOnly || !strings.Contains(strings.ToLower(c.Label+" "+c.Note), query) {
			continue
		}
		i, ok := at[c.Group]
		if !ok {
			i, at[c.Group] = len(results.Groups), len(results.Groups)
			results.Groups = append(results.Groups, ui.PaletteGroup{Name: c.Group})
		}
		results.Groups[i].Items = append(results.Groups[i].Items, ui.PaletteItem{Label: c.Label, Note: c.Note, Icon: c.Icon, URL: c.URL})
	}
}
