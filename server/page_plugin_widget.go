package server

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// widgetPermission is what somebody needs to see the widgets of a plugin: they say
// nothing of their own.
func widgetPermission(m *manifest.Manifest) string {
	if m.Kind == manifest.AdminPlugin {
		return string(policies.AdminAccess)
	}
	return string(policies.WorkspaceRead)
}

func (p *pluginPlace) widgetOf(id string) (manifest.Widget, bool) { return widgetIn(&p.Active, id) }

func widgetIn(a *plugins.Active, id string) (manifest.Widget, bool) {
	if !a.Has("ui.widget") {
		return manifest.Widget{}, false
	}
	list := a.Manifest.Contributes.Widgets
	i := slices.IndexFunc(list, func(w manifest.Widget) bool { return w.ID == id })
	if i < 0 {
		return manifest.Widget{}, false
	}
	return list[i], true
}

// sizeOf reads a size; anything else is small.
func sizeOf(text string) string {
	if text == "medium" || text == "large" {
		return text
	}
	return "small"
}

// pluginWidget is one widget, for the frame that asks for it; without htmx it is a
// page of its own.
func (s *Server) pluginWidget(r *request) error {
	if s.plugins.SafeMode() {
		return s.showPluginFailure(r, &pluginPlace{admin: r.row.isAdmin(), widget: r.Param("widget")}, ui.PluginFailure{Text: safeModeWords}, fiber.StatusOK)
	}
	p, err := s.placeOf(r)
	if err != nil {
		return s.showPluginOff(r, err)
	}
	p.widget, p.size, p.query = r.Param("widget"), sizeOf(r.Query("size")), ""
	if _, ok := p.widgetOf(p.widget); !ok {
		return notFound()
	}
	if err := r.need(widgetPermission(p.Manifest)); err != nil {
		return err
	}
	return s.showPlugin(r, &p, showing{status: fiber.StatusOK, refused: -1})
}

// placedWidget is a widget of a dashboard with the plugin it comes from.
type placedWidget struct {
	arranged

	plugin plugins.Active
	widget manifest.Widget
}

