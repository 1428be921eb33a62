package server

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// listedPlaces is how many workspaces a plugin's page names.
const listedPlaces = 25

// seenPlugin gives the plugin in the path to whoever may see it.
func (s *Server) seenPlugin(r *request) (plugins.Plugin, error) {
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err == nil && !s.maySeePlugin(r, &p) {
		err = notFound()
	}
	return p, err
}

// pluginHead is the top of a page about one plugin; current is its tab.
func (s *Server) pluginHead(r *request, p *plugins.Plugin, shell ui.Shell, current string) (ui.PluginHead, howItDoes, error) {
	how, err := s.howPluginDoes(r, p)
	if err != nil {
		return ui.PluginHead{}, how, err
	}
	head := ui.PluginHead{ID: p.ID, Name: p.Name, Icon: s.pluginIcon(p.Icon), State: how.state, Theme: p.Kind == manifest.Theme, Workspace: shell.Workspace.Name}
	if v := p.Shown(); v != nil {
		head.About = v.Version
		settings := v.Manifest.Settings != nil && p.Active != nil && p.State != plugins.StateUninstalled && r.Can(policies.AdminAccess, policies.Resource{})
		head.Tabs = ui.PluginTabs(r.pluginURL(p.ID, ""), current, settings)
	}
	if p.Publisher != "" {
		head.About += ", " + p.Publisher
	}
	if !r.managesPackages() && !r.Can(policies.PluginsManage, policies.Resource{}) {
		if head.ReadOnly, err = r.readOnly(policies.PluginsManage, r.active()); err != nil {
			return head, how, err
		}
	}
	return head, how, nil
}

