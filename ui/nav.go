package ui

import (
	"net/url"
	"slices"
	"strings"
)

// NavGroup is a part of the sidebar; the first one has no title. A group with a
// URL is the beginning of a list that has a page of its own.
type NavGroup struct {
	ID      string
	Title   string
	URL     string // the page of the whole list
	NewURL  string // makes one more; "" when one may not
	Current bool
	More    bool // the list has others
	Items   []NavItem
}

// NavItem is one link of the sidebar.
type NavItem struct {
	ID      string
	Label   string
	Icon    string
	URL     string
	Count   int    // of what is unread; 0 shows nothing
	Counts  string // what is counted, for screen readers; "unread" when empty
	Current bool
}

// Unread is the count as the sidebar shows it.
func (i NavItem) Unread() string { return Capped(i.Count) }

// NavProjects are the projects of the sidebar: those changed last, by name.
type NavProjects struct {
	Rows []NavItem
	More bool
}

// MostNavProjects is how many projects the sidebar shows.
const MostNavProjects = 10

// NavProject is a project in the sidebar.
func NavProject(workspaceID, id, name string) NavItem {
	return NavItem{ID: "project-" + id, Label: name, Icon: "circle-dot", URL: "/w/" + url.PathEscape(workspaceID) + "/projects/" + PathID(id)}
}

// AppNav is the app's sidebar. current is an item's ID ("threads"), counts are by ID.
func AppNav(s Scope, current string, counts map[string]int, projects NavProjects) []NavGroup {
	group := NavGroup{ID: "projects", Title: "Projects", URL: s.resolve("/w/:workspace/projects"), Current: current == "projects", Items: projects.Rows, More: projects.More}
	if s.May != nil && s.May("workspace.write", false) {
		group.NewURL = group.URL + "?new=1"
	}
	return s.nav(current, counts, []NavGroup{{Items: []NavItem{
		{ID: "threads", Label: "Threads", Icon: "messages-square", URL: "/w/:workspace"},
		{ID: "documents", Label: "Documents", Icon: "file-text", URL: "/w/:workspace/documents"},
		{ID: "files", Label: "Files", Icon: "paperclip", URL: "/w/:workspace/files"},
		{ID: "activity", Label: "Activity", Icon: "bell", URL: "/w/:workspace/activity"},
	}}, group})
}

// ExtendGroup is where the console has plugins, and their pages.
const ExtendGroup = "Extend"

// MergeNav adds what plugins bring to a sidebar: to the group of the same title
// where there is one, at the end otherwise.
func MergeNav(groups, more []NavGroup) []NavGroup {
	for _, g := range more {
		i := slices.IndexFunc(groups, func(have NavGroup) bool { return have.Title == g.Title && have.ID == "" })
		if i < 0 {
			groups = append(groups, g)
			continue
		}
		groups[i].Items = append(groups[i].Items, g.Items...)
	}
	return groups
}

// AdminNav is the admin pages' sidebar. Entries of the deployment are left out
// for those who may not read it.
func AdminNav(s Scope, current string, counts map[string]int) []NavGroup {
	groups := []NavGroup{
		{Items: []NavItem{
			{ID: "overview", Label: "Overview", Icon: "gauge", URL: "/admin"},
			{ID: "workspaces", Label: "Workspaces", Icon: "layers", URL: "/admin/workspaces"},
			{ID: "members", Label: "Members", Icon: "users", URL: "/admin/members"},
			{ID: "access", Label: "Access", Icon: "key-round", URL: "/admin/access"},
		}},
		{Title: ExtendGroup, Items: []NavItem{{ID: "plugins", Label: "Plugins", Icon: "blocks", URL: "/admin/plugins", Counts: "that need somebody"}, {ID: "themes", Label: "Themes", Icon: "sun-moon", URL: "/admin/themes"}}},
		{Title: "Operate", Items: []NavItem{{ID: "sync", Label: "Sync", Icon: "rotate-cw", URL: "/admin/sync"}}},
	}
	if !s.NoStorage {
		groups[2].Items = append(groups[2].Items, NavItem{ID: "storage", Label: "Storage", Icon: "hard-drive", URL: "/admin/storage"})
	}
	if s.May == nil || s.May("admin.access", true) {
		groups[2].Items = append(groups[2].Items, NavItem{ID: "users", Label: "Users", Icon: "user-cog", URL: "/admin/users"})
	}
	groups[2].Items = append(groups[2].Items, NavItem{ID: "audit", Label: "Audit log", Icon: "scroll-text", URL: "/admin/audit"})
	return s.nav(current, counts, groups)
}

func (s Scope) nav(current string, counts map[string]int, groups []NavGroup) []NavGroup {
	for _, g := range groups {
		for i := range g.Items {
			item := &g.Items[i]
			item.URL, item.Current, item.Count = s.resolve(item.URL), item.ID == current, counts[item.ID]
		}
	}
	return groups
}

// resolve fills the active workspace and the admin's base path into a pattern.
func (s Scope) resolve(pattern string) string {
	address := strings.Replace(pattern, ":workspace", url.PathEscape(s.WorkspaceID), 1)
	if rest, ok := strings.CutPrefix(address, "/admin"); ok && s.AdminBase != "" {
		return s.AdminBase + rest
	}
	return address
}
