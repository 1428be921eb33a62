package server

import (
	"encoding/json"
	"slices"
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

// acted is how most entries tell what happened.
type acted struct {
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
	Reason string         `json:"reason"`
	Wanted map[string]any `json:"wanted"`
}

// whatOf tells in one line what an entry is about: the thing's name and what
// changed of it.
func whatOf(e audit.Stored) string {
	var a acted
	if json.Unmarshal(e.Details, &a) != nil {
		return ""
	}
	subject := nameIn(a.After, a.Before, a.Wanted)
	if a.Reason != "" {
		return joinWith(": ", subject, a.Reason)
	}
	if a.Before == nil || a.After == nil {
		return subject
	}
	var changes []string
	for _, key := range keysOf(a.Before, a.After) {
		before, after := scalar(a.Before[key]), scalar(a.After[key])
		if before == after || key == "deleted_at" || key == "deleted_by" {
			continue
		}
		switch {
		case utf8.RuneCountInString(before+after) > 60 || before == "" || after == "":
			changes = append(changes, strings.ReplaceAll(key, "_", " "))
		default:
			changes = append(changes, before+" to "+after)
		}
	}
	return joinWith(": ", subject, strings.Join(changes, ", "))
}

// nameIn finds what a person would call the thing, or the first of several.
func nameIn(things ...map[string]any) string {
	for _, thing := range things {
		for _, key := range []string{"display_name", "email", "name"} {
			if s, ok := thing[key].(string); ok && s != "" {
				return s
			}
		}
		for _, key := range keysOf(thing) {
			if inner, ok := thing[key].(map[string]any); ok {
				if s := nameIn(inner); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

func joinWith(sep string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, sep)
}

// diffOf is what an act changed, key by key; details that are no change are
// listed as they are.
func diffOf(details json.RawMessage) []ui.DiffLine {
	var a struct {
		Before, After json.RawMessage
	}
	if json.Unmarshal(details, &a) == nil && (a.Before != nil || a.After != nil) {
		return diffBetween(a.Before, a.After)
	}
	return diffBetween(details, details)
}

func diffBetween(before, after json.RawMessage) []ui.DiffLine {
	b, a := flat(before), flat(after)
	var lines []ui.DiffLine
	for _, key := range keysOf(b, a) {
		was, hadIt := b[key]
		is, hasIt := a[key]
		switch {
		case hadIt && hasIt && was == is:
			lines = append(lines, ui.DiffLine{Sign: " ", Text: quoted(key) + is})
		default:
			if hadIt {
				lines = append(lines, ui.DiffLine{Sign: "-", Text: quoted(key) + was})
			}
			if hasIt {
				lines = append(lines, ui.DiffLine{Sign: "+", Text: quoted(key) + is})
			}
		}
	}
	return lines
}

// flat gives the members of a JSON object as compact JSON texts; any other
// value is the one member "".
func flat(raw json.RawMessage) map[string]string {
	var members map[string]json.RawMessage
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	if json.Unmarshal(raw, &members) != nil {
		return map[string]string{"": string(raw)}
	}
	out := make(map[string]string, len(members))
	for key, value := range members {
		out[key] = string(value)
	}
	return out
}

func quoted(key string) string {
	if key == "" {
		return ""
	}
	return strconv.Quote(key) + ": "
}

func keysOf[V any](maps ...map[string]V) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// scalar is a value in a sentence; what is not one value is "".
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
