package engine

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// Hit is a row whose words were looked for. Text is where they stand.
type Hit struct {
	Table    wire.Table
	ID       string
	ThreadID string // of a message
	Title    string
	Text     string
	Post     PostType
	By       Person    // who wrote a message, started a thread, changed anything else last
	At       time.Time // when a message was written; of anything else its last activity
}

// Bounds of one search: it reads at most searchPages parts of searchPart rows
// that may match in each table, the newest ids first, and stops when it has
// found enough.
const (
	searchPart  = 200
	searchPages = 10
	maxWords    = 8
)

// WordsOf are the words of a query as they are compared.
func WordsOf(query string) []string {
	words := strings.Fields(fold(query))
	return words[:min(len(words), maxWords)]
}

// Search looks for words in the titles and texts of a table's live rows: all of
// them have to be there, in any order, without regard to capitals.
func (e *Engine) Search(ctx context.Context, workspaceID string, t wire.Table, query string, limit int) ([]Hit, error) {
	words := WordsOf(query)
	if len(words) == 0 {
		return nil, nil
	}
	inJSON := make([]string, len(words))
	for i, w := range words {
		quoted, err := jsontext.AppendQuote(nil, w)
		if err != nil {
			return nil, nil // not text, so nobody wrote it
		}
		inJSON[i] = string(quoted[1 : len(quoted)-1])
	}
	var hits []Hit
	below := ""
	for range searchPages {
		rows, err := db.LiveRowsWith(ctx, e.db.Read(), workspaceID, string(t), below, inJSON, searchPart)
		if err != nil {
			return hits, err
		}
		for i := range rows {
			if hit := hitOf(t, &rows[i]); hit.has(words) {
				if hits = append(hits, hit); len(hits) == limit {
					return hits, nil
				}
			}
		}
		if len(rows) < searchPart {
			break
		}
		below = rows[len(rows)-1].PK
	}
	return hits, nil
}

func hitOf(t wire.Table, row *db.ListedPost) Hit {
	var f struct {
		Title       string  `json:"title"`
		Name        string  `json:"name"`
		Description string  `json:"description"`
		Content     string  `json:"content"`
		PostType    string  `json:"post_type"`
		ThreadID    string  `json:"thread_id"`
		CreatedAt   seconds `json:"created_at"`
		UpdatedAt   seconds `json:"updated_at"`
		LastAt      seconds `json:"last_message_at"`
	}
	readFields(row.Payload, &f)
	hit := Hit{Table: t, ID: row.PK, Title: f.Title, Text: f.Content, Post: PostType(f.PostType), ThreadID: f.ThreadID,
		By: Person{row.ChangedBy, row.ChangedByName}, At: f.UpdatedAt.time()}
	switch t {
	case wire.Threads:
		hit.By, hit.At = Person{row.CreatedBy, row.CreatedByName}, cmp.Or(f.LastAt, f.UpdatedAt).time()
	case wire.Messages:
		hit.By, hit.At = Person{row.CreatedBy, row.CreatedByName}, f.CreatedAt.time()
		hit.Text = textOf(row.Payload)
	case wire.Projects:
		hit.Title, hit.Text = f.Name, f.Description
	}
	return hit
}

func (h Hit) has(words []string) bool {
	text := fold(h.Title + "\n" + h.Text)
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// Around is a line of the text about the first of the words.
func (h Hit) Around(query string, length int) string {
	text, at := h.Text, -1
	low := fold(text)
	for _, w := range strings.Fields(fold(query)) {
		if i := strings.Index(low, w); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at > length/2 && len(low) == len(text) {
		start := strings.LastIndexAny(text[:at-length/3], " \n") + 1
		return "…" + preview(text[start:])
	}
	return preview(text)
}
