package services

import (
	"context"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// members implements host.Members.
type members struct{ *service }

// List implements host.Members: those who can sign in, with the granted fields.
func (s members) List(ctx context.Context, by host.Caller, in host.MemberList) (host.MemberPage, error) {
	a, err := s.admit(ctx, by, "members.read", policies.WorkspaceRead)
	if err != nil {
		return host.MemberPage{}, err
	}
	limit, err := limitOf(in.Limit)
	if err != nil {
		return host.MemberPage{}, err
	}
	list, err := db.MembersAfter(ctx, s.DB.Read(), by.Workspace, in.After, limit+1)
	if err != nil {
		return host.MemberPage{}, inWords(err)
	}
	out := host.MemberPage{Members: []host.Member{}}
	if len(list) > limit {
		list = list[:limit]
		out.Next = list[limit-1].UserID
	}
	granted := func(field string) bool { return slices.Contains(a.granted.Fields, field) }
	for _, m := range list {
		seen := host.Member{ID: m.UserID}
		if granted("name") {
			seen.Name = m.DisplayName
		}
		if granted("role") {
			seen.Role = m.Role
		}
		if granted("email") {
			seen.Email = m.Email
		}
		if granted("joined_at") {
			seen.JoinedAt = time.UnixMilli(m.CreatedAt).UTC()
		}
		out.Members = append(out.Members, seen)
	}
	return out, nil
}
