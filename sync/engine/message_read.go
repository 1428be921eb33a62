package engine

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// Message is a message as the pages show it. Text is plain or Markdown, as it
// was written.
type Message struct {
	ID        string
	ThreadID  string
	Role      string // user, assistant, …
	Author    Person
	CreatedAt time.Time
	UpdatedAt time.Time
	Text      string
	Files     []string // hashes of what is attached
	Pending   bool     // an answer that is still being written
}

// MessageQuery asks for a part of a thread. Before and After are cursors of an
// earlier MessagePage; without either it is the end of the thread.
type MessageQuery struct {
	Thread        Ref
	Before, After string
	Limit         int // 0 means 50
}

// MessagePage is a part of a thread in the order of reading: by index, then
// order_key, then id; of long messages it has fewer than were asked for. The cursors are "" where the thread begins or ends.
type MessagePage struct {
	Messages []Message
	Earlier  string // pass as Before
	Later    string // pass as After
}

// messagesBytes is how many bytes of messages a page holds before it ends, the one
// that it begins with not counted: the longest of them make pages of many megabytes
// when they are drawn.
const messagesBytes = 512 << 10

// fitting is how many messages of a list a page holds.
func fitting(rows []db.ListedRow, limit int) int {
	bytes := 0
	for i := range rows[:min(len(rows), limit)] {
		bytes += len(rows[i].Payload)
		if i > 0 && bytes > messagesBytes {
			return i
		}
	}
	return min(len(rows), limit)
}

func bytesOf(messages []Message) (n int) {
	for i := range messages {
		n += len(messages[i].Text)
	}
	return n
}

type messageFields struct {
	ThreadID  string  `json:"thread_id"`
	Role      string  `json:"role"`
	CreatedAt seconds `json:"created_at"`
	UpdatedAt seconds `json:"updated_at"`
	Pending   bool    `json:"pending"`
	Files     string  `json:"file_hashes"`
}

// Messages reads a part of a thread. The caller has asked can() and for the
// thread. A cursor nobody gave is an Invalid fault.
func (e *Engine) Messages(ctx context.Context, q MessageQuery) (MessagePage, error) {
	if q.Limit == 0 {
		q.Limit = 50
	}
	if q.After != "" {
		return e.messagesAfter(ctx, q)
	}
	var before *db.Position
	if q.Before != "" {
		position, err := parsePosition(q.Before)
		if err != nil {
			return MessagePage{}, err
		}
		before = &position
	}
	rows, err := db.MessagesBefore(ctx, e.db.Read(), q.Thread.WorkspaceID, q.Thread.ID, before, q.Limit+1)
	if err != nil {
		return MessagePage{}, err
	}
	if len(rows) == 0 && before != nil { // what the link pointed at has gone
		return e.Messages(ctx, MessageQuery{Thread: q.Thread, Limit: q.Limit})
	}
	fit := fitting(rows, q.Limit)
	more := len(rows) > fit
	rows = rows[:fit]
	slices.Reverse(rows)
	page := messagePage(rows)
	if !more {
		page.Earlier = ""
	}
	if before == nil {
		page.Later = ""
	}
	return page, nil
}

func (e *Engine) messagesAfter(ctx context.Context, q MessageQuery) (MessagePage, error) {
	after, err := parsePosition(q.After)
	if err != nil {
		return MessagePage{}, err
	}
	rows, err := db.MessagesAfter(ctx, e.db.Read(), q.Thread.WorkspaceID, q.Thread.ID, after, q.Limit+1)
	if err != nil {
		return MessagePage{}, err
	}
	if len(rows) == 0 {
		return e.Messages(ctx, MessageQuery{Thread: q.Thread, Limit: q.Limit})
	}
	fit := fitting(rows, q.Limit)
	more := len(rows) > fit
	page := messagePage(rows[:fit])
	if !more {
		page.Later = ""
	}
	return page, nil
}

