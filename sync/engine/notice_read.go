package engine

import (
	"context"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// Notice is a notification: a row that its person alone sees.
type Notice struct {
	ID         string
	Type       string
	Title      string
	Body       string
	ThreadID   string
	DocumentID string
	Read       bool
	At         time.Time

	// Table and PK name the row whose history has what did not stand; "" for a
	// notice about something else.
	Table, PK string

	// Link is a page of this server that the notice leads to, a path that begins
	// with one slash; "" leads nowhere, or where the thread or document is.
	Link string
}

// MaxUnread is where counting unread notices stops: a badge says 99+.
const MaxUnread = 100

type noticeFields struct {
	Type       string  `json:"type"`
	Title      string  `json:"title"`
	Body       string  `json:"body"`
	ThreadID   string  `json:"thread_id"`
	DocumentID string  `json:"document_id"`
	ReadAt     seconds `json:"read_at"`
	CreatedAt  seconds `json:"created_at"`
	Actions    any     `json:"actions"` // devices write it: it may be anything
}

// NoticeQuery asks for a part of a person's notices in a workspace. Before is
// the Earlier of another part; without it come the latest.
type NoticeQuery struct {
	WorkspaceID string
	UserID      string
	Before      string
	Limit       int // 0 means 50
}

// NoticePage is a part of a person's notices, the latest first. Total counts all
// of them. Earlier is a cursor, "" at the first notice there ever was.
type NoticePage struct {
	Notices []Notice
	Total   int
	Latest  bool   // nothing later stands before them
	Earlier string // pass as Before
}

// Notices reads a part of a person's notices. A cursor nobody gave is an Invalid
// fault; one behind which nothing is left gives the latest.
func (e *Engine) Notices(ctx context.Context, q NoticeQuery) (NoticePage, error) {
	if q.Limit == 0 {
		q.Limit = 50
	}
	l := noticeListing(q.WorkspaceID, q.UserID)
	total, err := db.CountLivePosts(ctx, e.db.Read(), l)
	if err != nil {
		return NoticePage{}, err
	}
	if q.Before != "" {
		before, err := parsePosition(q.Before)
		if err != nil {
			return NoticePage{}, err
		}
		l.Before = &before
	}
	l.Limit = q.Limit + 1
	rows, err := db.LivePosts(ctx, e.db.Read(), l)
	if err != nil {
		return NoticePage{}, err
	}
	if len(rows) == 0 && q.Before != "" {
		q.Before = ""
		return e.Notices(ctx, q)
	}
	page := NoticePage{Total: total, Latest: q.Before == ""}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		page.Earlier = formatPosition(&rows[q.Limit-1].ListedRow)
	}
	for i := range rows {
		page.Notices = append(page.Notices, noticeOf(rows[i].PK, rows[i].Payload))
	}
	return page, nil
}

// Unread counts a person's unread notices among their latest thousand, up to
// MaxUnread.
func (e *Engine) Unread(ctx context.Context, workspaceID, userID string) (int, error) {
	return db.UnreadNotices(ctx, e.db.Read(), workspaceID, cut(userID), 1000, MaxUnread)
}

func noticeListing(workspaceID, userID string) db.Listing {
	return db.Listing{WorkspaceID: workspaceID, Table: string(wire.Notifications), Group: cut(userID)}
}

func noticeOf(id, payload string) Notice {
	var f noticeFields
	readFields(payload, &f)
	table, pk := historyIn(f.Actions)
	return Notice{Link: linkIn(f.Actions), ID: id, Type: f.Type, Title: f.Title, Body: f.Body, ThreadID: f.ThreadID, DocumentID: f.DocumentID, Read: f.ReadAt > 0, At: f.CreatedAt.time(), Table: table, PK: pk}
}

// historyIn finds the action that leads to a row's history.
func historyIn(actions any) (table, pk string) {
	list, _ := actions.([]any)
	for _, a := range list {
		action, _ := a.(map[string]any)
		if action["kind"] == "history" {
			table, _ = action["target"].(string)
			pk, _ = action["data"].(string)
			return table, pk
		}
	}
	return "", ""
}

// linkIn finds the action that leads to a page. Devices write actions too, so that
// anything may stand there: what could lead to another server leads nowhere.
func linkIn(actions any) string {
	list, _ := actions.([]any)
	for _, a := range list {
		action, _ := a.(map[string]any)
		link, _ := action["target"].(string)
		if action["kind"] == "navigate" && strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") &&
			!strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
			return link
		}
	}
	return ""
}

// MutedThreads are the threads a person hears nothing about, kept in their kv
// row user.<id>.notification_muted_threads as a JSON list.
func (e *Engine) MutedThreads(ctx context.Context, workspaceID, userID string) ([]string, error) {
	row, err := e.stored(ctx, rowKey(Ref{workspaceID, mutedName(userID)}, wire.KV))
	if err != nil || row == nil || row.Deleted != 0 {
		return nil, err
	}
	return mutedIn(*row.Payload), nil
}

func mutedName(userID string) string { return "user." + userID + ".notification_muted_threads" }

func mutedIn(payload string) []string {
	var kv struct {
		Value string `json:"value"`
	}
	readFields(payload, &kv)
	var ids []string
	readFields(kv.Value, &ids)
	return ids
}
