// Command csv-import makes documents of the lines of a CSV file. A file is kept and
// imported in steps, so that no call takes long: some lines at once, the rest by a
// job or a button, with the progress on its page.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func main() {}

var _ = sdk.Register(sdk.Plugin{
	Pages:   map[string]sdk.PageFunc{"": page},
	Actions: map[string]sdk.ActionFunc{"start": start, "step": more, "stop": stop},
	Jobs:    map[string]sdk.JobFunc{"go_on": goOn},
})

// pace is how much one call imports at most. An action has two seconds, a job
// thirty, and both five hundred calls of the server. How long a line takes is the
// server's matter, so a call ends its work in time and the next one goes on.
type pace struct {
	lines int
	ends  func() bool
}

const maxLines = 5000

func atOnce() pace { return pace{lines: 50, ends: after(time.Second)} }
func byJob() pace  { return pace{lines: 400, ends: after(20 * time.Second)} }

// after is true when that long has passed. It reads the sandbox's own clock, for
// or3_now would be one more call of the server for each line.
func after(long time.Duration) func() bool {
	began := time.Now()
	return func() bool { return time.Since(began) >= long }
}

// line is one document to be.
type line struct {
	Title   string `json:"title"`
	Content string `json:"content"`
}

// state is how far an import is, under the key "import"; its lines are a blob.
type state struct {
	ID     string    `json:"id"` // of the file's bytes: the same file makes the same rows
	Name   string    `json:"name"`
	Total  int       `json:"total"`
	Done   int       `json:"done"`
	Failed []failure `json:"failed"` // the first ones
	Wrong  int       `json:"wrong"`
}

type failure struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

const shownFailures = 20

func start(_ *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
	file, _ := v["file"].(map[string]any)
	data, err := base64.StdEncoding.DecodeString(sdk.Values(file).String("data"))
	if err != nil {
		return nil, sdk.Invalid(map[string]string{"file": "Choose a CSV file."})
	}
	lines, err := read(string(data))
	if err != nil {
		return nil, sdk.Invalid(map[string]string{"file": "It cannot be imported: " + err.Error() + "."})
	}
	kept, err := json.Marshal(lines)
	if err != nil {
		return nil, err
	}
	if _, err := sdk.BlobPut(host.BlobPut{Key: "lines", Type: "application/json", Data: kept}); err != nil {
		return nil, err
	}
	s := state{ID: fmt.Sprintf("%x", sha256.Sum256(data))[:12], Name: sdk.Values(file).String("name"), Total: len(lines)}
	// Kept before the first line: should this call be cut off, the job goes on.
	if err := sdk.KVSet("import", s); err != nil {
		return nil, err
	}
	if err := s.step(lines, atOnce()); err != nil {
		return nil, err
	}
	return sdk.Go("", fmt.Sprintf("%d of %d lines are imported.", s.Done, s.Total)), nil
}

func more(*sdk.Call, sdk.Values) (*sdk.Answer, error) {
	s, err := goOnWith(atOnce())
	if err != nil {
		return nil, err
	}
	return sdk.Say(fmt.Sprintf("%d of %d lines are imported.", s.Done, s.Total)), nil
}

func goOn(*sdk.Call) error {
	_, err := goOnWith(byJob())
	return err
}

func stop(*sdk.Call, sdk.Values) (*sdk.Answer, error) {
	if err := sdk.KVDelete("import"); err != nil {
		return nil, err
	}
	return sdk.Say("What is imported stays; the rest is forgotten."), sdk.BlobDelete("lines")
}

// goOnWith imports some more lines of the import that is under way, if there is one.
func goOnWith(p pace) (s state, err error) {
	if found, err := sdk.KVGet("import", &s); err != nil || !found || s.Done == s.Total {
		return s, err
	}
	kept, err := sdk.BlobGet("lines")
	if err != nil {
		return s, err
	}
	var lines []line
	if err := json.Unmarshal(kept.Data, &lines); err != nil {
		return s, err
	}
	return s, s.step(lines, p)
}

// step writes the next lines as rows. Ids come from the file and the line, so that
// a line that is imported twice is the same row. A line that the server refuses is
// noted and passed over. At least one line is done, however slow the server is.
func (s *state) step(lines []line, p pace) error {
	now, err := sdk.Time()
	if err != nil {
		return err
	}
	for i := range min(p.lines, len(lines)-s.Done) {
		if i > 0 && p.ends() {
			break
		}
		id := fmt.Sprintf("csv-%s-%d", s.ID, s.Done)
		l := lines[s.Done]
		_, err := sdk.RowPut("posts", id, map[string]any{"id": id, "title": l.Title, "content": l.Content, "post_type": "markdown",
			"created_at": now.Unix(), "updated_at": now.Unix()})
		var refused *host.Error
		if errors.As(err, &refused) {
			s.Wrong++
			if len(s.Failed) < shownFailures {
				s.Failed = append(s.Failed, failure{Line: s.Done + 2, Why: refused.Message})
			}
		} else if err != nil {
			return err
		}
		s.Done++
	}
	return sdk.KVSet("import", s)
}

// read reads a file whose first line names its columns, title among them. Its
// errors are for the person.
func read(text string) ([]line, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	title, content := column(head, "title"), column(head, "content")
	if err != nil || title < 0 {
		return nil, errors.New("the first line has to name the columns: title, and content if there is one")
	}
	var lines []line
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && len(lines) == 0:
			return nil, errors.New("there is nothing below the first line")
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return nil, err
		case len(lines) == maxLines:
			return nil, fmt.Errorf("it has more than %d lines: divide it", maxLines)
		}
		l := line{Title: strings.TrimSpace(cell(record, title)), Content: cell(record, content)}
		if l.Title == "" {
			l.Title = fmt.Sprintf("Line %d", len(lines)+2)
		}
		lines = append(lines, l)
	}
}

func column(head []string, name string) int {
	for i, h := range head {
		if strings.EqualFold(strings.TrimSpace(h), name) {
			return i
		}
	}
	return -1
}

func cell(record []string, at int) string {
	if at < 0 || at >= len(record) {
		return ""
	}
	return record[at]
}
