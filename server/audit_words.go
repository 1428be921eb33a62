package server

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/ui"
)

// auditWords words entries of the audit log for people.
type auditWords struct {
	clock   ui.Clock
	here    string // the page's address without an open entry
	admin   func(path string) string
	names   map[string]string // workspace names by id
	several bool              // the page covers several workspaces: name them
}

// row is an entry as the page lists it; open adds its details.
func (w auditWords) row(e audit.Stored, open bool) ui.AuditRow {
	seq := strconv.FormatInt(e.Seq, 10)
	row := ui.AuditRow{
		Seq: e.Seq, At: w.clock.At(e.At), ActorID: e.Actor.ID, Who: e.Actor.Name, Kind: string(e.Actor.Kind), Action: e.Action,
		What: whatOf(e), Result: string(e.Result), From: e.IP, URL: addQuery(w.here, "entry", seq) + "#entry-" + seq,
	}
	if w.several && e.WorkspaceID != "" {
		row.Workspace = w.names[e.WorkspaceID]
	}
	if open {
		row.URL = w.here + "#entry-" + seq
		row.Detail = &ui.AuditDetail{
			Diff: diffOf(e.Details), RequestID: e.RequestID, Device: deviceOf(e), ActorID: e.Actor.ID, Target: strings.TrimSpace(e.TargetKind + " " + e.TargetID),
			Hash: e.Hash, PrevSeq: e.Seq - 1, PrevHash: e.PrevHash, Link: w.admin("/audit?entry=" + seq + "#entry-" + seq),
		}
	}
	return row
}

func deviceOf(e audit.Stored) string {
	if e.UserAgent == "" {
		return ""
	}
	return ui.DeviceName(e.UserAgent)
}

func addQuery(address, key, value string) string {
	if strings.Contains(address, "?") {
		return address + "&" + key + "=" + value
	}
	return address + "?" + key + "=" + value
}

func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
