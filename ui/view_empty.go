package ui

// The words of what is empty, page by page. Each says what is true and the one
// next step.

// Empty stands in the reading pane while no thread is open.
func (p ThreadsPage) Empty() Empty {
	start := []Action{{Label: "New thread", URL: p.List.NewURL, Icon: "plus"}}
	switch {
	case len(p.List.Rows) > 0 && p.CanWrite:
		return Empty{Kind: NothingYet, Icon: "messages-square", Title: "Pick a thread", Text: "Or start one about something new.", Actions: start}
	case len(p.List.Rows) > 0:
		return Empty{Kind: NotAllowed, Title: "You can look, not change", Text: p.ReadOnly}
	case p.List.Query != "":
		return Empty{Kind: NoMatch, Title: "Nothing matches “" + p.List.Query + "”", Text: "The search looks at titles.", Actions: []Action{{Label: "Clear the search", URL: p.List.Action}}}
	case p.CanWrite:
		start[0].Style = "primary"
		if p.InviteURL != "" {
			start = append(start, Action{Label: "Invite people", URL: p.InviteURL, Icon: "user-plus"})
		}
		return Empty{Kind: NothingYet, Icon: "messages-square", Title: "No threads yet", Text: "A thread is a conversation about one thing. Start with the job on your bench.", Actions: start}
	}
	return Empty{Kind: NothingYet, Icon: "messages-square", Title: "No threads yet", Text: p.ReadOnly}
}

// Empty stands where messages would.
func (p ThreadPage) Empty() Empty {
	e := Empty{Kind: NothingYet, Icon: "messages-square", Title: "No messages yet", Text: "Nobody has written here so far."}
	if p.CanWrite {
		e.Text = "Write the first one below."
	}
	if p.Origin != nil && !p.Origin.Copy {
		e.Title = "No messages of its own yet"
	}
	return e
}

// Empty stands where a person's workspaces would.
func (p SwitchPage) Empty() Empty {
	return Empty{Kind: NothingYet, Icon: "layers", Title: "You are in no workspace", Text: "Make your own, or ask an owner of another for an invite.",
		Actions: []Action{{Label: "New workspace", URL: p.New, Icon: "plus", Style: "primary"}}}
}

// Quiet stands where warnings would.
func (p OverviewPage) Quiet() Empty {
	return Empty{Kind: AllDone, Title: "Nothing needs you", Text: "Accounts, members and the audit log are in order."}
}

// Empty stands where the found workspaces would; clear leads back to all.
func (p WorkspacesPage) Empty(clear string) Empty {
	return Empty{Kind: NoMatch, Title: "No workspace matches", Text: "The search looks at names and ids.", Actions: []Action{{Label: "Clear the search", URL: clear}}}
}

// Empty stands where the found members would.
func (p MembersPage) Empty(clear string) Empty { return nobodyMatches(p.Total, clear) }

// Empty stands where the found people would.
func (p UsersPage) Empty(clear string) Empty { return nobodyMatches(p.Total, clear) }

func nobodyMatches(total int, clear string) Empty {
	text := "Without the filter there are " + Number(total) + " people."
	if total == 1 {
		text = "Without the filter there is 1 person."
	}
	return Empty{Kind: NoMatch, Title: "Nobody matches", Text: text, Actions: []Action{{Label: "Clear the filter", URL: clear}}}
}

// Empty stands where entries would.
func (p AuditPage) Empty() Empty {
	if p.Filtered {
		return Empty{Kind: NoMatch, Title: "No entry matches", Text: "Take a filter off, or start from the newest entry.", Actions: []Action{{Label: "Clear the filters", URL: p.ClearURL}}}
	}
	return Empty{Kind: NothingYet, Icon: "scroll-text", Title: "Nothing was recorded yet", Text: "Every change of members, roles, settings and access will be written here, also what was refused."}
}

// Empty is what the page shows for a row nobody knows.
func (p SyncPage) Empty() Empty {
	return Empty{Kind: NoMatch, Title: "No such row", Text: "Nothing was written under this id in the last 30 days, or it is somebody else's private row."}
}
