package account

import (
	"context"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
)

// UserFilter selects from the people of the deployment.
type UserFilter struct {
	Text   string // part of the e-mail address or name, in any case
	State  string // "", "enabled", "disabled" or "admins"
	Cursor string // UserPage.Next of the page before
	Limit  int    // 1–200; 0 means 50
}

// ListedPerson is a person with what stands beside them in the list.
type ListedPerson struct {
	Person
	HomeOwner  bool
	Workspaces int
	Sessions   int
	LastSeenAt *time.Time // nil = never
}

// UserPage is one page of people, in the order of their addresses.
type UserPage struct {
	Users []ListedPerson
	Total int    // on all pages
	Next  string // "" on the last page
}

// Users lists the people of the deployment.
func (s *Service) Users(ctx context.Context, f UserFilter) (UserPage, error) {
	if f.Limit == 0 {
		f.Limit = 50
	}
	state := db.UserState(f.State)
	switch state {
	case db.AnyUser, db.EnabledUser, db.DisabledUser, db.AdminUser:
	default:
		return UserPage{}, fault.Field("state", "Use enabled, disabled or admins.")
	}
	if f.Limit < 1 || f.Limit > 200 || !isPlain(f.Text) || !isPlain(f.Cursor) {
		return UserPage{}, fault.New(fault.Invalid, "This list cannot be shown in this way. Use a limit from 1 to 200 and plain text.")
	}
	query := db.UserQuery{Text: excerpt.Begin(f.Text, maxEmail), State: state, After: f.Cursor, Limit: f.Limit + 1}
	rows, err := db.ListUsers(ctx, s.db.Read(), query)
	if err != nil {
		return UserPage{}, err
	}
	page := UserPage{Users: make([]ListedPerson, 0, len(rows))}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		page.Next = rows[f.Limit-1].EmailKey
	}
	for _, r := range rows {
		page.Users = append(page.Users, listed(r))
	}
	page.Total, err = db.CountUsers(ctx, s.db.Read(), query)
	return page, err
}

func listed(r db.ListedUser) ListedPerson {
	p := ListedPerson{Person: *personOf(r.User, r.DeploymentAdmin), HomeOwner: r.HomeOwner, Workspaces: int(r.Workspaces), Sessions: int(r.Sessions)}
	if r.LastSeenAt != nil {
		at := moment(*r.LastSeenAt)
		p.LastSeenAt = &at
	}
	return p
}

// User finds one person; NotFound when there is none.
func (s *Service) User(ctx context.Context, id string) (Person, error) {
	u, err := s.db.User(ctx, id)
	return s.person(ctx, u, err)
}

// Holder finds the person that a signed URL belongs to; whether they look after
// the deployment is not asked, since no URL needs it.
func (s *Service) Holder(ctx context.Context, id string) (Person, error) {
	u, err := s.db.User(ctx, id)
	if err != nil {
		return Person{}, err
	}
	return *personOf(u, false), nil
}

// UserByEmail finds one person by their address; NotFound when there is none.
func (s *Service) UserByEmail(ctx context.Context, email string) (Person, error) {
	u, err := userByEmail(ctx, s.db.Read(), email)
	return s.person(ctx, u, err)
}

func (s *Service) person(ctx context.Context, u db.User, err error) (Person, error) {
	if err != nil {
		return Person{}, err
	}
	admin, err := db.IsDeploymentAdmin(ctx, s.db.Read(), u.ID)
	return *personOf(u, admin), err
}
