package engine

import (
	"context"
	"strings"
	"unicode/utf8"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// MaxContent is the longest text of a document, in bytes: as JSON it stays
// below the limit of a payload unless it is all quotes and line ends.
const MaxContent = 200_000

const noPost = "There is no such document, or it was deleted."

// NewPost is a document or a prompt. ID may be given by the form, so that
// sending it twice writes once; "" makes a new one.
type NewPost struct {
	WorkspaceID string
	ID          string
	Type        PostType
	Title       string
	Content     string
}

// CreatePost writes a post and gives its id. Errors: Invalid (title, content),
// Forbidden, Conflict when the id is taken.
func (e *Engine) CreatePost(ctx context.Context, a Actor, n NewPost) (string, error) {
	title, content, err := cleanPost(n.Title, n.Content)
	if err != nil {
		return "", err
	}
	n.ID = orNew(n.ID)
	key := rowKey(Ref{n.WorkspaceID, n.ID}, wire.Posts)
	err = e.own(ctx, a, n.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		if row != nil {
			return nil, sentTwice(row, a, "This document was written and deleted meanwhile.")
		}
		now := e.second()
		op, err := e.put(a, key, nil, map[string]any{"id": n.ID, "title": title, "content": content, "post_type": string(n.Type), "author_id": a.UserID, "created_at": now, "updated_at": now})
		return []wire.Op{op}, err
	})
	return n.ID, inField(err)
}

// PostEdit is what a form makes of a post. Base is the Revision the form was
// filled from.
type PostEdit struct {
	Title   string
	Content string
	Base    string
}

// SavePost replaces a post's title and text, if it still is what the form was
// filled from. When somebody else has saved meanwhile it is a Conflict fault
// with the field "base", and nothing is written: the caller shows both.
// Errors besides: Invalid (title, content), NotFound, Forbidden.
func (e *Engine) SavePost(ctx context.Context, a Actor, ref Ref, edit PostEdit) error {
	title, content, err := cleanPost(edit.Title, edit.Content)
	if err != nil {
		return err
	}
	key := rowKey(ref, wire.Posts)
	defer e.editing.lock(key)()
	return inField(e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noPost)
		if err != nil {
			return nil, err
		}
		var now postFields
		readFields(*row.Payload, &now)
		if now.Title == title && now.Content == content {
			return nil, nil // saved already, by this form or by somebody who agrees
		}
		if row.OpID != edit.Base {
			return nil, &fault.Error{Kind: fault.Conflict, Message: "Somebody else saved this document while you were writing.", Fields: map[string]string{"base": "is not the newest version"}}
		}
		op, err := e.put(a, key, row, map[string]any{"title": title, "content": content, "updated_at": e.second()})
		return []wire.Op{op}, err
	}))
}

// DeletePost deletes a post. Threads that had it as their system prompt have
// none from then on.
func (e *Engine) DeletePost(ctx context.Context, a Actor, ref Ref) error {
	key := rowKey(ref, wire.Posts)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noPost)
		if err != nil {
			return nil, err
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
}

func cleanPost(title, content string) (string, string, error) {
	title, err := cleanTitle(title)
	if err != nil {
		return "", "", err
	}
	content = strings.ReplaceAll(strings.ReplaceAll(content, "\r\n", "\n"), "\r", "\n")
	switch {
	case title == "" && strings.TrimSpace(content) == "":
		return "", "", fault.Field("title", "Write a title or some text.")
	case !utf8.ValidString(content) || strings.ContainsRune(content, 0):
		return "", "", fault.Field("content", "The text holds characters that cannot be stored.")
	case len(content) > MaxContent:
		return "", "", fault.Field("content", "A document has at most 200,000 bytes.")
	}
	return title, content, nil
}

// inField gives an op that was too large the words of the form it came from.
func inField(err error) error {
	if fault.Is(err, fault.Oversized) {
		return fault.Field("content", "This text is too long to be stored. Split it into two documents.")
	}
	return err
}

// keyed lets one caller at a time work on a row, so that checking a revision
// and writing the next one are one step in this process.
type keyed struct{ locks [64]chan struct{} }

func newKeyed() *keyed {
	k := &keyed{}
	for i := range k.locks {
		k.locks[i] = make(chan struct{}, 1)
	}
	return k
}

func (k *keyed) lock(key db.RowKey) (unlock func()) {
	var h uint32 = 2166136261
	for _, c := range []byte(key.WorkspaceID + "\x00" + key.Table + "\x00" + key.PK) {
		h = (h ^ uint32(c)) * 16777619
	}
	c := k.locks[h%uint32(len(k.locks))]
	c <- struct{}{}
	return func() { <-c }
}
