package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// pluginsPage is /admin/plugins: what is installed, and how it does here.
func (s *Server) pluginsPage(r *request) error {
	return s.showPlugins(r, fiber.StatusOK, ui.Form{ID: "package"}, false)
}

// showPlugins draws the page; upload is the form of a package that came back,
// force whether it may replace what is there.
func (s *Server) showPlugins(r *request, status int, upload ui.Form, force bool) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	view := ui.PluginsPage{
		Workspace: ui.WorkspaceRef{ID: shell.Workspace.ID, Name: shell.Workspace.Name}, SafeMode: s.plugins.SafeMode(), Server: r.readsDeployment(),
		CanInstall: r.managesPackages(), CanSwitch: r.active() != "" && r.Can(policies.PluginsManage, policies.Resource{}),
		Upload: ui.PluginUpload{Form: upload, URL: r.admin("/plugins/install"), Limit: fault.Limit(s.config.Plugins.MaxZip), Bytes: s.config.Plugins.MaxZip, Force: force},
	}
	if !view.CanInstall && !view.CanSwitch {
		if view.ReadOnly, err = r.readOnly(policies.PluginsManage, r.active()); err != nil {
			return err
		}
	}
	if err := s.fillPlugins(r, &view); err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

// managesPackages reports whether a person decides about packages of this server.
func (r *request) managesPackages() bool {
	return r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment())
}

// fillPlugins adds the list and its filter.
func (s *Server) fillPlugins(r *request, view *ui.PluginsPage) error {
	list, err := s.plugins.List(r.Ctx())
	if err != nil {
		return err
	}
	show := known(r.Query("show"), "needs", "on", "off", "uninstalled")
	view.Filtered = show != ""
	counts := map[string]int{}
	for i := range list {
		p := &list[i]
		if !s.maySeePlugin(r, p) {
			continue
		}
		row, err := s.pluginRow(r, p, view)
		if err != nil {
			return err
		}
		kinds := []string{""}
		switch {
		case p.State == plugins.StateUninstalled:
			kinds = append(kinds, "uninstalled")
			view.Gone++
		case row.Here.On:
			kinds = append(kinds, "on")
		default:
			kinds = append(kinds, "off")
		}
		if row.ToDo != nil {
			kinds = append(kinds, "needs")
		}
		for _, kind := range kinds {
			counts[kind]++
		}
		view.Total++
		if row.Theme && p.State != plugins.StateUninstalled {
			view.Themes++
		}
		if view.CanInstall && p.Waiting != nil && p.State != plugins.StateUninstalled {
			view.Waiting++
		}
		if slices.Contains(kinds, show) {
			view.Rows = append(view.Rows, row)
		}
	}
	for _, c := range []struct{ id, text string }{{"", "All"}, {"needs", "Need somebody"}, {"on", "On here"}, {"off", "Off here"}, {"uninstalled", "Uninstalled"}} {
		if (c.id == "on" || c.id == "off") && r.active() == "" || c.id == "uninstalled" && !view.Server {
			continue
		}
		address := r.admin("/plugins")
		if c.id != "" {
			address += "?show=" + c.id
		}
		view.Chips = append(view.Chips, ui.FilterChip{Text: c.text, Count: counts[c.id], URL: address, Current: c.id == show})
	}
	return nil
}

// maySeePlugin: who reads the server sees all; others what they can switch on in
// their own workspace.
func (s *Server) maySeePlugin(r *request, p *plugins.Plugin) bool {
	return r.readsDeployment() || p.Active != nil && p.State != plugins.StateUninstalled
}

func (s *Server) pluginRow(r *request, p *plugins.Plugin, view *ui.PluginsPage) (ui.PluginRow, error) {
	how, err := s.howPluginDoes(r, p)
	if err != nil {
		return ui.PluginRow{}, err
	}
	row := ui.PluginRow{ID: p.ID, Name: p.Name, Publisher: p.Publisher, Icon: s.pluginIcon(p.Icon), URL: r.pluginURL(p.ID, ""), State: how.state, StateNote: how.note, ToDo: how.todo,
		Off: p.State == plugins.StateUninstalled || p.State == plugins.StateStopped, Theme: p.Kind == manifest.Theme, Here: how.here}
	if !view.CanSwitch {
		row.Here.URL = ""
	}
	if v := p.Shown(); v != nil {
		row.Version, row.Signature, row.Risks = v.Version, ui.SignatureState(string(v.Signature.State)), risksOf(v)
	}
	if row.Theme {
		return row, nil
	}
	figures := s.pluginFigures(r, p.ID)
	row.Calls, row.Errors = figures.Calls, figures.Errors
	if figures.Calls > 0 {
		row.P95 = took(figures.P95)
	}
	return row, nil
}

// risksOf counts what a version may do, or asks for while nobody has agreed.
func risksOf(v *plugins.Version) ui.PluginRisks {
	var risks ui.PluginRisks
	for _, a := range v.Asks {
		if v.Granted != nil && !v.Has(a.Name) {
			continue
		}
		switch a.Risk {
		case "high":
			risks.High++
		case "medium":
			risks.Medium++
		default:
			risks.Low++
		}
	}
	return risks
}

// pluginURL is an address of the pages about one plugin.
func (r *request) pluginURL(id, below string) string { return r.admin("/plugins/" + id + below) }

// pluginIcon is the name of an icon that there is. Pictures of a package are not
// shown here: the console loads nothing of a plugin.
func (s *Server) pluginIcon(name string) string {
	if s.pages.HasIcon(name) {
		return name
	}
	return "blocks"
}
