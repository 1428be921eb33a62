package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// actDashboard is the audit action of arranging a dashboard.
const actDashboard = "workspace.dashboard_arranged"

func dashboardPath(workspaceID string) string { return "/w/" + workspaceID + "/dashboard" }

// dashboardPage is /w/:id/dashboard: the widgets of the workspace's plugins, or how
// they are arranged.
func (s *Server) dashboardPage(r *request) error {
	id := r.Param("id")
	manage := r.Can(policies.WorkspaceSettingsManage, policies.Workspace(id))
	if manage && r.Query("arrange") != "" && !s.plugins.SafeMode() {
		return s.showArrange(r, "", "", "")
	}
	shell, err := r.inside(ui.LayoutApp, id, "dashboard")
	if err != nil {
		return err
	}
	list, err := s.widgetsFor(r, id)
	if err != nil {
		return err
	}
	shell.Swaps, shell.Pane = true, ui.PaneRead
	if framed(list) {
		r.allowFrames()
	}
	view := ui.DashboardPage{Workspace: shell.Workspace.Name, Widgets: s.widgetViews(r, id, list, false), Empty: s.noWidgets(r, id)}
	if manage {
		view.ArrangeURL = dashboardPath(id) + "?arrange=on"
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// noWidgets says why a dashboard is empty, and what one can do about it.
func (s *Server) noWidgets(r *request, workspaceID string) ui.Empty {
	e := ui.Empty{Kind: ui.NothingYet, Icon: "layout-grid", Title: "No widgets yet", Text: "Plugins bring them: once one that has widgets is enabled here, they stand on this page."}
	if s.plugins.SafeMode() {
		e.Title, e.Text = "No widgets just now", safeModeWords
		return e
	}
	if list, err := s.plugins.EnabledIn(r.Ctx(), workspaceID); err == nil && hasWidgets(list) {
		e.Title, e.Text = "Nothing is on the dashboard", "The plugins of this workspace have widgets, and an owner has taken them off."
		if r.Can(policies.WorkspaceSettingsManage, policies.Workspace(workspaceID)) {
			e.Text = "The plugins of this workspace have widgets, and none of them is on it."
			e.Actions = []ui.Action{{Label: "Arrange the dashboard", URL: dashboardPath(workspaceID) + "?arrange=on"}}
		}
		return e
	}
	if r.mayManagePlugins() {
		e.Actions = []ui.Action{{Label: "To the plugins", URL: r.admin("/plugins")}}
	}
	return e
}

// showArrange draws how the dashboard is arranged; said, do and key are what was
// just done to which widget.
func (s *Server) showArrange(r *request, said, do, key string) error {
	id := r.Param("id")
	b, err := s.board(r.Ctx(), id)
	if err != nil {
		return err
	}
	view := ui.ArrangePage{URL: dashboardPath(id), Done: dashboardPath(id), Said: said, Default: !b.stored, Empty: s.noWidgets(r, id)}
	row := func(w placedWidget) ui.ArrangeRow {
		focus := ""
		if w.key() == key {
			focus = do
		}
		return ui.ArrangeRow{ID: "arrange-" + w.Plugin + "-" + w.Widget, Key: w.key(), Title: w.widget.Title, Plugin: w.plugin.Manifest.Name, Sizes: ui.ArrangeSizes(w.Size), Focus: focus}
	}
	for i, w := range b.shown {
		one := row(w)
		one.First, one.Last = i == 0, i == len(b.shown)-1
		view.Rows = append(view.Rows, one)
	}
	for _, w := range b.missing {
		view.Others = append(view.Others, row(w))
	}
	if len(view.Rows) == 0 && len(view.Others) > 0 {
		view.Empty = ui.Empty{Kind: ui.NothingYet, Icon: "layout-grid", Title: "Nothing is on the dashboard", Text: "Add a widget below."}
	}
	if r.Partial() {
		return r.Fragment(fiber.StatusOK, "app/arrange#part", view)
	}
	shell, err := r.inside(ui.LayoutApp, id, "dashboard")
	if err != nil {
		return err
	}
	view.Workspace = shell.Workspace.Name
	shell.Swaps, shell.Pane = true, ui.PaneRead
	return r.Page(fiber.StatusOK, shell, view)
}

// arrangeForm is one press of a button, or the place a widget was dragged to.
type arrangeForm struct {
	Do     string `form:"do" validate:"required,max=10"`
	Widget string `form:"widget" validate:"max=200"`
	To     string `form:"to" validate:"max=3"`
}

// arrange changes the dashboard for everybody in the workspace.
func (s *Server) arrange(r *request, f submitted[arrangeForm]) error {
	if !f.OK() {
		return fault.New(fault.Invalid, "The form does not say what is to be done.")
	}
	id := r.Param("id")
	said, err := s.changeBoard(r, id, f.Values)
	if fault.Is(err, fault.Conflict) && !r.Partial() {
		if err := r.Say(ui.Notice{Tone: ui.Warn, Role: "status", Text: err.Error()}); err != nil {
			return err
		}
		return r.Redirect(dashboardPath(id) + "?arrange=on")
	}
	if fault.Is(err, fault.Conflict) {
		said, err = err.Error(), nil
	}
	if err != nil {
		return err
	}
	if r.Partial() {
		return s.showArrange(r, said, f.Values.Do, f.Values.Widget)
	}
	return r.done(dashboardPath(id)+"?arrange=on", said)
}

func (s *Server) changeBoard(r *request, id string, f arrangeForm) (string, error) {
	s.boards.Lock() // two presses at once do not lose one
	defer s.boards.Unlock()
	b, err := s.board(r.Ctx(), id)
	if err != nil {
		return "", err
	}
	b.stored = true
	var said string
	if f.Do == "move" {
		to, err := strconv.Atoi(f.To)
		if err != nil {
			return "", fault.Field("to", "has to be a whole number")
		}
		if said, err = b.move(f.Widget, to); err != nil {
			return "", err
		}
	} else if said, err = b.change(f.Do, f.Widget); err != nil {
		return "", err
	}
	if err := s.saveBoard(r.Ctx(), id, b); err != nil {
		return "", err
	}
	return said, s.audit.Record(r.Ctx(), audit.Entry{Action: actDashboard, WorkspaceID: id, TargetKind: "workspace", TargetID: id, Details: map[string]string{"widget": f.Widget, "do": f.Do}})
}