// pluginOverviewPage is /admin/plugins/ID.
func (s *Server) pluginOverviewPage(r *request) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	head, how, err := s.pluginHead(r, &p, shell, "")
	if err != nil {
		return err
	}
	view := ui.PluginOverviewPage{PluginHead: head, Description: p.Description, Server: r.readsDeployment(), Facts: s.pluginFacts(r, &p), Versions: s.pluginVersions(r, &p)}
	view.Notices = s.pluginNotices(r, &p, how)
	view.Figures, view.FiguresNote = s.figuresOf(r, &p)
	if p.Active != nil {
		for _, c := range p.Active.Manifest.Capabilities {
			if p.Active.Has(c.Name) {
				view.Grants = append(view.Grants, askOf(c))
			}
		}
		byRisk(view.Grants)
	}
	if r.active() != "" && p.Active != nil && p.State != plugins.StateUninstalled {
		view.Here = s.pluginHere(r, &p, shell.Workspace.Name, how)
	}
	if view.Server && p.State != plugins.StateUninstalled {
		if view.Places, err = s.pluginPlaces(r, &p); err != nil {
			return err
		}
	}
	if r.managesPackages() {
		offerPackageActs(r, &p, &view)
	} else {
		view.Server = false
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// offerPackageActs adds what can be done to the package as a whole.
func offerPackageActs(r *request, p *plugins.Plugin, view *ui.PluginOverviewPage) {
	if p.Active != nil && p.Kind != manifest.Theme {
		view.ExportURL = r.pluginURL(p.ID, "/export")
	}
	if p.State == plugins.StateUninstalled {
		view.BringURL, view.PurgeURL, view.PurgeAt = r.pluginURL(p.ID, "/reinstate"), r.pluginURL(p.ID, "/purge"), r.clock().At(p.PurgeAt)
		return
	}
	view.UpdateURL, view.RemoveURL = r.admin("/plugins#install"), r.pluginURL(p.ID, "/uninstall")
	switch p.State {
	case plugins.StateStopped:
		view.StartURL = r.pluginURL(p.ID, "/start")
	case plugins.StateActive, plugins.StateFailing:
		view.StopURL = r.pluginURL(p.ID, "/stop")
	}
}

// pluginNotices are what stands on top because somebody has to look at it.
func (s *Server) pluginNotices(r *request, p *plugins.Plugin, how howItDoes) []ui.Notice {
	var out []ui.Notice
	if s.plugins.SafeMode() {
		out = append(out, ui.Notice{Tone: ui.Warn, Text: "The server runs in safe mode: no plugin runs."})
	}
	if p.State == plugins.StateUninstalled {
		return out
	}
	if p.Waiting != nil && r.readsDeployment() {
		text := "Version " + p.Waiting.Version + " waits for an answer."
		if p.Active == nil {
			text = "Nobody has agreed yet to what it asks for. Nothing of it runs."
		}
		out = append(out, ui.Notice{Tone: ui.Info, Icon: "circle-arrow-up", Text: text, Link: &ui.Action{Label: "See what it asks for", URL: r.pluginURL(p.ID, "/consent")}})
	}
	if p.State == plugins.StateFailing {
		out = append(out, ui.Notice{Tone: ui.Danger, Text: strings.TrimSuffix("It cannot be loaded: "+s.errorFor(r, p), ": ")})
	} else if how.health.Quarantined || slices.Contains(p.Quarantined, r.active()) {
		text := "It failed too often here and was stopped."
		if e := s.errorFor(r, p); e != "" {
			text += " The last error: " + e
		}
		if stillDecides(p) {
			text += " It still has its say in what people may do here, until it is disabled."
		}
		out = append(out, ui.Notice{Tone: ui.Danger, Icon: "octagon-x", Text: text, Link: &ui.Action{Label: "See its calls", URL: r.pluginURL(p.ID, "/calls?end=bad")}})
	}
	return out
}

// errorFor is a plugin's last error, for who reads the server: it may be of
// another workspace.
func (s *Server) errorFor(r *request, p *plugins.Plugin) string {
	if r.readsDeployment() {
		return p.LastError
	}
	return ""
}

// pluginHere is the plugin in the active workspace.
func (s *Server) pluginHere(r *request, p *plugins.Plugin, name string, how howItDoes) *ui.PluginPlace {
	place := s.pluginPlace(r, p, r.active(), name, how.here)
	switch {
	case p.State == plugins.StateStopped && how.here.On:
		place.Note = "It is switched on here, and stopped everywhere: it runs again when somebody starts it."
	case place.ReleaseURL != "":
		place.Note = "Read its log and its calls before you let it run again."
	case how.here.URL == "" && !how.here.On:
		place.Note = "Owners of " + name + " can switch it on."
	}
	if how.here.On && p.State == plugins.StateActive && !s.plugins.SafeMode() {
		place.Leads = pluginLeads(r, p)
	}
	return &place
}

// pluginLeads are the ways to where a plugin is seen in the active workspace: its
// own pages, or those where a theme is chosen.
func pluginLeads(r *request, p *plugins.Plugin) []ui.Action {
	if p.Kind == manifest.Theme {
		return []ui.Action{{Label: "Themes", URL: r.admin("/themes")}}
	}
	if !p.Active.Has("ui.page") {
		return nil
	}
	base := "/w/" + r.active() + "/x/" + p.ID
	if p.Kind == manifest.AdminPlugin {
		base = r.admin("/x/" + p.ID)
	}
	var leads []ui.Action
	for _, link := range navLinks(p.Active.Manifest) {
		if !r.Can(policies.Permission(link.Permission), policies.Workspace(r.active())) {
			continue
		}
		address := base
		if link.Path != "" {
			address += "/" + link.Path
		}
		leads = append(leads, ui.Action{Label: link.Title, URL: address})
	}
	return leads
}

// pluginPlace is the plugin in one workspace.
func (s *Server) pluginPlace(r *request, p *plugins.Plugin, id, name string, sw ui.PluginSwitch) ui.PluginPlace {
	place := ui.PluginPlace{ID: id, Name: name, Switch: sw}
	health := s.plugins.Health(p.ID, id)
	switch {
	case health.Quarantined || slices.Contains(p.Quarantined, id):
		place.State = ui.State{Tone: ui.Danger, Icon: "octagon-x", Word: "Quarantined"}
	case health.Paused:
		place.State, place.Note = ui.State{Tone: ui.Warn, Icon: "circle-pause", Word: "Paused"}, "It is "+triedAgain(health.Until.Sub(r.Now()))+"."
	default:
		return place
	}
	if r.Can(policies.PluginsManage, policies.Workspace(id)) {
		place.ReleaseURL = r.pluginURL(p.ID, "/workspaces/"+id+"/release")
	}
	return place
}

// pluginPlaces are the workspaces it is switched on in, those with trouble first.
func (s *Server) pluginPlaces(r *request, p *plugins.Plugin) (*ui.PluginPlaces, error) {
	ids, err := s.plugins.Workspaces(r.Ctx(), p.ID)
	if err != nil {
		return nil, err
	}
	out := &ui.PluginPlaces{More: max(0, len(ids)-listedPlaces)}
	slices.SortStableFunc(ids, func(a, b string) int {
		return boolRank(slices.Contains(p.Quarantined, b)) - boolRank(slices.Contains(p.Quarantined, a))
	})
	for _, id := range ids[:min(len(ids), listedPlaces)] {
		w, err := s.workspaces.Get(r.Ctx(), id)
		if fault.Is(err, fault.NotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, s.pluginPlace(r, p, id, w.Name, s.pluginSwitch(r, p, id, true)))
	}
	return out, nil
}

func boolRank(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// figuresOf are the numbers of its calls, and what they cover.
func (s *Server) figuresOf(r *request, p *plugins.Plugin) ([]ui.Figure, string) {
	f := s.pluginFigures(r, p.ID)
	figures := []ui.Figure{{Name: "Calls", Value: ui.Number(f.Calls), URL: r.pluginURL(p.ID, "/calls")}, {Name: "Errors", Value: ui.Number(f.Errors)}}
	if f.Errors > 0 {
		figures[1].URL = r.pluginURL(p.ID, "/calls?end=bad")
	}
	if f.Calls > 0 {
		figures = append(figures, ui.Figure{Name: "Half take less than", Value: took(f.P50)}, ui.Figure{Name: "95 of 100 take less than", Value: took(f.P95)})
	}
	if r.readsDeployment() {
		return figures, "The last calls on this server, in all workspaces."
	}
	return figures, "The last calls in this workspace."
}

// pluginVersions are those that are kept, the newest first.
func (s *Server) pluginVersions(r *request, p *plugins.Plugin) []ui.PluginVersion {
	var out []ui.PluginVersion
	add := func(v *plugins.Version, state ui.State) *ui.PluginVersion {
		out = append(out, ui.PluginVersion{Version: v.Version, SHA256: v.SHA256, Size: v.Size, At: r.clock().At(v.AddedAt), By: s.personName(r, v.AddedBy), State: state, Signature: ui.SignatureState(string(v.Signature.State))})
		return &out[len(out)-1]
	}
	if p.Waiting != nil && r.readsDeployment() && p.State != plugins.StateUninstalled {
		add(p.Waiting, ui.State{Tone: ui.Info, Icon: "circle-arrow-up", Word: "Waits for consent"}).ConsentURL = r.pluginURL(p.ID, "/consent")
	}
	if p.Active != nil {
		add(p.Active, ui.State{Tone: ui.OK, Word: "In use"})
	}
	for i := range p.Earlier {
		if !r.readsDeployment() {
			break // packages are the server's
		}
		v := add(&p.Earlier[i], ui.State{Icon: "history", Word: "Kept"})
		if r.managesPackages() && p.State != plugins.StateUninstalled {
			v.RollbackURL = r.pluginURL(p.ID, "/rollback?version="+v.SHA256)
			v.Back = versionWords(p, &p.Earlier[i])
		}
	}
	return out
}

// pluginFacts are what the package says of itself.
func (s *Server) pluginFacts(r *request, p *plugins.Plugin) []ui.PluginFact {
	v := p.Shown()
	if v == nil {
		return nil
	}
	m := v.Manifest
	var facts []ui.PluginFact
	if p.Description != "" {
		facts = append(facts, ui.PluginFact{Name: "About", Text: p.Description})
	}
	facts = append(facts, ui.PluginFact{Name: "Id", Code: p.ID}, ui.PluginFact{Name: "Kind", Text: kindWords(p.Kind)})
	if m.Publisher.Name != "" {
		facts = append(facts, ui.PluginFact{Name: "Publisher", Text: m.Publisher.Name, URL: m.Publisher.URL})
	}
	if m.Homepage != "" {
		facts = append(facts, ui.PluginFact{Name: "Homepage", Text: m.Homepage, URL: m.Homepage})
	}
	if m.License != "" {
		facts = append(facts, ui.PluginFact{Name: "License", Text: m.License})
	}
	facts = append(facts, ui.PluginFact{Name: "Signature", Text: ui.SignatureState(string(v.Signature.State)).Word, Code: v.Signature.Fingerprint},
		ui.PluginFact{Name: "Package", Text: ui.Binary(v.Size) + ", sha256", Code: v.SHA256})
	if b := budgetOf(m); b != "" {
		facts = append(facts, ui.PluginFact{Name: "Budget", Text: b})
	}
	return append(facts, ui.PluginFact{Name: "Installed", At: r.clock().At(p.InstalledAt)})
}

func kindWords(k manifest.Kind) string {
	switch k {
	case manifest.AdminPlugin:
		return "Adds to these admin pages, and to the app"
	case manifest.Theme:
		return "Changes colours and logo"
	}
	return "Adds to the app"
}
