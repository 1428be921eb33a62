package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
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

// Bounds of one search in a table. It looks at the rows with the greatest ids,
// which are the newest, part by part, until it has found enough, has looked at
// so many rows or so many bytes, or takes too long.
const (
	searchPart      = 500     // rows
	searchPartBytes = 4 << 20 // of payloads, and one row more
	searchTime      = 2 * time.Second

	maxQuery = 200 // bytes
	maxWords = 8
)

// searchable is how many rows of a table, and bytes of them, one search looks at.
type searchable struct{ rows, bytes int }

// WordsOf are the words of a query as they are compared, each once, and whether
// they are all of it: what is longer than 200 bytes or 8 words is cut.
func WordsOf(query string) (words []string, all bool) {
	text := cutTo(fold(query), maxQuery)
	for _, w := range strings.Fields(text) {
		switch {
		case slices.Contains(words, w):
		case len(words) == maxWords:
			return words, false
		default:
			words = append(words, w)
		}
	}
	return words, len(text) == len(fold(query))
}

// SearchQuery looks in one table of a workspace for a person.
type SearchQuery struct {
	WorkspaceID string
	UserID      string
	Table       wire.Table
	Text        string
	Limit       int
}

// Found is what a search has found. Partly says that it did not look at all rows
// and has not found as many as it was asked for.
type Found struct {
	Hits   []Hit
	Partly bool
}

// Search looks for words in the titles and texts of a table's live rows: all of
// them have to be there, in any order, without regard to capitals. The caller
// has asked can().
func (e *Engine) Search(ctx context.Context, q SearchQuery) (Found, error) {
	words, _ := WordsOf(q.Text)
	if len(words) == 0 {
		return Found{}, nil
	}
	inJSON := make([]string, len(words))
	for i, w := range words {
		quoted, err := jsontext.AppendQuote(nil, w)
		if err != nil {
			return Found{}, nil // not text, so nobody wrote it
		}
		inJSON[i] = string(quoted[1 : len(quoted)-1])
	}
	end, err := e.searchTurn(ctx, q.UserID)
	if err != nil {
		return Found{}, err
	}
	defer end()
	limited, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s := search{e: e, q: q, words: words, inJSON: inJSON, left: e.searchable}
	if err = s.run(limited); err != nil && limited.Err() != nil && ctx.Err() == nil {
		s.found.Partly, err = true, nil // what was found until then
	}
	return s.found, err
}

// searchTurn waits for a person's turn, which others' searches and digests may
// take some time to give up.
func (e *Engine) searchTurn(ctx context.Context, userID string) (end func(), err error) {
	limited, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	if end, err = e.turns.begin(limited, userID); err != nil && ctx.Err() == nil {
		err = &fault.Error{Kind: fault.Unavailable, Retry: time.Second, Err: err, Message: "Others are searching just now. Try again in a moment."}
	}
	return end, err
}

// search is one search under way.
type search struct {
	e             *Engine
	q             SearchQuery
	words, inJSON []string
	left          searchable
	found         Found
}

func (s *search) run(ctx context.Context) error {
	for below := ""; ; {
		keys, err := db.LiveRowSizes(ctx, s.e.db.Read(), s.q.WorkspaceID, string(s.q.Table), below, searchPart)
		if err != nil || len(keys) == 0 {
			return err
		}
		part := s.part(keys)
		if part == 0 {
			s.found.Partly = true
			return nil
		}
		below = keys[part-1].PK
		span := db.RowSpan{WorkspaceID: s.q.WorkspaceID, Table: string(s.q.Table), From: below, To: keys[0].PK}
		rows, err := db.LiveRowsWith(ctx, s.e.db.Read(), span, s.inJSON)
		if err != nil {
			return err
		}
		for i := range rows {
			if hit := hitOf(s.q.Table, &rows[i]); hit.has(s.words) {
				if s.found.Hits = append(s.found.Hits, hit); len(s.found.Hits) == s.q.Limit {
					return nil
				}
			}
		}
		if part == len(keys) && part < searchPart {
			return nil
		}
	}
}

// part tells how many of the rows are looked at next, and takes them off what
// may still be; 0 when that is used up.
func (s *search) part(keys []db.SizedKey) (n int) {
	for bytes := 0; n < len(keys) && n < s.left.rows && bytes < min(searchPartBytes, s.left.bytes); n++ {
		bytes += keys[n].Bytes
	}
	for _, k := range keys[:n] {
		s.left.bytes -= k.Bytes
	}
	s.left.rows -= n
	return n
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
	words := strings.Fields(fold(query))
	text := excerpt.Plain(near(h.Text, words))
	at, found := firstOf(text, words)
	switch {
	case !found: // its marks held the words, such as an address
		return excerpt.Of(h.Text, previewLength)
	case at > length/2:
		start := strings.LastIndexAny(text[:at-length/3], " \n") + 1
		return "…" + preview(text[start:])
	}
	return preview(text)
}

// nearBytes is how much of a text is freed of marks for a line of it: what a
// payload holds would take a tenth of a second.
const nearBytes = 4 << 10

// near is what stands about the first of the words in a text, or its beginning.
func near(text string, words []string) string {
	at, _ := firstOf(text, words)
	if at > nearBytes/2 {
		text = text[at-nearBytes/2:]
	}
	return strings.ToValidUTF8(text[:min(len(text), nearBytes)], "")
}

// firstOf is where the first of the words stands in a text; at its beginning where
// capitals and small letters take another number of bytes.
func firstOf(text string, words []string) (at int, found bool) {
	low := fold(text)
	at = len(low)
	for _, w := range words {
		if i := strings.Index(low, w); i >= 0 && i < at {
			at, found = i, true
		}
	}
	if !found || len(low) != len(text) {
		return 0, found
	}
	return at, true
}
