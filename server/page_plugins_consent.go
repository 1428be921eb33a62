package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// consentPage is /admin/plugins/ID/consent: what the version that waits asks for.
func (s *Server) consentPage(r *request) error {
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil {
		return err
	}
	return s.showConsent(r, fiber.StatusOK, &p, nil, false)
}

// showConsent draws it; ticked are the capabilities of a form that came back,
// changed says that it was about another package.
func (s *Server) showConsent(r *request, status int, p *plugins.Plugin, ticked []string, changed bool) error {
	if !r.readsDeployment() {
		return notFound() // packages are the server's
	}
	if p.Waiting == nil || p.State == plugins.StateUninstalled {
		return r.Redirect(r.pluginURL(p.ID, ""))
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	v := p.Waiting
	view := ui.ConsentPage{
		PluginHead: ui.PluginHead{ID: p.ID, Name: v.Manifest.Name, Icon: s.pluginIcon(v.Manifest.Icon), About: v.Manifest.Publisher.Name, Theme: v.Manifest.Kind == manifest.Theme},
		Describes:  v.Manifest.Description, Version: v.Version, SHA256: v.SHA256, Size: v.Size, AddedAt: r.clock().At(v.AddedAt), AddedBy: s.personName(r, v.AddedBy),
		Asks: consentAsks(p, ticked), Signature: consentSignature(v), Adds: addsOf(v.Manifest), Budget: budgetOf(v.Manifest), Cannot: cannot(v.Manifest),
		Fails: "It is paused after three failures in a minute, and stopped when that goes on.",
	}
	if p.Active != nil {
		view.From = p.Active.Version
		view.Fails = "Goes back to " + view.From + " by itself. Its data are moved on a copy."
	}
	if view.Theme {
		view.Fails = "" // nothing of it runs
	}
	if r.managesPackages() {
		view.URL, view.RefuseURL = r.pluginURL(p.ID, "/consent"), r.pluginURL(p.ID, "/refuse")
	} else if view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.homeWorkspace()); err != nil {
		return err
	}
	taken, err := s.plugins.TakesOver(r.Ctx(), p.ID)
	if err != nil {
		return err
	}
	for i := range taken {
		view.Notices = append(view.Notices, ui.Notice{Tone: ui.Warn, Text: "It takes the place of " + taken[i].Name + " (" + taken[i].ID + "), which is removed: what that has stored, its settings and secrets, and where it is on."})
	}
	if changed {
		view.Notices = append(view.Notices, ui.Notice{Tone: ui.Warn, Role: "alert", Text: "Somebody has sent another package meanwhile. This is what the one that waits now asks for; nothing was granted."})
	}
	return r.Page(status, shell, view)
}

type consentForm struct {
	Version string   `form:"version" validate:"required,max=200"`
	SHA256  string   `form:"sha256" validate:"required,max=64"`
	Grant   []string `form:"grant" validate:"max=50,dive,max=64"`
}

// consentWithForm agrees to the package that was shown, and to no other.
func (s *Server) consentWithForm(r *request, f submitted[consentForm]) error {
	if !f.OK() {
		return fault.New(fault.Invalid, "The form does not say what was agreed to. Open the page again.")
	}
	id := r.Param("plugin")
	p, err := s.plugins.Consent(r.Ctx(), r.Session(), id, plugins.ConsentOptions{Version: f.Values.Version, SHA256: f.Values.SHA256, Grant: f.Values.Grant})
	if fault.Is(err, fault.Conflict) {
		now, err := s.plugins.Get(r.Ctx(), id)
		if err != nil {
			return err
		}
		if now.Waiting == nil {
			return r.done(r.pluginURL(id, ""), "There is nothing to agree to any more.")
		}
		return s.showConsent(r, fiber.StatusConflict, &now, nil, now.Waiting.SHA256 != f.Values.SHA256)
	}
	if err != nil {
		return err
	}
	text := p.Name + " " + f.Values.Version + " may run. Switch it on where it is wanted."
	if len(p.Earlier) > 0 {
		text = p.Name + " is now " + f.Values.Version + "."
	}
	if p.Kind == manifest.Theme && len(p.Earlier) == 0 {
		return r.done(r.admin("/themes"), p.Name+" "+f.Values.Version+" is installed. Workspaces look as before until they use it.")
	}
	return r.done(r.pluginURL(id, ""), text)
}

// refusePluginWithForm throws the version away that waits.
func (s *Server) refusePluginWithForm(r *request, _ submitted[consentForm]) error {
	id := r.Param("plugin")
	p, err := s.plugins.Get(r.Ctx(), id)
	if err != nil {
		return err
	}
	if err := s.plugins.Refuse(r.Ctx(), r.Session(), id); err != nil {
		return err
	}
	if p.Active == nil {
		return r.done(r.admin("/plugins"), p.Name+" was not installed. Nothing of it was kept.")
	}
	return r.done(r.pluginURL(id, ""), p.Name+" stays "+p.Active.Version+".")
}

