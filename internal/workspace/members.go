package workspace

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// MemberQuery selects from a workspace's members; the zero value is all of
// them, in the order in which they came.
type MemberQuery struct {
	Search  string        // part of the name or the e-mail, in any case
	Role    policies.Role // "" is every role
	Sort    string        // "name", "email", "role", "joined" or "seen"; "-" in front turns it round
	Page    int           // from 1; 0 means 1
	PerPage int           // 0 means all
}

// MemberListed is a member as lists show them.
type MemberListed struct {
	Member
	Devices   int       // sessions that are still good
	LastSeen  time.Time // zero: never
	LastOwner bool      // the only enabled owner: can be neither demoted nor removed
}

// Members gives the members of a live workspace that match, and how many there
// are on all pages. A missing or deleted workspace has none.
func (s *Service) Members(ctx context.Context, workspaceID string, query MemberQuery) (page []MemberListed, total int, err error) {
	rows, err := db.MembersOf(ctx, s.db.Read(), workspaceID, s.now().UnixMilli())
	if err != nil {
		return nil, 0, err
	}
	owners := 0
	for _, r := range rows {
		if isEnabledOwner(r) {
			owners++
		}
	}
	page = make([]MemberListed, 0, len(rows))
	for _, r := range rows {
		m := MemberListed{Member: *memberOf(r), Devices: int(r.Devices), LastOwner: owners == 1 && isEnabledOwner(r)}
		if r.LastSeenAt != 0 {
			m.LastSeen = moment(r.LastSeenAt)
		}
		if query.matches(m) {
			page = append(page, m)
		}
	}
	query.sort(page)
	total = len(page)
	if query.PerPage > 0 {
		from := min(max(query.Page-1, 0)*query.PerPage, total)
		page = page[from:min(from+query.PerPage, total)]
	}
	return page, total, nil
}

func isEnabledOwner(m db.MemberUser) bool {
	return m.Role == string(policies.Owner) && m.DisabledAt == nil
}

func (q MemberQuery) matches(m MemberListed) bool {
	if q.Role != "" && m.Role != q.Role {
		return false
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	return search == "" || strings.Contains(strings.ToLower(m.DisplayName), search) || strings.Contains(strings.ToLower(m.Email), search)
}

func (q MemberQuery) sort(list []MemberListed) {
	key, turned := strings.CutPrefix(q.Sort, "-")
	var by func(a, b MemberListed) int
	switch key {
	case "name":
		by = func(a, b MemberListed) int {
			return cmp.Compare(strings.ToLower(a.DisplayName), strings.ToLower(b.DisplayName))
		}
	case "email":
		by = func(a, b MemberListed) int { return cmp.Compare(strings.ToLower(a.Email), strings.ToLower(b.Email)) }
	case "role":
		by = func(a, b MemberListed) int {
			return cmp.Compare(slices.Index(policies.Roles(), a.Role), slices.Index(policies.Roles(), b.Role))
		}
	case "seen":
		by = func(a, b MemberListed) int { return a.LastSeen.Compare(b.LastSeen) }
	default:
		by = func(a, b MemberListed) int { return a.CreatedAt.Compare(b.CreatedAt) }
	}
	slices.SortStableFunc(list, func(a, b MemberListed) int {
		if turned {
			return by(b, a)
		}
		return by(a, b)
	})
}

// Member gives one member of a live workspace.
func (s *Service) Member(ctx context.Context, workspaceID, userID string) (Member, error) {
	if _, err := s.Get(ctx, workspaceID); err != nil {
		return Member{}, err
	}
	m, err := db.MemberByID(ctx, s.db.Read(), workspaceID, userID)
	if err != nil {
		return Member{}, err
	}
	return *memberOf(m), nil
}
