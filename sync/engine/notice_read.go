package engine

import (
	"context"
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
	return Notice{ID: id, Type: f.Type, Title: f.Title, Body: f.Body, ThreadID: f.ThreadID, DocumentID: f.DocumentID, Read: f.ReadAt > 0, At: f.CreatedAt.time()}
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