// widgetsFor are the widgets of a workspace's dashboard that this person may see,
// in their order.
func (s *Server) widgetsFor(r *request, workspaceID string) ([]placedWidget, error) {
	if s.plugins.SafeMode() {
		return nil, nil
	}
	board, err := s.board(r.Ctx(), workspaceID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(board.shown, func(w placedWidget) bool {
		return !r.Can(policies.Permission(widgetPermission(w.plugin.Manifest)), policies.Workspace(workspaceID))
	}), nil
}

// widgetViews are the frames of widgets, to be filled once the page is there. In
// the console a plugin of the console is asked there.
func (s *Server) widgetViews(r *request, workspaceID string, list []placedWidget, admin bool) []ui.PluginWidget {
	var views []ui.PluginWidget
	for _, w := range list {
		p := pluginPlace{Active: w.plugin, base: "/w/" + workspaceID + "/x/" + w.plugin.ID, widget: w.widget.ID, size: w.Size}
		if admin && w.plugin.Manifest.Kind == manifest.AdminPlugin {
			p.base = r.admin("/x/" + w.plugin.ID)
		}
		view := ui.PluginWidget{
			ID: "widget-" + w.plugin.ID + "-" + w.widget.ID, Title: w.widget.Title, Plugin: w.plugin.Manifest.Name, Size: w.Size, Top: !admin,
			URL: p.widgetURL(), Refresh: w.widget.RefreshS, DevURL: p.devURL(),
		}
		if page, ok := p.declared(""); ok && r.Can(policies.Permission(page.Permission), policies.Workspace(workspaceID)) {
			view.More = p.base
			if page.Path != "" {
				view.More += "/" + page.Path
			}
		}
		views = append(views, view)
	}
	return views
}

// pluginNavID names a plugin's entry of the navigation.
func pluginNavID(plugin, page string) string { return "plugin-" + plugin + "-" + url.PathEscape(page) }

// pluginNav are the entries that the plugins of a workspace add to the navigation:
// of the console those of its own plugins, of the app all others, and of the
// console's plugins what they leave to who reads or writes. One that names no
// section stands under Plugins in the app, and in the console where plugins are
// managed.
func (s *Server) pluginNav(r *request, scope ui.Scope, current string, admin bool) ([]ui.NavGroup, error) {
	if s.plugins.SafeMode() || scope.WorkspaceID == "" {
		return nil, nil
	}
	list, err := s.plugins.EnabledIn(r.Ctx(), scope.WorkspaceID)
	if err != nil {
		return nil, err
	}
	unnamed := "Plugins"
	if admin {
		unnamed = ui.ExtendGroup
	}
	var groups []ui.NavGroup
	for _, a := range list {
		console := a.Manifest.Kind == manifest.AdminPlugin
		if admin && !console || !a.Has("ui.page") {
			continue
		}
		base := "/w/" + scope.WorkspaceID + "/x/" + a.ID
		if admin {
			base = r.admin("/x/" + a.ID)
		}
		for _, link := range navLinks(a.Manifest) {
			apart := link.Permission != string(policies.WorkspaceRead) && link.Permission != string(policies.WorkspaceWrite)
			if !admin && console && apart || !scope.May(link.Permission, false) {
				continue
			}
			item := ui.NavItem{ID: pluginNavID(a.ID, link.Path), Label: link.Title, Icon: s.navIcon(link.Icon, a.Manifest.Icon), URL: base}
			if link.Path != "" {
				item.URL += "/" + link.Path
			}
			item.Current = item.ID == current
			title := cmp.Or(link.Section, unnamed)
			i := slices.IndexFunc(groups, func(g ui.NavGroup) bool { return g.Title == title })
			if i < 0 {
				groups, i = append(groups, ui.NavGroup{Title: title}), len(groups)
			}
			groups[i].Items = append(groups[i].Items, item)
		}
	}
	return groups, nil
}

// navLinks are what a plugin wants in the navigation: its links, or its pages when
// it names none.
func navLinks(m *manifest.Manifest) []manifest.Link {
	if len(m.Contributes.Nav) > 0 {
		return m.Contributes.Nav
	}
	var links []manifest.Link
	for _, p := range m.Contributes.Pages {
		if len(links) < 20 {
			links = append(links, manifest.Link{Title: p.Title, Path: p.Path, Icon: p.Icon, Section: p.Section, Permission: p.Permission})
		}
	}
	return links
}

// navIcon is the first of the names that is an icon of ours.
func (s *Server) navIcon(names ...string) string {
	for _, name := range append(names, "plug", "puzzle", "blocks") {
		if s.pages.HasIcon(name) {
			return name
		}
	}
	return "layout-grid"
}

// framed reports whether a widget may have frames in it.
func framed(list []placedWidget) bool {
	return slices.ContainsFunc(list, func(w placedWidget) bool { return w.plugin.Has("ui.frame") })
}

// addPlugins adds to the app's navigation what plugins bring: the dashboard beside
// the app's own lists, where one has widgets, and their pages below. Who may not
// read the workspace gets none.
func (r *request) addPlugins(scope ui.Scope, current string, groups []ui.NavGroup) ([]ui.NavGroup, error) {
	if r.s.plugins.SafeMode() || !scope.May(string(policies.WorkspaceRead), false) {
		return groups, nil
	}
	pages, err := r.s.pluginNav(r, scope, current, false)
	if err != nil {
		return nil, err
	}
	list, err := r.s.plugins.EnabledIn(r.Ctx(), scope.WorkspaceID)
	if err != nil {
		return nil, err
	}
	if hasWidgets(list) {
		groups[0].Items = append(groups[0].Items, ui.NavItem{ID: "dashboard", Label: "Dashboard", Icon: "layout-grid", URL: dashboardPath(scope.WorkspaceID), Current: current == "dashboard"})
	}
	return ui.MergeNav(groups, pages), nil
}

// byPlugin tells which entries of the navigation are there for a plugin.
func byPlugin(item ui.NavItem) bool {
	return item.ID == "dashboard" || strings.HasPrefix(item.ID, "plugin-")
}

// lookOf is what plugins have made of a workspace's frame.
func lookOf(shell *ui.Shell) *ui.AppLook {
	look := &ui.AppLook{Theme: shell.ThemeURL, Logo: shell.LogoURL}
	for _, g := range shell.Nav {
		for _, item := range g.Items {
			if byPlugin(item) {
				look.Nav = append(look.Nav, ui.AppLookItem{Group: g.Title, ID: item.ID, Label: item.Label, Icon: item.Icon, URL: item.URL})
			}
		}
	}
	return look
}

// pluginCommands are the palette's entries for what plugins have in the navigation.
func pluginCommands(groups []ui.NavGroup) (commands []ui.Command) {
	for _, g := range groups {
		for _, item := range g.Items {
			if byPlugin(item) {
				commands = append(commands, ui.Command{ID: item.ID, Label: item.Label, Group: "Go to", Icon: item.Icon, URL: item.URL})
			}
		}
	}
	return commands
}
