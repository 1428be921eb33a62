package engine

import (
	"context"
	"strings"
	"unicode/utf8"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// The longest texts a form may write.
const (
	MaxTitle   = 200     // characters of a thread's title
	MaxMessage = 100_000 // bytes of a message
)

const noThread = "There is no such thread, or it was deleted."

// NewThread starts a thread. ThreadID and MessageID may be given by the form,
// so that sending it twice starts one thread; "" makes new ones. Without Text
// there is no first message.
type NewThread struct {
	WorkspaceID string
	ThreadID    string
	MessageID   string
	Title       string
	Text        string
	Files       []string // of the first message, as in NewMessage
}

// CreateThread starts a thread and gives its id. Errors: Invalid (title, text),
// Forbidden, Conflict when the id is taken by another person's thread.
func (e *Engine) CreateThread(ctx context.Context, a Actor, n NewThread) (string, error) {
	title, err := cleanTitle(n.Title)
	if err != nil {
		return "", err
	}
	written := strings.TrimSpace(n.Text) != "" || len(n.Files) > 0
	if written {
		if n.Text, err = (NewMessage{Text: n.Text, Files: n.Files}).words(); err != nil {
			return "", err
		}
	} else if n.Text = ""; title == "" {
		return "", fault.Field("text", "Write a title or a first message.")
	}
	n.ThreadID, n.MessageID = orNew(n.ThreadID), orNew(n.MessageID)
	key := rowKey(Ref{n.WorkspaceID, n.ThreadID}, wire.Threads)
	return n.ThreadID, e.own(ctx, a, n.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		if row != nil {
			return nil, sentTwice(row, a, "This thread was started and deleted meanwhile.")
		}
		now := e.second()
		fields := map[string]any{"id": n.ThreadID, "status": "ready", "pinned": false, "forked": false, "author_user_id": a.UserID, "created_at": now, "updated_at": now}
		if title != "" {
			fields["title"] = title
		}
		if written {
			fields["last_message_at"] = now
		}
		thread, err := e.put(a, key, nil, fields)
		if err != nil || !written {
			return []wire.Op{thread}, err
		}
		first, err := e.newMessage(a, NewMessage{Thread: Ref{n.WorkspaceID, n.ThreadID}, ID: n.MessageID, Text: n.Text, Files: n.Files}, 0)
		thread.Atomic, first.Atomic = "start", "start"
		return []wire.Op{thread, first}, err
	})
}

// RenameThread gives a thread another title; "" takes it away.
func (e *Engine) RenameThread(ctx context.Context, a Actor, ref Ref, title string) error {
	title, err := cleanTitle(title)
	if err != nil {
		return err
	}
	return e.changeThread(ctx, a, ref, map[string]any{"title": title})
}

// PinThread keeps a thread at the head of everybody's list, or no more.
func (e *Engine) PinThread(ctx context.Context, a Actor, ref Ref, pinned bool) error {
	return e.changeThread(ctx, a, ref, map[string]any{"pinned": pinned})
}

func (e *Engine) changeThread(ctx context.Context, a Actor, ref Ref, fields map[string]any) error {
	key := rowKey(ref, wire.Threads)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noThread)
		if err != nil {
			return nil, err
		}
		fields["updated_at"] = e.second()
		op, err := e.put(a, key, row, fields)
		return []wire.Op{op}, err
	})
}

// DeleteThread deletes a thread and then its messages. The thread goes first,
// so that an interruption leaves messages nobody is shown, not a thread with
// holes; deleting it again finishes the work.
func (e *Engine) DeleteThread(ctx context.Context, a Actor, ref Ref) error {
	key := rowKey(ref, wire.Threads)
	row, err := e.stored(ctx, key)
	if err != nil {
		return err
	}
	if row == nil {
		return fault.New(fault.NotFound, noThread)
	}
	err = e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil || row == nil || row.Deleted != 0 {
			return nil, err
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
	for more := true; more && err == nil; {
		err = e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
			ops, err := e.removeMessages(ctx, a, ref)
			more = len(ops) == wire.MaxOps
			return ops, err
		})
	}
	return err
}

func (e *Engine) removeMessages(ctx context.Context, a Actor, thread Ref) ([]wire.Op, error) {
	ids, err := db.LiveMessageKeys(ctx, e.db.Read(), thread.WorkspaceID, thread.ID, wire.MaxOps)
	if err != nil {
		return nil, err
	}
	ops := make([]wire.Op, 0, len(ids))
	for _, id := range ids {
		key := rowKey(Ref{thread.WorkspaceID, id}, wire.Messages)
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		if row != nil && row.Deleted == 0 {
			ops = append(ops, e.remove(a, key, row))
		}
	}
	return ops, nil
}

// sentTwice tells whether a row that is already there is what this person's
// form has written before, which is no error.
func sentTwice(row *db.SyncRow, a Actor, deleted string) error {
	switch {
	case row.CreatedBy != a.UserID:
		return fault.New(fault.Conflict, "This id is taken. Open the form again.")
	case row.Deleted != 0:
		return fault.New(fault.Conflict, deleted)
	}
	return nil
}

func cleanTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(title), " ")
	if !utf8.ValidString(title) || strings.ContainsRune(title, 0) {
		return "", fault.Field("title", "The title holds characters that cannot be stored.")
	}
	if utf8.RuneCountInString(title) > MaxTitle {
		return "", fault.Field("title", "A title has at most 200 characters.")
	}
	return title, nil
}

func orNew(id string) string {
	if id == "" {
		return newID()
	}
	return id
}
