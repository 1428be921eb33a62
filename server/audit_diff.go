package server

import (
	"encoding/json"
	"slices"
	"strconv"

	"or3.cloud/or3/ui"
)

// diffOf is what an act changed, member by member; details that are no change
// are listed as they are.
func diffOf(details json.RawMessage) []ui.DiffLine {
	var a struct {
		Before json.RawMessage `json:"before"`
		After  json.RawMessage `json:"after"`
	}
	if json.Unmarshal(details, &a) == nil && (a.Before != nil || a.After != nil) {
		return diffBetween(linesOf(a.Before), linesOf(a.After))
	}
	lines := linesOf(details)
	return diffBetween(lines, lines)
}

// line is one member of an object, or one element of a list, which has no name.
type line struct{ name, value string }

func (l line) String() string {
	if l.name == "" {
		return l.value
	}
	return strconv.Quote(l.name) + ": " + l.value
}

// linesOf takes one level of JSON apart: objects by name, lists in their order.
func linesOf(raw json.RawMessage) []line {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		lines := make([]line, 0, len(list))
		for _, item := range list {
			lines = append(lines, line{value: string(item)})
		}
		return lines
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return []line{{value: string(raw)}}
	}
	lines := make([]line, 0, len(members))
	for _, name := range keysOf(members) {
		lines = append(lines, line{name, string(members[name])})
	}
	return lines
}

// diffBetween keeps what is the same, and puts what went before what came.
func diffBetween(before, after []line) []ui.DiffLine {
	var diff []ui.DiffLine
	shown := map[line]bool{}
	for _, was := range before {
		if slices.Contains(after, was) {
			diff = append(diff, ui.DiffLine{Sign: " ", Text: was.String()})
			shown[was] = true
			continue
		}
		diff = append(diff, ui.DiffLine{Sign: "-", Text: was.String()})
		for _, is := range after {
			if is.name == was.name && is.name != "" {
				diff = append(diff, ui.DiffLine{Sign: "+", Text: is.String()})
				shown[is] = true
			}
		}
	}
	for _, is := range after {
		if !shown[is] {
			diff = append(diff, ui.DiffLine{Sign: "+", Text: is.String()})
		}
	}
	return diff
}
