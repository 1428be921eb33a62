package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// themeFile is the stylesheet of a theme, among the files of its package.
const themeFile = "theme.css"

// dress gives a page the colours and the logo of its workspace's theme. Pages
// without a workspace (signing in, errors) have the default ones, and so has
// everything in safe mode.
func (s *Server) dress(shell *ui.Shell, workspaceID string) {
	a, ok := s.plugins.ThemeIn(workspaceID)
	if workspaceID == "" || !ok {
		return
	}
	files := pluginFiles(&a)
	if a.Manifest.Theme.CSS() != "" {
		shell.ThemeURL = files + "/" + themeFile
	}
	if logo, ok := strings.CutPrefix(a.Manifest.Theme.Logo, "assets/"); ok {
		shell.LogoURL = files + "/" + logo
	}
}

// pluginFiles is where a plugin's files are asked for.
func pluginFiles(a *plugins.Active) string { return "/assets/plugins/" + a.ID + "/" + a.SHA256[:12] }

// themeStyles answers with the stylesheet of a theme, which is made of its
// manifest; no file of a package is ever a stylesheet of ours.
func (s *Server) themeStyles(id, sha12 string) (css string, ok bool) {
	text, ok := s.plugins.ThemeOf(id, sha12)
	if !ok {
		return "", false
	}
	return text.Theme.CSS(), true
}

// themesPage is /admin/themes: how this workspace looks, and could.
func (s *Server) themesPage(r *request) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "themes")
	if err != nil {
		return err
	}
	view := ui.ThemesPage{Workspace: shell.Workspace.Name, SafeMode: s.plugins.SafeMode()}
	if r.managesPackages() {
		view.InstallURL = r.admin("/plugins#install")
	}
	where := r.active()
	change := where != "" && r.Can(policies.PluginsManage, policies.Workspace(where))
	if !change {
		if view.ReadOnly, err = r.readOnly(policies.PluginsManage, where); err != nil {
			return err
		}
	}
	used, _ := s.plugins.ThemeIn(where)
	list, err := s.plugins.List(r.Ctx())
	if err != nil {
		return err
	}
	view.Rows = []ui.ThemeRow{ui.DefaultTheme(used.ID == "")}
	if change && used.ID != "" {
		view.Rows[0].UseURL = r.admin("/themes/" + where + "/default")
	}
	for i := range list {
		p := &list[i]
		if p.Kind != manifest.Theme || p.State == plugins.StateUninstalled || !s.maySeePlugin(r, p) {
			continue
		}
		v := p.Shown()
		about := v.Version
		if p.Publisher != "" {
			about += ", " + p.Publisher
		}
		row := ui.ThemeRowOf(p.ID, p.Name, about, p.Description, v.Manifest.Theme, p.ID == used.ID)
		row.URL = r.pluginURL(p.ID, "")
		switch {
		case p.Active == nil:
			row.Note = "Nobody has agreed to it yet."
			if r.managesPackages() {
				row.ConsentURL = r.pluginURL(p.ID, "/consent")
			}
		case p.State == plugins.StateStopped:
			row.Note = "It is stopped on this whole server."
		case change && !row.Used:
			row.UseURL = r.pluginURL(p.ID, "/workspaces/"+where+"/enable")
		}
		view.Rows = append(view.Rows, row)
	}
	return r.Page(fiber.StatusOK, shell, view)
}

// defaultThemeWithForm gives a workspace its default look back.
func (s *Server) defaultThemeWithForm(r *request, _ submitted[nothing]) error {
	w, err := s.workspaces.Get(r.Ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	if err := s.plugins.DefaultLook(r.Ctx(), r.Session(), w.ID); err != nil {
		return err
	}
	return r.done(r.admin("/themes"), w.Name+" has the default colours again.")
}
