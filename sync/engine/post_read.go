package engine

import (
	"context"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// PostType tells what a post is for.
type PostType string

// The posts the pages know. Others are kept and synced, and shown nowhere.
const (
	Document PostType = "markdown"
	Prompt   PostType = "prompt"
)

// Post is a document or a prompt. Revision names exactly this text: saving
// gives it back, so that nobody replaces what they have not seen.
type Post struct {
	ID        string
	Type      PostType
	Title     string // "" when it has none
	Content   string
	ProjectID string
	CreatedBy Person
	ChangedBy Person
	CreatedAt time.Time
	UpdatedAt time.Time
	Revision  string
}

// PostQuery asks for a part of a workspace's posts of one type. Search finds a
// part of a title, without regard to capitals.
type PostQuery struct {
	WorkspaceID string
	Type        PostType
	Search      string
	Offset      int
	Limit       int // 0 means 25
}

// PostPage is a part of the list, the latest change first. Total counts all
// that match.
type PostPage struct {
	Posts []Post
	Total int
}

type postFields struct {
	Title     string  `json:"title"`
	Content   string  `json:"content"`
	PostType  string  `json:"post_type"`
	ProjectID string  `json:"project_id"`
	CreatedAt seconds `json:"created_at"`
	UpdatedAt seconds `json:"updated_at"`
}

// Lists are read in parts, and keep the beginning of each text: rows may be
// large, and hundreds of them must not be in memory at once.
const (
	listPart      = 25
	listedContent = 2000 // bytes
)

// Posts lists the posts of a workspace, with the beginnings of their texts. The
// caller has asked can().
func (e *Engine) Posts(ctx context.Context, q PostQuery) (PostPage, error) {
	if q.Limit == 0 {
		q.Limit = 25
	}
	l := db.Listing{WorkspaceID: q.WorkspaceID, Table: string(wire.Posts), Group: string(q.Type), Name: cut(fold(q.Search)), Limit: q.Limit, Offset: max(q.Offset, 0)}
	total, err := db.CountLivePosts(ctx, e.db.Read(), l)
	if err != nil || total == 0 {
		return PostPage{}, err
	}
	page := PostPage{Total: total}
	for end := l.Offset + q.Limit; l.Offset < end; l.Offset += listPart {
		l.Limit = min(listPart, end-l.Offset)
		rows, err := db.LivePosts(ctx, e.db.Read(), l)
		if err != nil {
			return page, err
		}
		for i := range rows {
			post := postOf(&rows[i])
			post.Content = strings.Clone(cutTo(post.Content, listedContent))
			page.Posts = append(page.Posts, post)
		}
		if len(rows) < l.Limit {
			break
		}
	}
	return page, nil
}

// Post reads one post; one that is not there, or deleted, is a NotFound fault.
func (e *Engine) Post(ctx context.Context, ref Ref) (Post, error) {
	row, err := db.LivePost(ctx, e.db.Read(), rowKey(ref, wire.Posts))
	if err != nil {
		return Post{}, missing(err, noPost)
	}
	return postOf(&row), nil
}

func postOf(row *db.ListedPost) Post {
	var f postFields
	readFields(row.Payload, &f)
	return Post{ID: row.PK, Type: PostType(f.PostType), Title: f.Title, Content: f.Content, ProjectID: f.ProjectID,
		CreatedBy: Person{row.CreatedBy, row.CreatedByName}, ChangedBy: Person{row.ChangedBy, row.ChangedByName},
		CreatedAt: f.CreatedAt.time(), UpdatedAt: f.UpdatedAt.time(), Revision: row.OpID}
}
