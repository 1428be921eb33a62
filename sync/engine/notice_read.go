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

// Notices lists a person's notices in a workspace, the latest first.
func (e *Engine) Notices(ctx context.Context, workspaceID, userID string, offset, limit int) (notices []Notice, total int, err error) {
	l := noticeListing(workspaceID, userID)
	l.Offset, l.Limit = max(offset, 0), limit
	if total, err = db.CountLivePosts(ctx, e.db.Read(), l); err != nil || total == 0 {
		return nil, total, err
	}
	rows, err := db.LivePosts(ctx, e.db.Read(), l)
	for i := range rows {
		notices = append(notices, noticeOf(rows[i].PK, rows[i].Payload))
	}
	return notices, total, err
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
