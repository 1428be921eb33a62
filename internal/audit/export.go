package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// Format is how an export is written.
type Format string

// The formats of an export. CSV is for spreadsheets: a cell that a spreadsheet
// would run as a formula is led by an apostrophe. JSON is exact.
const (
	CSV  Format = "csv"
	JSON Format = "json"
)

// MediaType is the format's Content-Type.
func (f Format) MediaType() string {
	if f == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/json"
}

// timeLayout is RFC 3339 in UTC with the log's milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

var columns = [...]string{
	"seq", "at", "action", "result", "actor_kind", "actor_id", "actor_name", "workspace_id",
	"target_kind", "target_id", "ip", "user_agent", "request_id", "details", "prev_hash", "hash",
}

// exportWriter writes the entries of one format.
type exportWriter interface {
	open() error
	entry(Stored) error
	close() error
}

// Export writes every entry that matches, oldest first, up to the newest at the
// moment it began; Cursor and Limit are not looked at. It reads page by page,
// so a slow reader holds nothing in the database. An unknown format is an
// Invalid fault, before anything is written.
func (l *Log) Export(ctx context.Context, f Filter, format Format, w io.Writer) error {
	query, err := f.query()
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(w)
	var out exportWriter
	switch format {
	case CSV:
		out = &csvExport{w: buffered}
	case JSON:
		out = &jsonExport{w: buffered}
	default:
		return fault.Field("format", "Use csv or json.")
	}
	head, err := db.ReadAuditHead(ctx, l.db.Read())
	if err != nil {
		return fmt.Errorf("export the audit log: %w", err)
	}
	if err := out.open(); err != nil {
		return err
	}
	for after := int64(0); after < head.Seq; {
		rows, err := db.AuditAscending(ctx, l.db.Read(), query, after, head.Seq, pageSize)
		if err != nil {
			return fmt.Errorf("export the audit log after entry %d: %w", after, err)
		}
		for _, r := range rows {
			if err := out.entry(stored(r)); err != nil {
				return err
			}
			after = r.Seq
		}
		if len(rows) < pageSize {
			break
		}
	}
	if err := out.close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// jsonExport writes {"format":…,"entries":[…]}, an entry to a line.
type jsonExport struct {
	w     *bufio.Writer
	begun bool
}

func (x *jsonExport) open() error {
	_, err := x.w.WriteString(`{"format":"` + encodingName + `","entries":[`)
	return err
}

func (x *jsonExport) entry(e Stored) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false) // the details stay byte for byte what was hashed
	if err := enc.Encode(e); err != nil {
		return fmt.Errorf("write entry %d: %w", e.Seq, err)
	}
	separator := ",\n"
	if !x.begun {
		separator, x.begun = "\n", true
	}
	if _, err := x.w.WriteString(separator); err != nil {
		return err
	}
	_, err := x.w.Write(bytes.TrimSuffix(line.Bytes(), []byte("\n")))
	return err
}

func (x *jsonExport) close() error {
	_, err := x.w.WriteString("\n]}\n")
	return err
}

// csvExport writes RFC 4180 with every cell quoted.
type csvExport struct{ w *bufio.Writer }

func (x *csvExport) open() error { return x.line(columns[:]) }

func (x *csvExport) entry(e Stored) error {
	return x.line([]string{
		strconv.FormatInt(e.Seq, 10), e.At.Format(timeLayout), e.Action, string(e.Result),
		string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.WorkspaceID,
		e.TargetKind, e.TargetID, e.IP, e.UserAgent, e.RequestID, string(e.Details), e.PrevHash, e.Hash,
	})
}

func (x *csvExport) close() error { return nil }

func (x *csvExport) line(cells []string) error {
	for i, c := range cells {
		if i > 0 {
			_ = x.w.WriteByte(',')
		}
		_ = x.w.WriteByte('"')
		_, _ = x.w.WriteString(strings.ReplaceAll(harmless(c), `"`, `""`))
		_ = x.w.WriteByte('"')
	}
	// bufio keeps the first error and gives it again here.
	_, err := x.w.WriteString("\r\n")
	return err
}

// harmless leads a cell with an apostrophe when a spreadsheet would take it for
// a formula: = + - @ (also full-width), or white space that may hide one.
func harmless(cell string) string {
	first := strings.TrimLeft(cell, " \u00a0\u3000\ufeff")
	if first == "" {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(first)[0]) {
		return "'" + cell
	}
	return cell
}
