package engine

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// The longest texts of a project, in characters.
const (
	MaxProjectName        = 100
	MaxProjectDescription = 1000
)

// ProjectTexts are what a person types about a project.
type ProjectTexts struct{ Name, Description string }

// CreateProject makes a project without entries and gives its id; id may be
// given by the form, so that sending it twice makes one.
func (e *Engine) CreateProject(ctx context.Context, a Actor, ref Ref, texts ProjectTexts) (string, error) {
	texts, err := cleanProject(texts)
	if err != nil {
		return "", err
	}
	ref.ID = orNew(ref.ID)
	key := rowKey(ref, wire.Projects)
	return ref.ID, e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		if row != nil {
			return nil, sentTwice(row, a, "This project was made and deleted meanwhile.")
		}
		now := e.second()
		op, err := e.put(a, key, nil, map[string]any{"id": ref.ID, "name": texts.Name, "description": texts.Description, "data": []any{}, "created_at": now, "updated_at": now})
		return []wire.Op{op}, err
	})
}

// DescribeProject gives a project another name and description.
func (e *Engine) DescribeProject(ctx context.Context, a Actor, ref Ref, texts ProjectTexts) error {
	texts, err := cleanProject(texts)
	if err != nil {
		return err
	}
	key := rowKey(ref, wire.Projects)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noProject)
		if err != nil {
			return nil, err
		}
		op, err := e.put(a, key, row, map[string]any{"name": texts.Name, "description": texts.Description, "updated_at": e.second()})
		return []wire.Op{op}, err
	})
}

// DeleteProject deletes a project. Its threads and documents stay, in no project.
func (e *Engine) DeleteProject(ctx context.Context, a Actor, ref Ref) error {
	entries, err := e.ProjectEntries(ctx, ref)
	if err != nil {
		return err
	}
	key := rowKey(ref, wire.Projects)
	err = e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noProject)
		if err != nil {
			return nil, err
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
	for _, entry := range entries {
		if err == nil {
			err = e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
				return e.house(ctx, a, ref.WorkspaceID, entry.Entry, ref.ID, "")
			})
		}
	}
	return err
}

// MoveToProject puts a thread or a post into a project, at its end, and takes
// it out of the one it was in. projectID "" takes it out alone.
func (e *Engine) MoveToProject(ctx context.Context, a Actor, workspaceID string, entry Entry, projectID string) error {
	return e.own(ctx, a, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, rowKey(Ref{workspaceID, entry.ID}, entry.Kind.table()), "There is no such thread or document, or it was deleted.")
		if err != nil {
			return nil, err
		}
		var now struct {
			ProjectID string `json:"project_id"`
		}
		readFields(*row.Payload, &now)
		ops, err := e.house(ctx, a, workspaceID, entry, now.ProjectID, projectID)
		if err != nil {
			return nil, err
		}
		if projectID != "" {
			op, err := e.replant(ctx, a, Ref{workspaceID, projectID}, func(tree []Entry) []Entry {
				if slices.Contains(tree, entry) {
					return tree
				}
				return append(tree, entry)
			})
			if err != nil {
				return nil, err
			}
			ops = append(ops, op...)
		}
		if now.ProjectID != "" && now.ProjectID != projectID {
			op, err := e.replant(ctx, a, Ref{workspaceID, now.ProjectID}, func(tree []Entry) []Entry {
				return slices.DeleteFunc(tree, func(x Entry) bool { return x == entry })
			})
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			ops = append(ops, op...)
		}
		for i := range ops {
			ops[i].Atomic = "move"
		}
		return ops, nil
	})
}

// OrderProject moves an entry by so many places, up when negative.
func (e *Engine) OrderProject(ctx context.Context, a Actor, ref Ref, entry Entry, by int) error {
	shown, err := e.ProjectEntries(ctx, ref)
	if err != nil {
		return err
	}
	order := make([]Entry, 0, len(shown))
	for _, s := range shown {
		order = append(order, s.Entry)
	}
	at := slices.Index(order, entry)
	if at < 0 {
		return fault.New(fault.NotFound, "This is not in the project any more.")
	}
	to := min(max(at+by, 0), len(order)-1)
	order = slices.Insert(slices.Delete(order, at, at+1), to, entry)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		return e.replant(ctx, a, ref, func([]Entry) []Entry { return order })
	})
}

// house writes into a thread or post which project it is in, when that
// changes. from is where it has to be now, "" for wherever.
func (e *Engine) house(ctx context.Context, a Actor, workspaceID string, entry Entry, from, to string) ([]wire.Op, error) {
	key := rowKey(Ref{workspaceID, entry.ID}, entry.Kind.table())
	row, err := e.stored(ctx, key)
	if err != nil || row == nil || row.Deleted != 0 {
		return nil, err
	}
	var now struct {
		ProjectID string `json:"project_id"`
	}
	readFields(*row.Payload, &now)
	if now.ProjectID == to || from != "" && now.ProjectID != from {
		return nil, nil
	}
	var value any
	if to != "" {
		value = to
	}
	op, err := e.put(a, key, row, map[string]any{"project_id": value})
	return []wire.Op{op}, err
}

// replant rewrites a project's tree.
func (e *Engine) replant(ctx context.Context, a Actor, ref Ref, change func([]Entry) []Entry) ([]wire.Op, error) {
	key := rowKey(ref, wire.Projects)
	row, err := e.live(ctx, key, noProject)
	if err != nil {
		return nil, err
	}
	var f projectFields
	readFields(*row.Payload, &f)
	before := treeOf(f.Data)
	after := change(slices.Clone(before))
	if slices.Equal(before, after) {
		return nil, nil
	}
	if len(after) > MaxProjectEntries {
		return nil, fault.New(fault.Invalid, "A project holds at most 1,000 threads and documents.")
	}
	tree := make([]map[string]string, 0, len(after))
	for _, entry := range after {
		tree = append(tree, map[string]string{"kind": string(entry.Kind), "id": entry.ID})
	}
	op, err := e.put(a, key, row, map[string]any{"data": tree, "updated_at": e.second()})
	return []wire.Op{op}, err
}

func cleanProject(t ProjectTexts) (ProjectTexts, error) {
	t.Name = strings.Join(strings.Fields(t.Name), " ")
	t.Description = strings.TrimSpace(strings.ReplaceAll(t.Description, "\r\n", "\n"))
	switch {
	case t.Name == "":
		return t, fault.Field("name", "Give the project a name.")
	case utf8.RuneCountInString(t.Name) > MaxProjectName:
		return t, fault.Field("name", "A name has at most 100 characters.")
	case utf8.RuneCountInString(t.Description) > MaxProjectDescription:
		return t, fault.Field("description", "A description has at most 1,000 characters.")
	case !utf8.ValidString(t.Name+t.Description) || strings.ContainsRune(t.Name+t.Description, 0):
		return t, fault.Field("name", "The name or description holds characters that cannot be stored.")
	}
	return t, nil
}

// LeaveProject takes a thread or post out of a project. What is in another
// project by now stays there.
func (e *Engine) LeaveProject(ctx context.Context, a Actor, ref Ref, entry Entry) error {
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		ops, err := e.house(ctx, a, ref.WorkspaceID, entry, ref.ID, "")
		if err != nil {
			return nil, err
		}
		op, err := e.replant(ctx, a, ref, func(tree []Entry) []Entry {
			return slices.DeleteFunc(tree, func(x Entry) bool { return x == entry })
		})
		ops = append(ops, op...)
		for i := range ops {
			ops[i].Atomic = "leave"
		}
		return ops, err
	})
}
