package server

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// pluginPlace is where a request meets a plugin: which one, in which workspace,
// in the console or in the app, and on which of its pages.
type pluginPlace struct {
	plugins.Active

	workspace host.Workspace
	admin     bool
	base      string // the plugin's route
	page      string // the path below it
	query     string
	widget    string // its id, where the request is about a widget
	size      string
}

// placeOf finds the plugin that a request is about: not found where it does not
// run, or has nothing here.
func (s *Server) placeOf(r *request) (pluginPlace, error) {
	p := pluginPlace{admin: r.row.isAdmin(), query: string(r.c.Request().URI().QueryString())}
	p.workspace.ID = r.decision.WorkspaceID
	list, err := s.plugins.EnabledIn(r.Ctx(), p.workspace.ID)
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(list, func(a plugins.Active) bool { return a.ID == r.Param("plugin") })
	if i < 0 || p.admin && list[i].Manifest.Kind != manifest.AdminPlugin {
		return p, notFound()
	}
	p.Active = list[i]
	p.base = r.pluginBase(p.ID, p.workspace.ID)
	w, err := s.workspaces.Get(r.Ctx(), p.workspace.ID)
	p.workspace.Name = w.Name
	return p, err
}

// pluginBase is a plugin's route where the request is: in the console or the app.
func (r *request) pluginBase(id, workspaceID string) string {
	if r.row.isAdmin() {
		return r.admin("/x/" + id)
	}
	return "/w/" + workspaceID + "/x/" + id
}

// pagePath is the path of a plugin's page as the address has it.
func pagePath(escaped string) (string, error) {
	path, err := url.PathUnescape(escaped)
	if err != nil || len(path) > 200 || !clean(path) || strings.HasPrefix(path, "-") || strings.HasSuffix(path, "/") {
		return "", notFound()
	}
	return path, nil
}

// declared is the page of the manifest that a path belongs to: the page itself, or
// the nearest above it.
func (p *pluginPlace) declared(path string) (found manifest.Page, ok bool) {
	if !p.Has("ui.page") {
		return found, false
	}
	for _, page := range p.Manifest.Contributes.Pages {
		if page.Path != "" && page.Path != path && !strings.HasPrefix(path, page.Path+"/") {
			continue
		}
		if !ok || len(page.Path) > len(found.Path) {
			found, ok = page, true
		}
	}
	return found, ok
}

// need asks for a permission in the workspace that the request is about, beside
// the route's own.
func (r *request) need(permission string) error {
	d := r.s.gate.Can(r.ctx, r.session, policies.Permission(permission), policies.Workspace(r.decision.WorkspaceID))
	r.decision = d
	if d.Allowed {
		return nil
	}
	return r.refuse(d)
}

// mayManagePlugins says who sees what a plugin's owner sees.
func (r *request) mayManagePlugins() bool {
	return r.Can(policies.PluginsManage, policies.TheDeployment())
}

// call is on whose behalf the plugin is called.
func (r *request) pluginCall(p *pluginPlace) plugins.Call {
	return plugins.Call{
		Plugin: p.ID, Workspace: p.workspace, Session: r.session, RequestID: r.id,
		Actor: host.Actor{ID: r.session.UserID, Role: string(r.decision.Role), Locale: r.session.Locale, TimeZone: r.session.TimeZone},
	}
}

// pluginPage is /admin/x/:plugin/* and /w/:id/x/:plugin/*.
func (s *Server) pluginPage(r *request) error { return s.openPluginPage(r, nil) }

// openPluginPage shows the page of the address; form is what was sent to it.
func (s *Server) openPluginPage(r *request, form *pluginForm) error {
	if s.plugins.SafeMode() {
		return s.showPluginFailure(r, &pluginPlace{admin: r.row.isAdmin()}, ui.PluginFailure{Text: safeModeWords}, fiber.StatusInternalServerError)
	}
	p, err := s.placeOf(r)
	if err != nil {
		return s.showPluginOff(r, err)
	}
	if p.page, err = pagePath(r.Param("*")); err != nil {
		return err
	}
	page, ok := p.declared(p.page)
	if !ok {
		return notFound()
	}
	if err := r.need(page.Permission); err != nil {
		return err
	}
	if form != nil {
		return s.sendToPage(r, &p, form)
	}
	return s.showPlugin(r, &p, showing{status: fiber.StatusOK, refused: -1})
}

const safeModeWords = "This server runs in safe mode: no plugin runs until it is started without it."

// showing is how a page or a widget is drawn: what an action answered, or what has
// to be changed in a form of it.
type showing struct {
	status  int
	answer  *host.Answer // nil asks the plugin
	refused int          // the number of the form; -1 for none
	values  map[string]string
	errors  map[string]string
	flash   *ui.Notice
	form    map[string]any // what was sent to the page itself
}

