package server

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// membersPerPage is how many people one page of the list shows.
const membersPerPage = 25

// membersQuery is the list's state, which lives in the address.
type membersQuery struct {
	Search string `query:"q"`
	Role   string `query:"role"`
	Sort   string `query:"sort"`
	Page   int
}

// membersPage is /admin/members. htmx gets the list alone.
func (s *Server) membersPage(r *request) error {
	if r.Partial() {
		view, err := s.membersView(r)
		if err != nil {
			return err
		}
		return r.Fragment(fiber.StatusOK, "admin/members#people", view)
	}
	return s.showMembers(r, fiber.StatusOK, refusedMember{})
}

// refusedMember is what did not work: the invite form as it was typed, or a
// sentence for one person's row.
type refusedMember struct {
	invite  *ui.Form
	userID  string
	problem string
}

// showMembers draws the whole page.
func (s *Server) showMembers(r *request, status int, refused refusedMember) error {
	view, err := s.membersView(r)
	if err != nil {
		return err
	}
	for i := range view.Rows {
		if view.Rows[i].ID == refused.userID {
			view.Rows[i].Problem = refused.problem
		}
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "members")
	if err != nil {
		return err
	}
	view.Workspace = ui.WorkspaceRef{ID: r.active(), Name: shell.Workspace.Name}
	view.Invite = pick(refused.invite, formOf("invite", inviteMemberForm{Role: string(policies.Editor)}))
	view.Issued = r.secret
	if view.ReadOnly, err = r.readOnly(policies.UsersManage, r.active()); err != nil {
		return err
	}
	if view.Invites, err = s.openInvites(r, view.CanManage); err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

// membersView is the list part of the page.
func (s *Server) membersView(r *request) (ui.MembersPage, error) {
	q := membersQuery{Search: r.Query("q"), Role: known(r.Query("role"), "owner", "editor", "viewer"), Sort: known(r.Query("sort"), "name", "-name", "role", "-role", "joined", "-joined", "seen", "-seen"), Page: r.pageNumber()}
	if q.Sort == "" {
		q.Sort = "name"
	}
	view := ui.MembersPage{CanManage: r.Can(policies.UsersManage, policies.Resource{}), Filter: formOf("filter", q), Filtered: q.Search != "" || q.Role != ""}
	list, found, err := s.workspaces.Members(r.Ctx(), r.active(), workspace.MemberQuery{
		Search: q.Search, Role: policies.Role(q.Role), Sort: q.Sort, Page: q.Page, PerPage: membersPerPage,
	})
	if err != nil {
		return view, err
	}
	view.Total = found
	if view.Filtered {
		if _, view.Total, err = s.workspaces.Members(r.Ctx(), r.active(), workspace.MemberQuery{}); err != nil {
			return view, err
		}
	}
	clock := r.clock()
	for _, m := range list {
		view.Rows = append(view.Rows, r.memberRow(clock, m, view.CanManage))
	}
	view.Columns = q.columns(r)
	view.Pager = numbered(q.Page, membersPerPage, found, func(page int) string { return q.address(r, q.Sort, page) })
	view.Pager.Target = "#people"
	return view, nil
}

func (r *request) memberRow(clock ui.Clock, m workspace.MemberListed, manage bool) ui.MemberRow {
	return ui.MemberRow{
		ID: m.UserID, Name: m.DisplayName, Email: m.Email, You: m.UserID == r.session.UserID, Disabled: m.Disabled, Role: string(m.Role),
		Joined: clock.At(m.CreatedAt), Seen: clock.At(m.LastSeen), Devices: m.Devices, LastOwner: m.LastOwner, CanManage: manage,
	}
}

// openInvites lists who was invited and has not come yet.
func (s *Server) openInvites(r *request, manage bool) ([]ui.InviteRow, error) {
	list, err := s.workspaces.Invites(r.Ctx(), r.active())
	clock := r.clock()
	rows := make([]ui.InviteRow, 0, len(list))
	for _, i := range list {
		rows = append(rows, ui.InviteRow{
			ID: i.ID, Email: i.Email, RoleName: ui.RoleName(string(i.Role)), InvitedBy: i.InvitedByName,
			Ends: clock.At(i.ExpiresAt), Ended: i.Expired, CanManage: manage,
		})
	}
	return rows, err
}

// columns are the table's heads; a second press turns the order round.
func (q membersQuery) columns(r *request) []ui.Column {
	heads := []struct{ name, sort, class string }{
		{"Person", "name", ""}, {"Role", "role", ""}, {"Joined", "joined", "hide-phone"}, {"Last seen", "seen", "hide-phone"}, {"Devices", "", "hide-phone num"},
	}
	columns := make([]ui.Column, 0, len(heads))
	for _, h := range heads {
		c := ui.Column{Name: h.name, Class: h.class}
		if h.sort != "" {
			next := h.sort
			switch q.Sort {
			case h.sort:
				c.Order, next = "ascending", "-"+h.sort
			case "-" + h.sort:
				c.Order = "descending"
			}
			c.URL = q.address(r, next, 1)
		}
		columns = append(columns, c)
	}
	return columns
}

// address is the list in another order or on another page.
func (q membersQuery) address(r *request, sort string, page int) string {
	v := url.Values{}
	setUnless(v, "q", q.Search, "")
	setUnless(v, "role", q.Role, "")
	setUnless(v, "sort", sort, "name")
	setUnless(v, "page", strconv.Itoa(page), "1")
	return withQuery(r.admin("/members"), v)
}