// Message reads one message; one that is not there, or deleted, is a NotFound fault.
func (e *Engine) Message(ctx context.Context, ref Ref) (Message, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(ref, wire.Messages))
	if err != nil {
		return Message{}, missing(err, "There is no such message, or it was deleted.")
	}
	return messageOf(&row), nil
}

// Before gives the last messages up to where a branch goes on, in the order of
// reading; more says that there are others before them. Where the parent is a
// branch itself, what stands before it follows. A parent or message that is gone
// gives none.
func (e *Engine) Before(ctx context.Context, workspaceID string, o Origin, limit int) (messages []Message, more bool, err error) {
	seen := map[string]bool{} // a hand-made push can name threads as each other's parent
	for from := &o; !seen[from.ThreadID]; {
		seen[from.ThreadID] = true
		anchor, err := e.branchPoint(ctx, workspaceID, *from)
		if err != nil || anchor == nil {
			return messages, false, err
		}
		left := limit - len(messages)
		if left <= 0 || bytesOf(messages) > messagesBytes {
			return messages, true, nil
		}
		rows, err := db.MessagesBefore(ctx, e.db.Read(), workspaceID, from.ThreadID, &db.Position{SortNum: anchor.SortNum, SortText: anchor.SortText, PK: anchor.PK}, left)
		if err != nil {
			return nil, false, err
		}
		fit := fitting(rows, left-1)
		more = len(rows) > fit
		rows = rows[:fit]
		slices.Reverse(rows)
		messages = append(messagePage(append(rows, *anchor)).Messages, messages...)
		if more {
			return messages, true, nil
		}
		parent, err := e.Thread(ctx, Ref{workspaceID, from.ThreadID})
		if fault.Is(err, fault.NotFound) || err == nil && (parent.Origin == nil || parent.Origin.Copy) {
			return messages, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		from = parent.Origin
	}
	return messages, false, nil
}

// branchPoint gives the message a branch goes on from; nil when it is gone.
func (e *Engine) branchPoint(ctx context.Context, workspaceID string, o Origin) (*db.ListedRow, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(Ref{workspaceID, o.MessageID}, wire.Messages))
	if fault.Is(err, fault.NotFound) || err == nil && row.GroupKey != o.ThreadID {
		return nil, nil //nolint:nilnil // that it is gone is an answer, not an error
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// messagePage makes a page with a cursor at either end.
func messagePage(rows []db.ListedRow) MessagePage {
	page := MessagePage{Messages: make([]Message, 0, len(rows))}
	for i := range rows {
		page.Messages = append(page.Messages, messageOf(&rows[i]))
	}
	if len(rows) > 0 {
		page.Earlier, page.Later = formatPosition(&rows[0]), formatPosition(&rows[len(rows)-1])
	}
	return page
}

func messageOf(row *db.ListedRow) Message {
	var f messageFields
	readFields(row.Payload, &f)
	return Message{ID: row.PK, ThreadID: f.ThreadID, Role: f.Role, Author: Person{row.CreatedBy, row.CreatedByName},
		CreatedAt: f.CreatedAt.time(), UpdatedAt: f.UpdatedAt.time(), Text: textOf(row.Payload), Files: hashesOf(f.Files), Pending: f.Pending}
}

// A cursor is a position in base64, so that it fits into a URL whatever a
// client has made of its order keys.
func formatPosition(row *db.ListedRow) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(row.SortNum, 10) + "\x00" + row.SortText + "\x00" + row.PK))
}

func parsePosition(cursor string) (db.Position, error) {
	wrong := fault.Field("cursor", "This link is broken. Open the page again.")
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(text), "\x00")
	if err != nil || len(parts) != 3 {
		return db.Position{}, wrong
	}
	num, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || strings.ToValidUTF8(string(text), "") != string(text) {
		return db.Position{}, wrong
	}
	return db.Position{SortNum: num, SortText: parts[1], PK: parts[2]}, nil
}
