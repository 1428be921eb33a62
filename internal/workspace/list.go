package workspace

import (
	"context"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// Listed is one of a person's workspaces. Active is for the caller to set: each
// session has its own.
type Listed struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	Role        policies.Role `json:"role"`
	CreatedAt   time.Time     `json:"created_at"`
	Active      bool          `json:"is_active"`
	DeletedAt   time.Time     `json:"-"` // zero except from ListDeleted
}

// List gives a person's live workspaces, newest first.
func (s *Service) List(ctx context.Context, userID string) ([]Listed, error) {
	rows, err := db.WorkspacesOf(ctx, s.db.Read(), userID)
	return listed(rows), err
}

// ListDeleted gives the deleted workspaces a person owns and so may restore,
// the last deleted first.
func (s *Service) ListDeleted(ctx context.Context, userID string) ([]Listed, error) {
	rows, err := db.DeletedWorkspacesOf(ctx, s.db.Read(), userID)
	return listed(rows), err
}

// ListWithDeleted gives a person's live workspaces, newest first, and the ids of
// the deleted ones they still belong to. Both are read at one moment: what is in
// neither list is theirs no more.
func (s *Service) ListWithDeleted(ctx context.Context, userID string) (live []Listed, deleted []string, err error) {
	rows, err := db.AllWorkspacesOf(ctx, s.db.Read(), userID)
	var alive []db.WorkspaceRole
	for _, r := range rows {
		if r.DeletedAt != nil {
			deleted = append(deleted, r.ID)
		} else {
			alive = append(alive, r)
		}
	}
	return listed(alive), deleted, err
}

func listed(rows []db.WorkspaceRole) []Listed {
	out := make([]Listed, 0, len(rows))
	for _, r := range rows {
		l := Listed{
			ID: r.ID, Name: r.Name, Description: r.Description,
			Role: policies.Role(r.Role), CreatedAt: moment(r.CreatedAt),
		}
		if r.DeletedAt != nil {
			l.DeletedAt = moment(*r.DeletedAt)
		}
		out = append(out, l)
	}
	return out
}

// Get gives a live workspace; a missing or deleted one is a NotFound fault. It
// does not ask who wants to know: the gate does.
func (s *Service) Get(ctx context.Context, workspaceID string) (Workspace, error) {
	w, err := db.WorkspaceByID(ctx, s.db.Read(), workspaceID)
	if err == nil && w.DeletedAt != nil {
		err = notThere()
	}
	if err != nil {
		return Workspace{}, err
	}
	return *workspaceOf(w), nil
}

// AllQuery selects from the workspaces of the deployment; the zero value is the
// first page of the live ones.
type AllQuery struct {
	Search         string // part of the name, or a whole id
	IncludeDeleted bool
	Page           int // from 1; 0 means 1
	PerPage        int // 1–100; 0 means 20
}

// Counted is a workspace as the deployment's page lists it. It says how much is
// in it, never what.
type Counted struct {
	Workspace
	Home    bool     `json:"home"`
	Owners  []string `json:"owners"` // names
	Members int      `json:"members"`
	Threads int      `json:"threads"`
}

// All gives one page of the deployment's workspaces, newest first, and how many
// there are on all pages.
func (s *Service) All(ctx context.Context, query AllQuery) (page []Counted, total int, err error) {
	perPage := query.PerPage
	if perPage <= 0 {
		perPage = 20
	}
	perPage = min(perPage, 100)
	if !isPlain(query.Search, "") {
		return []Counted{}, 0, nil // no name contains such characters
	}
	q := db.WorkspaceQuery{Search: query.Search, IncludeDeleted: query.IncludeDeleted, Limit: int64(perPage)}
	if query.Page > 1 {
		q.Offset = int64(query.Page-1) * q.Limit
	}
	rows, err := db.AllWorkspaces(ctx, s.db.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	n, err := db.CountWorkspaces(ctx, s.db.Read(), q)
	if err != nil {
		return nil, 0, err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	owners, err := db.OwnersOf(ctx, s.db.Read(), ids)
	if err != nil {
		return nil, 0, err
	}
	home, err := s.HomeWorkspace(ctx)
	if err != nil {
		return nil, 0, err
	}
	page = make([]Counted, 0, len(rows))
	for _, r := range rows {
		page = append(page, Counted{
			Workspace: *workspaceOf(r.Workspace), Home: r.ID == home, Owners: owners[r.ID],
			Members: int(r.Members), Threads: int(r.Threads),
		})
	}
	return page, int(n), nil
}
