package server

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"or3.cloud/or3/internal/audit"
)

// acted is how entries tell what happened: the thing before and after, or for
// what did not happen the reason and what was wanted. Name is of entries that
// tell only what was made.
type acted struct {
	Before any    `json:"before"`
	After  any    `json:"after"`
	Reason string `json:"reason"`
	Wanted any    `json:"wanted"`
	Name   string `json:"name"`
}

// whatOf tells in one line what an entry is about: the thing's name and what
// became of it. Where the entry has no name of its own the thing is called
// otherwise.
func whatOf(e audit.Stored, otherwise string) string {
	var a acted
	if json.Unmarshal(e.Details, &a) != nil {
		return otherwise
	}
	subject := firstWord(nameIn(a.After), nameIn(a.Before), nameIn(a.Wanted), a.Name, otherwise)
	if a.Reason != "" {
		return joinWith(": ", subject, a.Reason)
	}
	before, isThing := a.Before.(map[string]any)
	after, isThingToo := a.After.(map[string]any)
	switch {
	case isThing && isThingToo:
		return joinWith(": ", subject, strings.Join(changesOf(before, after), ", "))
	case isThingToo && a.Before == nil:
		return joinWith(" ", subject, roleWords(after))
	}
	if was, is := rightsOf(a.Before), rightsOf(a.After); was != nil || is != nil {
		return rightsWords(was, is)
	}
	return subject
}

// toldByTheAct are members of things whose change the act's name has told, or the
// time of the entry. The state of a plugin has names of ours, as awaiting_consent.
var toldByTheAct = []string{"updated_at", "state", "deleted_at", "deleted_by", "disabled", "disabled_at", "enabled", "quarantined"}

// changesOf words what differs: "editor to viewer", or the name of what is too
// long to be told in a line.
func changesOf(before, after map[string]any) []string {
	var changes []string
	for _, key := range keysOf(before, after) {
		was, is := scalar(before[key]), scalar(after[key])
		if key == activeVersion {
			if words := ranWords(versionIn(before[key]), versionIn(after[key])); words != "" {
				changes = append(changes, words)
			}
			continue
		}
		if was == is || slices.Contains(toldByTheAct, key) {
			continue
		}
		if was == "" || is == "" || utf8.RuneCountInString(was+is) > 60 {
			changes = append(changes, strings.ReplaceAll(key, "_", " "))
			continue
		}
		changes = append(changes, was+" to "+is)
	}
	return changes
}

// activeVersion is the member of a plugin that tells which version of it runs.
const activeVersion = "active"

// ranWords says which version runs now, if another one does.
func ranWords(was, is string) string {
	switch {
	case was == is || is == "":
		return ""
	case was == "":
		return "version " + is
	}
	return "version " + was + " to " + is
}

// versionIn is the version of a thing that has one.
func versionIn(v any) string {
	thing, _ := v.(map[string]any)
	return scalar(thing["version"])
}

// roleWords says as what somebody came: "as editor".
func roleWords(thing map[string]any) string {
	if role, ok := thing["role"].(string); ok && role != "" {
		return "as " + role
	}
	return ""
}

// right is one line of a list of restrictions.
type right struct{ role, permission string }

// rightsOf reads a list of restrictions; nil is something else.
func rightsOf(v any) []right {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	rights := make([]right, 0, len(list))
	for _, item := range list {
		thing, _ := item.(map[string]any)
		role, _ := thing["role"].(string)
		permission, _ := thing["permission"].(string)
		rights = append(rights, right{role, permission})
	}
	return rights
}

// rightsWords says what was taken from whom and what was given back.
func rightsWords(was, is []right) string {
	var words []string
	for _, r := range is {
		if !slices.Contains(was, r) {
			words = append(words, "takes "+r.permission+" from "+r.role+"s")
		}
	}
	for _, r := range was {
		if !slices.Contains(is, r) {
			words = append(words, "gives "+r.permission+" back to "+r.role+"s")
		}
	}
	return strings.Join(words, ", ")
}

// nameIn finds what a person would call the thing, or the first of several.
func nameIn(v any) string {
	thing, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	for _, key := range []string{"display_name", "email", "name"} {
		if s, ok := thing[key].(string); ok && s != "" {
			return s
		}
	}
	for _, key := range keysOf(thing) {
		if s := nameIn(thing[key]); s != "" {
			return s
		}
	}
	return ""
}

func firstWord(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

func joinWith(sep string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, sep)
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
