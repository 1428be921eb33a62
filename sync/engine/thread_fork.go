package engine

import (
	"cmp"
	"context"
	"slices"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// MaxCopied is how many messages a fork copies at most.
const MaxCopied = 2000

// copiedBytes is how much a fork copies at most.
const copiedBytes = 16 << 20

// Fork asks for a thread that goes on from a message of another. Copy takes the
// messages up to there along as rows of the new thread; without it the new
// thread shows them as they stand in the old one (a branch). ThreadID may be
// given by the form, so that sending it twice forks once.
type Fork struct {
	Parent   Ref
	Anchor   string // a message of Parent; "" is its last
	Copy     bool
	Title    string
	ThreadID string
}

// ForkThread makes the new thread and gives its id. The copies are written
// before the thread, so that nobody meets half of it; an interruption leaves
// messages without a thread, which nobody is shown. Errors: NotFound (thread,
// message), Invalid (title, too many messages), Forbidden.
func (e *Engine) ForkThread(ctx context.Context, a Actor, f Fork) (string, error) {
	title, err := cleanTitle(f.Title)
	if err != nil {
		return "", err
	}
	parent, err := e.live(ctx, rowKey(f.Parent, wire.Threads), noThread)
	if err != nil {
		return "", err
	}
	anchor, err := e.anchor(ctx, f)
	if err != nil {
		return "", err
	}
	f.ThreadID = orNew(f.ThreadID)
	key := rowKey(Ref{f.Parent.WorkspaceID, f.ThreadID}, wire.Threads)
	if row, err := e.stored(ctx, key); err != nil || row != nil {
		return f.ThreadID, firstError(err, sentTwiceOrNot(row, a))
	}
	last := e.second()
	if f.Copy {
		if err := e.copyMessages(ctx, a, f, anchor); err != nil {
			return "", err
		}
	}
	var old struct {
		ProjectID string `json:"project_id"`
		PromptID  string `json:"system_prompt_id"`
	}
	readFields(*parent.Payload, &old)
	fields := map[string]any{
		"id": f.ThreadID, "status": "ready", "pinned": false, "forked": true, "created_at": last, "updated_at": last, "last_message_at": last, "author_user_id": a.UserID,
		"parent_thread_id": f.Parent.ID, "anchor_message_id": anchor.PK, "anchor_index": anchor.SortNum, "branch_mode": "reference",
	}
	if f.Copy {
		fields["branch_mode"] = "copy"
	}
	for name, value := range map[string]string{"title": title, "project_id": old.ProjectID, "system_prompt_id": old.PromptID} {
		if value != "" {
			fields[name] = value
		}
	}
	return f.ThreadID, e.own(ctx, a, f.Parent.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil || row != nil {
			return nil, err
		}
		op, err := e.put(a, key, nil, fields)
		return []wire.Op{op}, err
	})
}

func sentTwiceOrNot(row *db.SyncRow, a Actor) error {
	if row == nil {
		return nil
	}
	return sentTwice(row, a, "This thread was started and deleted meanwhile.")
}

// anchor finds the message a fork goes on from.
func (e *Engine) anchor(ctx context.Context, f Fork) (db.ListedRow, error) {
	if f.Anchor != "" {
		row, err := db.LiveRow(ctx, e.db.Read(), rowKey(Ref{f.Parent.WorkspaceID, f.Anchor}, wire.Messages))
		if err == nil && row.GroupKey != f.Parent.ID {
			err = fault.New(fault.NotFound, noMessage)
		}
		return row, missing(err, noMessage)
	}
	rows, err := db.MessagesBefore(ctx, e.db.Read(), f.Parent.WorkspaceID, f.Parent.ID, nil, 1)
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.Invalid, "There is nothing to go on from: this thread has no message yet.")
	}
	if err != nil {
		return db.ListedRow{}, err
	}
	return rows[0], nil
}

// firstAuthor is who wrote a message first: a copy names them already.
func firstAuthor(row *db.ListedRow) string {
	var f struct {
		CopiedAuthor string `json:"copied_author_id"`
	}
	readFields(row.Payload, &f)
	return cmp.Or(f.CopiedAuthor, row.CreatedBy)
}

// copyMessages writes copies of the parent's messages up to the anchor. Each
// keeps its place and its times and names its original and who wrote that; its
// own author is who copies, because nobody writes in another's name.
func (e *Engine) copyMessages(ctx context.Context, a Actor, f Fork, anchor db.ListedRow) error {
	rows, err := e.toCopy(ctx, f, anchor)
	if err != nil {
		return err
	}
	slices.Reverse(rows)
	rows = append(rows, anchor)
	for part := range slices.Chunk(rows, wire.MaxOps/2) {
		err := e.own(ctx, a, f.Parent.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
			var ops []wire.Op
			for i := range part {
				id := newID()
				original := &db.SyncRow{Payload: &part[i].Payload}
				op, err := e.put(a, rowKey(Ref{f.Parent.WorkspaceID, id}, wire.Messages), original, map[string]any{"id": id, "thread_id": f.ThreadID, "copied_from": part[i].PK, "author_user_id": a.UserID, "copied_author_id": firstAuthor(&part[i])})
				if err != nil {
					return nil, err
				}
				op.Stamp.Clock = 1
				ops = append(ops, op)
			}
			return ops, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// toCopy reads the messages before the anchor, the nearest first, a part at a
// time: messages may be large, and only so much is copied.
func (e *Engine) toCopy(ctx context.Context, f Fork, anchor db.ListedRow) ([]db.ListedRow, error) {
	var rows []db.ListedRow
	at, bytes := anchor, len(anchor.Payload)
	for {
		some, err := db.MessagesBefore(ctx, e.db.Read(), f.Parent.WorkspaceID, f.Parent.ID, &db.Position{SortNum: at.SortNum, SortText: at.SortText, PK: at.PK}, wire.MaxOps)
		if err != nil {
			return nil, err
		}
		for i := range some {
			bytes += len(some[i].Payload)
		}
		rows = append(rows, some...)
		switch {
		case len(rows) >= MaxCopied:
			return nil, fault.New(fault.Invalid, "More than 2,000 messages lie before this one. Make a branch, which copies nothing.")
		case bytes > copiedBytes:
			return nil, fault.New(fault.Invalid, "The messages before this one are too much to copy. Make a branch, which copies nothing.")
		case len(some) < wire.MaxOps:
			return rows, nil
		}
		at = some[len(some)-1]
	}
}

// mostPromptUses bounds how many threads of a prompt are counted.
const mostPromptUses = 10_000

// PromptUses counts the threads that have a prompt as their system prompt.
func (e *Engine) PromptUses(ctx context.Context, ref Ref) (int, error) {
	keys, err := db.RowsNaming(ctx, e.db.Read(), ref.WorkspaceID, string(wire.Threads), "system_prompt_id", ref.ID, mostPromptUses)
	return len(keys), err
}

// SetThreadPrompt gives a thread a prompt as its system prompt; "" takes it away.
func (e *Engine) SetThreadPrompt(ctx context.Context, a Actor, ref Ref, promptID string) error {
	if promptID != "" {
		post, err := e.Post(ctx, Ref{ref.WorkspaceID, promptID})
		if err == nil && post.Type != Prompt {
			err = fault.Field("prompt", "This is not a prompt.")
		}
		if err != nil {
			return err
		}
	}
	var value any
	if promptID != "" {
		value = promptID
	}
	return e.changeThread(ctx, a, ref, map[string]any{"system_prompt_id": value})
}
