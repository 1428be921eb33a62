package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// EntryKind tells what an entry of a project is.
type EntryKind string

// What projects hold.
const (
	ThreadEntry EntryKind = "thread"
	PostEntry   EntryKind = "post"
)

func (k EntryKind) table() wire.Table {
	if k == PostEntry {
		return wire.Posts
	}
	return wire.Threads
}

// Entry names a thread or a post of a project.
type Entry struct {
	Kind EntryKind
	ID   string
}

// ProjectEntry is an entry with what a list shows of it. Under is the thread it
// goes on from, when that stands in the project, too; Copy tells a fork from a
// branch.
type ProjectEntry struct {
	Entry
	Title  string
	Post   PostType
	Under  string
	Copy   bool
	Active time.Time
}

// Project is a named group of threads and documents. Its tree says what stands
// in it and in which order; a thread or post that names another project in its
// own row stands there and not here.
type Project struct {
	ID          string
	Name        string
	Description string
	ChangedAt   time.Time
}

// MaxProjectEntries is how many things a project may hold.
const MaxProjectEntries = 1000

const noProject = "There is no such project, or it was deleted."

type projectFields struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Data        jsontext.Value `json:"data"`
	UpdatedAt   seconds        `json:"updated_at"`
}

// Projects lists a workspace's projects by name, at most limit.
func (e *Engine) Projects(ctx context.Context, workspaceID, search string, limit int) ([]Project, error) {
	l := db.Listing{WorkspaceID: workspaceID, Table: string(wire.Projects), Group: "all", Name: cut(fold(search))}
	var projects []Project
	for ; l.Offset < limit; l.Offset += listPart {
		l.Limit = min(listPart, limit-l.Offset)
		rows, err := db.RowsByName(ctx, e.db.Read(), l)
		if err != nil {
			return projects, err
		}
		for i := range rows {
			p := projectOf(&rows[i])
			p.Description = strings.Clone(cutTo(p.Description, listedContent))
			projects = append(projects, p)
		}
		if len(rows) < l.Limit {
			break
		}
	}
	return projects, nil
}

// LatestProjects gives the projects of a workspace that were changed last, at
// most limit, by name, and tells whether there are others.
func (e *Engine) LatestProjects(ctx context.Context, workspaceID string, limit int) (projects []Project, more bool, err error) {
	rows, err := db.LivePosts(ctx, e.db.Read(), db.Listing{WorkspaceID: workspaceID, Table: string(wire.Projects), Group: "all", Limit: limit + 1})
	if err != nil {
		return nil, false, err
	}
	for i := range rows[:min(limit, len(rows))] {
		projects = append(projects, projectOf(&rows[i].ListedRow))
	}
	slices.SortFunc(projects, func(a, b Project) int {
		return cmp.Or(strings.Compare(fold(a.Name), fold(b.Name)), strings.Compare(a.ID, b.ID))
	})
	return projects, len(rows) > limit, nil
}

// Project reads one project; one that is not there, or deleted, is a NotFound fault.
func (e *Engine) Project(ctx context.Context, ref Ref) (Project, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(ref, wire.Projects))
	if err != nil {
		return Project{}, missing(err, noProject)
	}
	return projectOf(&row), nil
}

// ProjectEntries gives what stands in a project, in its order. What was deleted
// since, or moved away, is left out; what names the project in its own row and
// is missing in the tree, because two people added something at once, comes last.
func (e *Engine) ProjectEntries(ctx context.Context, ref Ref) ([]ProjectEntry, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(ref, wire.Projects))
	if err != nil {
		return nil, missing(err, noProject)
	}
	return e.entriesOf(ctx, ref, row.Payload)
}

func (e *Engine) entriesOf(ctx context.Context, ref Ref, payload string) ([]ProjectEntry, error) {
	var f projectFields
	readFields(payload, &f)
	var entries []ProjectEntry
	seen := map[Entry]bool{}
	for _, entry := range treeOf(f.Data) {
		if seen[entry] {
			continue
		}
		seen[entry] = true
		found, err := e.stored(ctx, rowKey(Ref{ref.WorkspaceID, entry.ID}, entry.Kind.table()))
		if err != nil {
			return nil, err
		}
		if found == nil || found.Deleted != 0 || found.Payload == nil {
			continue
		}
		if shown, home := shownEntry(entry, *found.Payload); home == "" || home == ref.ID {
			entries = append(entries, shown)
		}
	}
	for _, kind := range []EntryKind{ThreadEntry, PostEntry} {
		keys, err := db.RowsNaming(ctx, e.db.Read(), ref.WorkspaceID, string(kind.table()), "project_id", ref.ID, MaxProjectEntries)
		if err != nil {
			return nil, err
		}
		for _, pk := range keys { // one by one: a thousand payloads do not belong into memory at once
			entry := Entry{kind, pk}
			if seen[entry] {
				continue
			}
			found, err := e.stored(ctx, rowKey(Ref{ref.WorkspaceID, pk}, kind.table()))
			if err != nil {
				return nil, err
			}
			if found == nil || found.Deleted != 0 || found.Payload == nil {
				continue
			}
			if shown, home := shownEntry(entry, *found.Payload); home == ref.ID {
				entries = append(entries, shown)
			}
		}
	}
	return entries, nil
}

func shownEntry(entry Entry, payload string) (shown ProjectEntry, home string) {
	var f struct {
		Title     string  `json:"title"`
		PostType  string  `json:"post_type"`
		ProjectID string  `json:"project_id"`
		Parent    string  `json:"parent_thread_id"`
		Branch    string  `json:"branch_mode"`
		UpdatedAt seconds `json:"updated_at"`
		LastAt    seconds `json:"last_message_at"`
	}
	readFields(payload, &f)
	return ProjectEntry{Entry: entry, Title: f.Title, Post: PostType(f.PostType), Under: f.Parent, Copy: f.Branch == "copy", Active: max(f.UpdatedAt, f.LastAt).time()}, f.ProjectID
}

// treeOf reads a project's data: a list of entries, or the same as JSON in a
// text; entries may have children. What it does not know it leaves out. It is
// read once, however deep it is: reading the children of each level anew would
// cost the square of their depth.
func treeOf(data jsontext.Value) []Entry {
	if data.Kind() == '"' {
		data = jsontext.Value(textIn(data))
	}
	var nodes any
	if json.Unmarshal(data, &nodes) != nil {
		return nil
	}
	return plant(nil, nodes)
}

// plant adds the entries of nodes, each before its children.
func plant(entries []Entry, nodes any) []Entry {
	list, _ := nodes.([]any)
	for _, n := range list {
		node, _ := n.(map[string]any)
		kind, _ := node["kind"].(string)
		id, _ := node["id"].(string)
		if k := EntryKind(kind); id != "" && (k == ThreadEntry || k == PostEntry) {
			entries = append(entries, Entry{k, id})
		}
		if entries = plant(entries, node["children"]); len(entries) >= MaxProjectEntries {
			return entries[:MaxProjectEntries]
		}
	}
	return entries
}

func projectOf(row *db.ListedRow) Project {
	var f projectFields
	readFields(row.Payload, &f)
	return Project{ID: row.PK, Name: f.Name, Description: f.Description, ChangedAt: f.UpdatedAt.time()}
}
