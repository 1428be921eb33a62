package server

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// back is the page about the plugin in the path, or the list, whichever the form
// was on.
func (r *request) backToPlugin() string {
	others := []string{r.admin("/plugins"), r.admin("/themes")}
	if u, err := url.Parse(r.Header(fiber.HeaderReferer)); err == nil && strings.Contains(u.Path+"/", "/x/"+r.Param("plugin")+"/") {
		others = append(others, u.Path) // a page of the plugin's own, which said that it does not run
	}
	return r.cameFrom(r.pluginURL(r.Param("plugin"), ""), others...)
}

// changePlugin does one act to the plugin in the path and goes back.
func (s *Server) changePlugin(r *request, act func(ctx context.Context, by *policies.Session, id string) error, said func(p *plugins.Plugin) string) error {
	id := r.Param("plugin")
	p, err := s.plugins.Get(r.Ctx(), id)
	if err != nil {
		return err
	}
	if err := act(r.Ctx(), r.Session(), id); err != nil {
		return r.cannotChange(r.backToPlugin(), err)
	}
	return r.done(r.backToPlugin(), said(&p))
}

// cannotChange says on the page it came from what a rule stands against.
func (r *request) cannotChange(path string, err error) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	if err := r.Say(ui.Notice{Tone: ui.Danger, Role: "alert", Text: publicError(err).Message}); err != nil {
		return err
	}
	return r.Redirect(path)
}

// inWorkspace does an act to the plugin in one workspace.
func (s *Server) inWorkspace(r *request, act func(ctx context.Context, by *policies.Session, id, workspaceID string) error, said string) error {
	w, err := s.workspaces.Get(r.Ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	return s.changePlugin(r, func(ctx context.Context, by *policies.Session, id string) error { return act(ctx, by, id, w.ID) },
		func(p *plugins.Plugin) string { return p.Name + said + w.Name + "." })
}

func (s *Server) enablePluginWithForm(r *request, _ submitted[nothing]) error {
	return s.inWorkspace(r, s.plugins.Enable, " is on in ")
}

func (s *Server) disablePluginWithForm(r *request, _ submitted[nothing]) error {
	return s.inWorkspace(r, s.plugins.Disable, " is off in ")
}

func (s *Server) releasePluginWithForm(r *request, _ submitted[nothing]) error {
	return s.inWorkspace(r, s.plugins.Release, " runs again in ")
}

// startPluginWithForm ends a stop.
func (s *Server) startPluginWithForm(r *request, _ submitted[nothing]) error {
	return s.changePlugin(r, s.plugins.Start, func(p *plugins.Plugin) string { return p.Name + " runs again where it is switched on." })
}

// reinstatePluginWithForm brings an uninstalled plugin back.
func (s *Server) reinstatePluginWithForm(r *request, _ submitted[nothing]) error {
	return s.changePlugin(r, s.plugins.Reinstate, func(p *plugins.Plugin) string { return p.Name + " is back, with what it kept." })
}

// confirmPlugin asks before something is done to the plugin in the path.
func (s *Server) confirmPlugin(r *request, ask func(p *plugins.Plugin) (ui.ConfirmPage, error)) error {
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil {
		return err
	}
	page, err := ask(&p)
	if err != nil {
		return err
	}
	page.Back = r.pluginURL(p.ID, "")
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusOK, shell, page)
}

// stopPluginPage asks before a plugin is stopped everywhere.
func (s *Server) stopPluginPage(r *request) error {
	return s.confirmPlugin(r, func(p *plugins.Plugin) (ui.ConfirmPage, error) {
		return ui.ConfirmPage{Points: []string{"Nothing is lost, and where it is switched on stays so."}, Confirm: ui.Confirm{
			ID: "stop", Title: "Stop " + p.Name + " everywhere?", URL: r.pluginURL(p.ID, "/stop"), Keep: "Let it run", Do: "Stop everywhere", Danger: true,
			Text: "It stops in every workspace and on every node, until somebody starts it again. Calls that run now do nothing more and end within their time.",
		}}, nil
	})
}

func (s *Server) stopPluginWithForm(r *request, _ submitted[nothing]) error {
	return s.changePlugin(r, s.plugins.Stop, func(p *plugins.Plugin) string { return p.Name + " is stopped everywhere." })
}

// uninstallPluginPage asks before a plugin goes.
func (s *Server) uninstallPluginPage(r *request) error {
	return s.confirmPlugin(r, func(p *plugins.Plugin) (ui.ConfirmPage, error) {
		on, err := s.plugins.Workspaces(r.Ctx(), p.ID)
		text := "It is switched on in no workspace."
		if len(on) > 0 {
			text = "It stops in " + ui.Plural(len(on), "workspace", "workspaces") + " at once."
		}
		return ui.ConfirmPage{Points: []string{"What it kept stays for 30 days; until then it can be brought back whole. To take its data along, export them first."}, Confirm: ui.Confirm{
			ID: "uninstall", Title: "Uninstall " + p.Name + "?", URL: r.pluginURL(p.ID, "/uninstall"), Keep: "Keep it", Do: "Uninstall", Danger: true, Text: text,
		}}, err
	})
}

