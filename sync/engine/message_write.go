package engine

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

const noMessage = "There is no such message, or it was deleted."

// NewMessage is a message at the end of a thread. ID may be given by the form,
// so that sending it twice writes once; "" makes a new one.
type NewMessage struct {
	Thread Ref
	ID     string
	Text   string
	Files  []string // hashes of files of the workspace; with some it needs no words
}

// AppendMessage writes a message at the end of a thread, marks the thread as
// active and gives the message's id. Errors: Invalid (text), NotFound (the
// thread), Forbidden, Conflict when the id is taken by another person's message.
func (e *Engine) AppendMessage(ctx context.Context, a Actor, n NewMessage) (string, error) {
	text, err := n.words()
	if err != nil {
		return "", err
	}
	n.Text, n.ID = text, orNew(n.ID)
	var written db.RowKey
	err = e.own(ctx, a, n.Thread.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		thread, err := e.live(ctx, rowKey(n.Thread, wire.Threads), noThread)
		if err != nil {
			return nil, err
		}
		if written.PK != "" && thread.SortNum >= e.second() {
			return nil, nil // somebody else's message has marked it
		}
		active, err := e.put(a, rowKey(n.Thread, wire.Threads), thread, map[string]any{"last_message_at": e.second(), "updated_at": e.second()})
		if err != nil {
			return nil, err
		}
		if written.PK != "" { // the message stands, only the thread's row lost
			return []wire.Op{active}, nil
		}
		key := rowKey(Ref{n.Thread.WorkspaceID, n.ID}, wire.Messages)
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		if row != nil {
			return nil, sentTwice(row, a, "This message was written and deleted meanwhile.")
		}
		last, some, err := db.LastMessageIndex(ctx, e.db.Read(), n.Thread.WorkspaceID, n.Thread.ID)
		if err != nil {
			return nil, err
		}
		if some {
			last = min(last+1, wire.MaxClock) // behind the greatest index there is, order_key orders
		}
		message, err := e.newMessage(a, n, last)
		message.Atomic, active.Atomic = "append", "append"
		written = key
		return []wire.Op{message, active}, err
	})
	if err != nil && written.PK != "" && fault.Is(err, fault.NotFound) {
		// The thread was deleted between reading and writing it.
		return "", firstError(e.DeleteMessage(ctx, a, Ref{n.Thread.WorkspaceID, n.ID}), err)
	}
	return n.ID, err
}

// newMessage makes the op of a new message.
func (e *Engine) newMessage(a Actor, n NewMessage, index int64) (wire.Op, error) {
	now := e.second()
	fields := map[string]any{
		"id": n.ID, "thread_id": n.Thread.ID, "role": "user", "index": index, "order_key": e.clock.Next(),
		"data": map[string]string{"content": n.Text}, "author_user_id": a.UserID, "created_at": now, "updated_at": now,
	}
	if len(n.Files) > 0 {
		list, err := json.Marshal(n.Files)
		if err != nil {
			return wire.Op{}, err
		}
		fields["file_hashes"] = string(list)
	}
	return e.put(a, rowKey(Ref{n.Thread.WorkspaceID, n.ID}, wire.Messages), nil, fields)
}

// words are the message's text, cleaned.
func (n NewMessage) words() (string, error) {
	if len(n.Files) > 0 && strings.TrimSpace(n.Text) == "" {
		return "", nil
	}
	return cleanText(n.Text)
}

// EditMessage replaces the words of a message; its author and everything else
// in it stay.
func (e *Engine) EditMessage(ctx context.Context, a Actor, ref Ref, text string) error {
	text, err := cleanText(text)
	if err != nil {
		return err
	}
	key := rowKey(ref, wire.Messages)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noMessage)
		if err != nil {
			return nil, err
		}
		op, err := e.put(a, key, row, map[string]any{"data": withContent(*row.Payload, text), "updated_at": e.second()})
		return []wire.Op{op}, err
	})
}

// DeleteMessage deletes a message.
func (e *Engine) DeleteMessage(ctx context.Context, a Actor, ref Ref) error {
	key := rowKey(ref, wire.Messages)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noMessage)
		if err != nil {
			return nil, err
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
}

// withContent is the message's data with other words.
func withContent(payload, text string) map[string]any {
	var message struct {
		Data jsontext.Value `json:"data"`
	}
	readFields(payload, &message)
	data := map[string]any{}
	if message.Data.Kind() == '{' {
		old := map[string]jsontext.Value{}
		_ = json.Unmarshal(message.Data, &old)
		for name, value := range old {
			data[name] = value
		}
	}
	data["content"] = text
	return data
}

// cleanText keeps a person's words as they are, but for line ends and the white
// space around them.
func cleanText(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	switch {
	case text == "":
		return "", fault.Field("text", "Write something first.")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", fault.Field("text", "The message holds characters that cannot be stored.")
	case len(text) > MaxMessage:
		return "", fault.Field("text", "A message has at most 100,000 bytes.")
	}
	return text, nil
}
