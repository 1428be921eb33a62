package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// Types of notices of new messages.
const (
	NoticeMessage = "message.received"    // a person wrote it
	NoticeAnswer  = "ai.message.received" // a program did
)

const (
	hearers     = wire.MaxOps      // people told of one message: those who wrote last
	hearersFrom = 1000             // messages of a thread among which they are looked for
	noticeEvery = 15 * time.Second // the unread notice of a thread is not renewed sooner
)

// told is a notice for one person.
type told struct {
	userID string
	notice Notice
}

// tellThread writes the notices of a thread's new messages: for whoever started
// it or wrote in it, the latest message that is not their own.
func (t *tidings) tellThread(ctx context.Context, messages []news) error {
	ref := messages[0].thread
	thread, people, err := t.e.partakers(ctx, ref)
	if err != nil {
		return err
	}
	var all []told
	for _, n := range messages {
		notice, err := t.e.noticeOfMessage(ctx, n, thread)
		if err != nil {
			return err
		}
		if notice == nil {
			continue
		}
		var rest []string
		for _, person := range people {
			if person == n.userID {
				rest = append(rest, person)
				continue
			}
			one, err := t.forPerson(ctx, ref, person, *notice)
			if err != nil {
				return err
			}
			all = append(all, one...)
		}
		people = rest
	}
	if err := t.e.raise(ctx, ref.WorkspaceID, all); err != nil {
		return err
	}
	t.e.stats.told.Add(int64(len(all)))
	return nil
}

// forPerson is what one person is told: the notice, that there is more, or
// nothing.
func (t *tidings) forPerson(ctx context.Context, thread Ref, person string, n Notice) ([]told, error) {
	if !t.mayRead(ctx, person, thread.WorkspaceID) {
		return nil, nil
	}
	muted, err := t.e.MutedThreads(ctx, thread.WorkspaceID, person)
	if err != nil || slices.Contains(muted, thread.ID) {
		return nil, err
	}
	n.ID = t.e.answerID(person, thread.ID)
	row, err := t.e.stored(ctx, rowKey(Ref{thread.WorkspaceID, n.ID}, wire.Notifications))
	if err != nil {
		return nil, err
	}
	now := t.e.now()
	if row != nil && row.Deleted == 0 && row.OwnerUserID == person {
		if last := noticeOf(n.ID, *row.Payload); !last.Read && now.Sub(last.At) < noticeEvery {
			return nil, nil
		}
	}
	switch t.pace.step(Ref{thread.WorkspaceID, person}, now) {
	case stepSilent:
		return nil, nil
	case stepMore:
		n = Notice{ID: t.e.answerID(person, ""), Type: NoticeMessage, Title: "Many messages came at once",
			Body: "They are not told of one by one. The list of threads shows them all."}
	}
	return []told{{person, n}}, nil
}

// partakers gives a thread's title and who takes part in it: who started it and
// who wrote in it. A thread that is not there has nobody.
func (e *Engine) partakers(ctx context.Context, ref Ref) (title string, people []string, err error) {
	row, err := e.stored(ctx, rowKey(ref, wire.Threads))
	if err != nil || row == nil || row.Deleted != 0 {
		return "", nil, err
	}
	writers, err := db.ThreadWriters(ctx, e.db.Read(), ref.WorkspaceID, cut(ref.ID), hearersFrom)
	if err != nil {
		return "", nil, err
	}
	if row.CreatedBy != "" {
		people = append(people, row.CreatedBy)
	}
	for _, w := range writers {
		if w.ID != "" && w.ID != row.CreatedBy && len(people) < hearers {
			people = append(people, w.ID)
		}
	}
	var f threadFields
	readFields(*row.Payload, &f)
	return f.Title, people, nil
}

// noticeOfMessage words a notice; nil when the message is gone already.
func (e *Engine) noticeOfMessage(ctx context.Context, n news, title string) (*Notice, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(Ref{n.thread.WorkspaceID, n.messageID}, wire.Messages))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var f struct {
		Role string `json:"role"`
	}
	readFields(row.Payload, &f)
	if title = preview(title); title == "" {
		title = "an untitled thread"
	}
	notice := Notice{Type: NoticeMessage, Title: row.CreatedByName + " answered in " + title, Body: excerpt.Of(textOf(row.Payload), previewLength), ThreadID: n.thread.ID}
	if f.Role == "assistant" || row.CreatedByName == "" {
		notice.Type, notice.Title = NoticeAnswer, "An answer came in "+title
	}
	return &notice, nil
}

// answerID names a person's notice of a thread, so that telling again renews it
// instead of adding another. Nobody but that person sees it, and nobody can
// compute it: whoever took it first would have each message told by itself.
func (e *Engine) answerID(userID, threadID string) string {
	sum := hmac.New(sha256.New, e.noticeKey)
	sum.Write([]byte(userID + "\x00" + threadID))
	return "answer-" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// raise writes notices, each over the one of its id: unread, and of this moment.
func (e *Engine) raise(ctx context.Context, workspaceID string, all []told) error {
	if len(all) == 0 {
		return nil
	}
	server := Actor{Server: true, DeviceID: ServerDevice}
	return e.own(ctx, server, workspaceID, func(ctx context.Context) ([]wire.Op, error) {
		ops := make([]wire.Op, 0, len(all))
		for _, one := range all {
			op, err := e.noticeOp(ctx, server, workspaceID, one)
			if err != nil {
				return nil, err
			}
			ops = append(ops, op)
		}
		return ops, nil
	})
}

func (e *Engine) noticeOp(ctx context.Context, server Actor, workspaceID string, one told) (wire.Op, error) {
	key := rowKey(Ref{workspaceID, one.notice.ID}, wire.Notifications)
	row, err := e.stored(ctx, key)
	if err != nil {
		return wire.Op{}, err
	}
	switch {
	case row == nil:
	case row.CreatedBy == neverWas && row.OwnerUserID != one.userID: // the id is nobody's
		row = nil
	case row.OwnerUserID != one.userID: // somebody else has the id: its person gave it away
		key.PK, row = newID(), nil
	default:
		row.Payload = nil // nothing of the earlier notice stays
	}
	fields := noticeRow(key.PK, one.userID, one.notice, e.second())
	fields["read_at"] = nil
	return e.put(server, key, row, fields)
}