func (s *Server) uninstallPluginWithForm(r *request, _ submitted[nothing]) error {
	id := r.Param("plugin")
	p, err := s.plugins.Get(r.Ctx(), id)
	if err != nil {
		return err
	}
	if err := s.plugins.Uninstall(r.Ctx(), r.Session(), id); err != nil {
		return r.cannotChange(r.pluginURL(id, ""), err)
	}
	undo := ui.Action{Label: "Bring it back", URL: r.pluginURL(id, "/reinstate")}
	if err := r.Say(ui.Notice{Role: "status", Text: "Uninstalled " + p.Name + ". What it kept stays for 30 days.", Undo: &undo}); err != nil {
		return err
	}
	return r.Redirect(r.admin("/plugins"))
}

// purgePluginPage asks before what a plugin kept goes for good.
func (s *Server) purgePluginPage(r *request) error { return s.showPurge(r, fiber.StatusOK, "") }

func (s *Server) showPurge(r *request, status int, problem string) error {
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil {
		return err
	}
	if p.State != plugins.StateUninstalled {
		return r.Redirect(r.pluginURL(p.ID, ""))
	}
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	return r.Page(status, shell, ui.ConfirmPage{Back: r.pluginURL(p.ID, ""), Confirm: ui.Confirm{
		ID: "purge", Title: "Delete what " + p.Name + " kept?", URL: r.pluginURL(p.ID, "/purge"), Type: p.ID, Name: "name", Keep: "Keep it", Do: "Delete for good", Danger: true, Error: problem,
		Text: "Its data, settings and secrets go in every workspace, now. This cannot be undone.",
	}})
}

type purgeForm struct {
	Name string `form:"name" validate:"max=200"`
}

func (s *Server) purgePluginWithForm(r *request, f submitted[purgeForm]) error {
	id := r.Param("plugin")
	p, err := s.plugins.Get(r.Ctx(), id)
	if err != nil {
		return err
	}
	if f.Values.Name != p.ID {
		return s.showPurge(r, fiber.StatusUnprocessableEntity, "This is not its id. Type "+p.ID+".")
	}
	if err := s.plugins.Purge(r.Ctx(), r.Session(), id); err != nil {
		return r.cannotChange(r.pluginURL(id, ""), err)
	}
	return r.done(r.admin("/plugins"), p.Name+" and all it kept are gone.")
}

// rollbackPluginPage asks before an earlier version takes over.
func (s *Server) rollbackPluginPage(r *request) error {
	return s.confirmPlugin(r, func(p *plugins.Plugin) (ui.ConfirmPage, error) {
		i, asked := 0, r.Query("version")
		if asked != "" {
			i = slices.IndexFunc(p.Earlier, func(v plugins.Version) bool { return v.SHA256 == asked || v.Version == asked })
		}
		if p.Active == nil || i < 0 || i >= len(p.Earlier) {
			return ui.ConfirmPage{}, notFound()
		}
		v := &p.Earlier[i]
		version, now := versionWords(p, v), versionWords(p, p.Active)
		sent := "This is the package " + ui.ShortHash(v.SHA256) + ", sent on " + r.clock().At(v.AddedAt).Stamp()
		if by := s.personName(r, v.AddedBy); by != "" {
			sent += " by " + by
		}
		return ui.ConfirmPage{Points: []string{sent + ". " + ui.ShortHash(p.Active.SHA256) + " runs now.", "It may do what was granted to it then. What it stores stays as it is."}, Confirm: ui.Confirm{
			ID: "rollback", Title: "Go back to " + p.Name + " " + version + "?", URL: r.pluginURL(p.ID, "/rollback"), Fields: []ui.Hidden{{Name: "version", Value: v.SHA256}}, Keep: "Stay with " + now, Do: "Go back to " + version,
			Text: version + " takes the place of " + now + " in every workspace. " + now + " is kept.",
		}}, nil
	})
}

// versionWords name a version by its number, and by its package too where another
// that is kept has the same number.
func versionWords(p *plugins.Plugin, v *plugins.Version) string {
	same := p.Active != nil && p.Active.Version == v.Version && p.Active.SHA256 != v.SHA256
	for i := range p.Earlier {
		same = same || p.Earlier[i].Version == v.Version && p.Earlier[i].SHA256 != v.SHA256
	}
	if !same {
		return v.Version
	}
	return v.Version + " (" + ui.ShortHash(v.SHA256) + ")"
}

type rollbackForm struct {
	Version string `form:"version" validate:"max=200"`
}

func (s *Server) rollbackPluginWithForm(r *request, f submitted[rollbackForm]) error {
	id := r.Param("plugin")
	p, err := s.plugins.Rollback(r.Ctx(), r.Session(), id, f.Values.Version)
	if err != nil {
		return r.cannotChange(r.pluginURL(id, ""), err)
	}
	return r.done(r.pluginURL(id, ""), p.Name+" is "+versionWords(&p, p.Active)+" again.")
}
