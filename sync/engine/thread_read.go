package engine

import (
	"context"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// Person is who made a row; a row of the program itself has none.
type Person struct{ ID, Name string }

// Thread is a thread as the pages show it. ActiveAt is the last message, or the
// last change when there is none.
type Thread struct {
	ID        string
	Title     string // "" when it has none
	Status    string
	Pinned    bool
	StartedBy Person
	CreatedAt time.Time
	ActiveAt  time.Time
	Preview   string // beginning of the last message, one line
	PreviewBy Person
	ProjectID string // "" when it is in none
	PromptID  string // its system prompt, "" when it has none
	Origin    *Origin
}

// Origin is where a thread was forked from: it goes on after a message of
// another thread. With Copy the messages up to there are rows of its own,
// without they are the parent's.
type Origin struct {
	ThreadID  string
	MessageID string
	Index     int64
	Copy      bool
}

// ThreadQuery asks for a part of a workspace's threads. Search finds a part of
// a title, without regard to capitals.
type ThreadQuery struct {
	WorkspaceID string
	Search      string
	Offset      int
	Limit       int // 0 means 25
}

// ThreadPage is a part of the list, pinned threads first, then by ActiveAt from
// new to old. Total counts all that match.
type ThreadPage struct {
	Threads []Thread
	Total   int
}

// Ref names a row of a workspace.
type Ref struct{ WorkspaceID, ID string }

// The payloads, as far as pages show them.
type threadFields struct {
	Title         string  `json:"title"`
	Status        string  `json:"status"`
	Pinned        bool    `json:"pinned"`
	CreatedAt     seconds `json:"created_at"`
	UpdatedAt     seconds `json:"updated_at"`
	LastMessageAt seconds `json:"last_message_at"`
	ProjectID     string  `json:"project_id"`
	PromptID      string  `json:"system_prompt_id"`
	Parent        string  `json:"parent_thread_id"`
	Anchor        string  `json:"anchor_message_id"`
	AnchorIndex   int64   `json:"anchor_index"`
	BranchMode    string  `json:"branch_mode"`
}

// seconds is a time on the wire, which may be written as 1e9 too.
type seconds float64

func (s seconds) time() time.Time { return time.Unix(int64(s), 0) }

// Threads lists the threads of a workspace. The caller has asked can().
func (e *Engine) Threads(ctx context.Context, q ThreadQuery) (ThreadPage, error) {
	if q.Limit == 0 {
		q.Limit = 25
	}
	search := cut(fold(q.Search))
	total, err := db.CountLiveThreads(ctx, e.db.Read(), q.WorkspaceID, search)
	if err != nil || total == 0 {
		return ThreadPage{}, err
	}
	rows, err := db.LiveThreads(ctx, e.db.Read(), q.WorkspaceID, search, q.Limit, max(q.Offset, 0))
	if err != nil {
		return ThreadPage{}, err
	}
	page := ThreadPage{Total: total, Threads: make([]Thread, 0, len(rows))}
	for i := range rows {
		t := threadOf(&rows[i].ListedRow)
		if last := rows[i].LastPayload; last != nil {
			if t.Preview = excerpt.Of(textOf(*last), previewLength); t.Preview == "" && messageOf(&db.ListedRow{Payload: *last}).Files != nil {
				t.Preview = "Files" // and no words
			}
			t.PreviewBy = Person{ID: deref(rows[i].LastBy), Name: deref(rows[i].LastByName)}
		}
		page.Threads = append(page.Threads, t)
	}
	return page, nil
}

// Thread reads one thread, without preview; one that is not there, or deleted,
// is a NotFound fault.
func (e *Engine) Thread(ctx context.Context, ref Ref) (Thread, error) {
	row, err := db.LiveRow(ctx, e.db.Read(), rowKey(ref, wire.Threads))
	if err != nil {
		return Thread{}, missing(err, "There is no such thread, or it was deleted.")
	}
	return threadOf(&row), nil
}

// ThreadPeople tells who made the last thousand messages of a thread, the
// latest first.
func (e *Engine) ThreadPeople(ctx context.Context, ref Ref) ([]Person, error) {
	writers, err := db.ThreadWriters(ctx, e.db.Read(), ref.WorkspaceID, ref.ID, 1000)
	people := make([]Person, 0, len(writers))
	for _, w := range writers {
		people = append(people, Person(w))
	}
	return people, err
}

func threadOf(row *db.ListedRow) Thread {
	var f threadFields
	readFields(row.Payload, &f)
	active := f.LastMessageAt
	if active == 0 {
		active = f.UpdatedAt
	}
	t := Thread{ID: row.PK, Title: f.Title, Status: f.Status, Pinned: f.Pinned, StartedBy: Person{row.CreatedBy, row.CreatedByName},
		CreatedAt: f.CreatedAt.time(), ActiveAt: active.time(), ProjectID: f.ProjectID, PromptID: f.PromptID}
	if f.Parent != "" {
		t.Origin = &Origin{ThreadID: f.Parent, MessageID: f.Anchor, Index: f.AnchorIndex, Copy: f.BranchMode == "copy"}
	}
	return t
}

func rowKey(ref Ref, t wire.Table) db.RowKey {
	return db.RowKey{WorkspaceID: ref.WorkspaceID, Table: string(t), PK: ref.ID}
}

// missing gives a NotFound fault the words of the thing that was looked for.
func missing(err error, words string) error {
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.NotFound, words)
	}
	return err
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
