package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// accessQuestion is who, where and what: the page's address.
type accessQuestion struct {
	Person     string `query:"person"`
	Workspace  string `query:"workspace"`
	Permission string `query:"permission"`
}

// accessPage is /admin/access. The question is a GET form: the answer has an
// address of its own and changes nothing.
func (s *Server) accessPage(r *request) error { return s.showAccess(r, fiber.StatusOK, ui.Form{}) }

func (s *Server) showAccess(r *request, status int, restrictions ui.Form) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "access")
	if err != nil {
		return err
	}
	q := accessQuestion{Person: r.Query("person"), Workspace: r.Query("workspace"), Permission: r.Query("permission")}
	asked := q.Person != ""
	if q.Workspace == "" {
		q.Workspace = r.active()
	}
	if q.Permission == "" {
		q.Permission = string(policies.WorkspaceWrite)
	}
	view := ui.AccessPage{Question: formOf("ask", q)}
	place, err := s.fillQuestion(r, &view, shell, q)
	if err != nil {
		return err
	}
	view.Workspace = place
	if view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.active()); err != nil {
		return err
	}
	taken, err := s.workspaces.Restrictions(r.Ctx(), place.ID)
	if err != nil {
		return err
	}
	view.Matrix = s.matrix(taken)
	if asked {
		if err := s.answer(r, &view, q); err != nil {
			return err
		}
		if view.Question.Failed() {
			status = fiber.StatusUnprocessableEntity
		}
	}
	view.Restrictions = s.restrictionForm(r, place.ID, taken)
	view.Restrictions.Form = restrictions
	return r.Page(status, shell, view)
}

// fillQuestion offers the workspaces one may ask about, the people in the one
// asked about, and the permissions. It gives the workspace asked about.
func (s *Server) fillQuestion(r *request, view *ui.AccessPage, shell ui.Shell, q accessQuestion) (ui.WorkspaceRef, error) {
	place := ui.WorkspaceRef{ID: r.active(), Name: shell.Workspace.Name}
	for _, w := range shell.Workspaces {
		if !r.Can(policies.AdminAccess, policies.Workspace(w.ID)) {
			continue
		}
		view.Workspaces = append(view.Workspaces, ui.Option{Value: w.ID, Label: w.Name})
		if w.ID == q.Workspace {
			place = ui.WorkspaceRef{ID: w.ID, Name: w.Name}
		}
	}
	if place.ID != q.Workspace {
		view.Question.Errors = map[string]string{"workspace": "You read the admin pages of no workspace with this id. Choose one from the list."}
	}
	for _, p := range policies.Permissions() {
		view.Permissions = append(view.Permissions, ui.Option{Value: string(p), Label: string(p)})
	}
	members, _, err := s.workspaces.Members(r.Ctx(), place.ID, workspace.MemberQuery{Sort: "name"})
	if err != nil {
		return place, err
	}
	view.People = []ui.Option{{Value: "", Label: "Choose a person"}}
	for _, m := range members {
		view.People = append(view.People, ui.Option{Value: m.UserID, Label: m.DisplayName})
	}
	return place, s.addStrangers(r, view)
}

// addStrangers lets those who run the deployment also ask about people who are
// not members.
func (s *Server) addStrangers(r *request, view *ui.AccessPage) error {
	if !r.Can(policies.AdminAccess, policies.TheDeployment()) {
		return nil
	}
	page, err := s.accounts.Users(r.Ctx(), account.UserFilter{Limit: 200})
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, o := range view.People {
		listed[o.Value] = true
	}
	for _, u := range page.Users {
		if !listed[u.ID] {
			view.People = append(view.People, ui.Option{Value: u.ID, Label: u.DisplayName + " (not a member)"})
		}
	}
	return nil
}

// answer asks the gate, or says in the form what cannot be asked.
func (s *Server) answer(r *request, view *ui.AccessPage, q accessQuestion) error {
	permission := policies.Permission(q.Permission)
	problems := view.Question.Errors
	if problems == nil {
		problems = map[string]string{}
	}
	if !permission.Valid() {
		problems["permission"] = "No permission is called this. Choose one from the list."
	}
	who, err := s.askedAbout(r, view, q.Person)
	if fault.Is(err, fault.NotFound) {
		problems["person"] = "Nobody here has this id. Choose a person from the list."
	} else if err != nil {
		return err
	}
	if len(problems) > 0 {
		view.Question.Errors = problems
		return nil
	}
	about := &policies.Session{Kind: policies.BrowserSession, UserID: who.ID, Email: who.Email, DisplayName: who.DisplayName, DeploymentAdmin: who.DeploymentAdmin}
	d := s.gate.Explain(r.Ctx(), about, permission, policies.Workspace(view.Workspace.ID))
	if d.Reason == policies.LookupFailed {
		return d.Fault()
	}
	trace := explain(d, who, view.Workspace)
	view.Answer, view.At, view.PersonName = &trace, r.clock().At(r.Now()), ui.FirstName(who.DisplayName)
	for i := range view.Matrix {
		row := &view.Matrix[i]
		row.Asked = row.Permission == q.Permission
		row.Person = s.cellOf(r, about, policies.Permission(row.Permission), view.Workspace.ID)
	}
	return nil
}

// askedAbout finds the person of the question: one of those the page offers.
func (s *Server) askedAbout(r *request, view *ui.AccessPage, id string) (account.Person, error) {
	for _, o := range view.People {
		if o.Value == id {
			return s.accounts.User(r.Ctx(), id)
		}
	}
	if r.Can(policies.AdminAccess, policies.TheDeployment()) && idShape.MatchString(id) {
		return s.accounts.User(r.Ctx(), id) // beyond the first 200
	}
	return account.Person{}, notFound()
}

type restrictionsForm struct {
	Take []string `form:"take" validate:"max=20,dive,max=100"` // "editor workspace.write"
}

// saveRestrictions replaces what the active workspace takes from its roles.
func (s *Server) saveRestrictions(r *request, f submitted[restrictionsForm]) error {
	list := make([]policies.Restriction, 0, len(f.Values.Take))
	for _, box := range f.Values.Take {
		role, permission, _ := strings.Cut(box, " ")
		list = append(list, policies.Restriction{Role: policies.Role(role), Permission: policies.Permission(permission)})
	}
	status := fiber.StatusUnprocessableEntity
	if f.OK() {
		stored, err := s.workspaces.SetRestrictions(r.Ctx(), r.Session(), r.active(), list)
		if err == nil {
			text := "Nothing is taken from any role."
			if len(stored) > 0 {
				text = "Saved. " + ui.Plural(len(stored), "right is", "rights are") + " taken, from the next request on."
			}
			return r.done(r.admin("/access"), text)
		}
		if status, err = f.refuse(r, err); err != nil {
			return err
		}
	}
	return s.showAccess(r, status, f.again("restrictions"))
}