// showPlugin draws the page, or the widget, that the place is about.
func (s *Server) showPlugin(r *request, p *pluginPlace, how showing) error {
	answer := how.answer
	if answer == nil {
		got, err := s.askPlugin(r, p, how.form)
		if err != nil {
			failure, status, err := s.pluginFailure(r, p, err)
			if err != nil {
				return err
			}
			return s.showPluginFailure(r, p, failure, status)
		}
		answer = &got
	}
	if answer.Error != nil {
		return s.showPluginError(r, p, answer.Error)
	}
	if answer.Redirect != "" {
		return s.followPlugin(r, p, answer)
	}
	at, err := s.blockPlace(r, p, answer.Blocks)
	if err != nil {
		return err
	}
	at.Refused, at.Values, at.Errors = how.refused, how.values, how.errors
	view := s.pluginView(p, answer.Title)
	view.Blocks, view.Flash = ui.Blocks(answer.Blocks, at), cmp.Or(how.flash, noticeOf(answer.Flash))
	return s.sendPlugin(r, p, view, how.status)
}

// askPlugin asks the plugin for the page or the widget.
func (s *Server) askPlugin(r *request, p *pluginPlace, form map[string]any) (host.Answer, error) {
	if p.widget != "" {
		return s.plugins.Widget(r.Ctx(), r.pluginCall(p), host.WidgetInput{ID: p.widget, Size: p.size})
	}
	return s.plugins.Page(r.Ctx(), r.pluginCall(p), host.PageInput{Path: p.page, Query: queryMap(p.query), Form: form})
}

// followPlugin leads where an answer says: to a page of the plugin, or of this server.
func (s *Server) followPlugin(r *request, p *pluginPlace, a *host.Answer) error {
	if n := noticeOf(a.Flash); n != nil {
		if err := r.Say(*n); err != nil {
			return err
		}
	}
	to := p.address(a.Redirect)
	if r.c.Method() == fiber.MethodGet && to == r.returnTo() {
		return s.showPluginFailure(r, p, ui.PluginFailure{Text: p.Manifest.Name + " leads from this page to itself."}, fiber.StatusInternalServerError)
	}
	return r.Redirect(to)
}

// here is the page's own address, with its query.
func (p *pluginPlace) here() string {
	here := p.path()
	if p.query != "" {
		here += "?" + p.query
	}
	return here
}

// path is the page's own address, without its query. The page's path is in plain: what
// it holds of an address's own signs stays a part of it.
func (p *pluginPlace) path() string {
	if p.page == "" {
		return p.base
	}
	return ui.Below(p.base, p.page)
}

// again is where the page, or the widget, is asked for once more.
func (p *pluginPlace) again() string {
	if p.widget != "" {
		return p.widgetURL()
	}
	return p.here()
}

// address is where a link of the plugin's leads on this server.
func (p *pluginPlace) address(to string) string {
	switch {
	case to == "" || host.CheckLink(to) != nil || strings.HasPrefix(strings.ToLower(to), "https:"):
		return p.base
	case to[0] == '/':
		return to
	case to[0] == '?' || to[0] == '#':
		return p.path() + to
	}
	return p.base + "/" + to
}

// pluginView is the page around what the plugin answered.
func (s *Server) pluginView(p *pluginPlace, title string) ui.PluginPage {
	view := ui.PluginPage{Admin: p.admin, Title: title, ID: p.ID, Plugin: "A plugin"}
	if p.Manifest == nil {
		view.Title = "Plugins are off"
		return view
	}
	view.Plugin, view.DevURL = p.Manifest.Name, p.devURL()
	if page, ok := p.declared(p.page); ok && p.widget == "" {
		view.Title = cmp.Or(view.Title, page.Title)
	}
	for _, w := range p.Manifest.Contributes.Widgets {
		if w.ID == p.widget {
			view.Title = cmp.Or(view.Title, w.Title)
		}
	}
	view.Title = cmp.Or(view.Title, p.Manifest.Name)
	return view
}

// sendPlugin answers htmx with the plugin's part of the page, everybody else with
// the page.
func (s *Server) sendPlugin(r *request, p *pluginPlace, view ui.PluginPage, status int) error {
	if r.Partial() {
		if p.widget == "" {
			return r.Fragment(status, "partials/plugin", view)
		}
		block := "partials/widget#view" // an action swaps what is inside of the body
		if r.c.Method() == fiber.MethodGet {
			block = "partials/widget#body"
		}
		return r.Fragment(status, block, ui.PluginWidget{Plugin: view.Plugin, Flash: view.Flash, Blocks: view.Blocks, Failed: view.Failed})
	}
	layout, current := ui.LayoutApp, pluginNavID(p.ID, p.page)
	if p.admin {
		layout = ui.LayoutAdmin
	}
	shell, err := r.inside(layout, r.decision.WorkspaceID, current)
	if err != nil {
		return err
	}
	shell.Pane = ui.PaneRead
	shell.Title = view.Title
	if view.Flash != nil {
		shell.Flash, view.Flash = view.Flash, nil
	}
	shell.Swaps = true
	if p.ID != "" && p.Has("ui.frame") {
		r.allowFrames()
	}
	return r.Page(status, shell, view)
}

// noticeOf is a plugin's flash as the server shows it.
func noticeOf(f *host.Flash) *ui.Notice {
	if f == nil {
		return nil
	}
	tone := map[string]ui.Tone{"warn": ui.Warn, "error": ui.Danger}[f.Kind]
	if tone == "" {
		tone = ui.OK
	}
	return &ui.Notice{Tone: tone, Role: "status", Text: f.Text}
}