// consentAsks are the capabilities of the version that waits, what is new or
// wider first, what is dropped last.
func consentAsks(p *plugins.Plugin, ticked []string) []ui.ConsentAsk {
	var more, same, less []ui.ConsentAsk
	for _, c := range p.Waiting.Manifest.Capabilities {
		a := askOf(c)
		a.Checked = ticked == nil || slices.Contains(ticked, c.Name)
		if p.Active != nil {
			a.Move = "same"
			if i := slices.IndexFunc(p.Waiting.Diff, func(d manifest.Change) bool { return d.Name == c.Name }); i >= 0 {
				change := p.Waiting.Diff[i]
				a.Move = string(change.Move)
				if change.Old != nil {
					a.Before = change.Old.Words()
				}
			}
		}
		switch a.Move {
		case "new", "wider":
			more = append(more, a)
		case "narrower":
			less = append(less, a)
		default:
			same = append(same, a)
		}
	}
	byRisk(more)
	byRisk(same)
	for _, d := range p.Waiting.Diff {
		if d.Move == manifest.Gone && d.Old != nil {
			gone := askOf(*d.Old)
			gone.Move = "gone"
			less = append(less, gone)
		}
	}
	return slices.Concat(more, same, less)
}

// byRisk puts what gives most away first.
func byRisk(list []ui.ConsentAsk) {
	rank := map[string]int{"high": 0, "medium": 1, "low": 2}
	slices.SortStableFunc(list, func(a, b ui.ConsentAsk) int { return rank[a.Risk] - rank[b.Risk] })
}

func askOf(c manifest.Capability) ui.ConsentAsk {
	a := ui.ConsentAsk{Name: c.Name, Words: c.Words(), Icon: ui.CapabilityIcon(c.Name), Risk: string(c.Class()), Reason: c.Reason, Without: without(c.Name)}
	for _, each := range []struct {
		name string
		list []string
	}{{"Tables", c.Tables}, {"Fields", c.Fields}, {"Events", c.Types}, {"Hosts", c.Hosts}, {"Methods", c.Methods}, {"Secrets", c.Names}} {
		if len(each.list) > 0 {
			a.Params = append(a.Params, ui.Fact{Name: each.name, Value: strings.Join(each.list, ", ")})
		}
	}
	return a
}

// without says what is missing where a capability is not granted.
func without(name string) string {
	switch name {
	case "ui.page":
		return "Without it, its pages are not there."
	case "ui.widget":
		return "Without it, its cards are not there."
	case "schedule":
		return "Without it, its jobs do not run."
	case "events.subscribe":
		return "Without it, it is told of nothing."
	case "filter.decision":
		return "Without it, it is not asked."
	case "ui.html", "ui.frame":
		return "Without it, those parts of its pages are left out."
	}
	return "Without it, what needs it is refused to the plugin."
}

func consentSignature(v *plugins.Version) ui.ConsentSignature {
	state := string(v.Signature.State)
	out := ui.ConsentSignature{State: ui.SignatureState(state), Words: ui.SignatureWords(state), Fingerprint: v.Signature.Fingerprint}
	if state == "signed_by_unknown" {
		out.Key = v.Signature.Key
	}
	for _, d := range v.Signature.Wrong {
		out.Wrong = append(out.Wrong, ui.Fact{Name: d.Path, Value: d.How})
	}
	return out
}

// addsOf counts what a plugin contributes.
func addsOf(m *manifest.Manifest) []string {
	var out []string
	add := func(n int, one, many string) {
		if n > 0 {
			out = append(out, ui.Plural(n, one, many))
		}
	}
	c := m.Contributes
	add(len(c.Pages), "page", "pages")
	add(len(c.Widgets), "widget", "widgets")
	add(len(c.Actions), "action", "actions")
	add(len(c.Events), "event it listens to", "events it listens to")
	add(len(c.Schedules), "job", "jobs")
	add(len(c.Filters), "decision filter", "decision filters")
	return out
}

func budgetOf(m *manifest.Manifest) string {
	if m.Runtime == nil {
		return ""
	}
	text := fmt.Sprintf("At most %d MiB of memory and %s for a page", m.Runtime.MemoryMB, strings.TrimSuffix(fmt.Sprintf("%.1f", float64(m.Runtime.TimeoutMS)/1000), ".0")+" s")
	if len(m.Contributes.Schedules) > 0 {
		text += ", 30 s for a job"
	}
	return text + "."
}

// cannot says what stays closed to the plugin.
func cannot(m *manifest.Manifest) string {
	var parts []string
	for _, c := range []struct{ name, words string }{
		{"workspace.read", "read anything of a workspace"}, {"workspace.write", "change anything in a workspace"}, {"members.read", "see who is in it"},
		{"http.fetch", "reach any other server"}, {"notify.send", "notify anybody"}, {"filter.decision", "have a say in who may do what"}, {"ui.frame", "run scripts in your browser"},
	} {
		if _, asks := m.Capability(c.name); !asks {
			parts = append(parts, c.words)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	if i := strings.LastIndex(text, ", "); i >= 0 {
		text = text[:i] + " or " + text[i+2:]
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// personName is who did something, as far as it is a person this server has.
func (s *Server) personName(r *request, id string) string {
	if id == "" {
		return ""
	}
	if p, err := s.accounts.User(r.Ctx(), id); err == nil {
		return p.DisplayName
	}
	return id
}
