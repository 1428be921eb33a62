package wire

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
)

// DecodePush reads the body of a push and keeps no reference to it.
//
// What is wrong with the request as a whole is a *fault.Error: Invalid (status
// 400 when it is not JSON at all) or Oversized. What is wrong within one op is
// left for Op.Check, so that a bad op is rejected alone and its neighbours are
// not held up behind it.
func DecodePush(body []byte) (PushRequest, error) {
	var req PushRequest
	if len(body) > MaxBody {
		return req, fault.New(fault.Oversized, "A push is at most 8 MiB. Send fewer ops at a time.")
	}
	members, err := envelope(bytes.Clone(body))
	if err != nil {
		return req, err
	}
	for _, m := range members {
		switch string(m.name) {
		case "workspace_id":
			err = into(m, &req.WorkspaceID)
		case "cursor":
			err = into(m, &req.Cursor)
		case "history_id":
			err = into(m, &req.HistoryID)
		case "ops":
			req.Ops, err = decodeOps(m.value)
		default:
			err = fault.Field(string(m.name), "There is no such field.")
		}
		if err != nil {
			return req, err
		}
	}
	return req, req.check()
}

// DecodePull reads the body of a pull. Errors are as for DecodePush.
func DecodePull(body []byte) (PullRequest, error) {
	req := PullRequest{Limit: DefaultPage}
	members, err := envelope(body)
	if err != nil {
		return req, err
	}
	for _, m := range members {
		switch string(m.name) {
		case "workspace_id":
			err = into(m, &req.WorkspaceID)
		case "cursor":
			err = into(m, &req.Cursor)
		case "limit":
			err = into(m, &req.Limit)
		case "tables":
			err = into(m, &req.Tables)
		case "history_id":
			err = into(m, &req.HistoryID)
		default:
			err = fault.Field(string(m.name), "There is no such field.")
		}
		if err != nil {
			return req, err
		}
	}
	return req, req.check()
}

func (r *PushRequest) check() error {
	if !isID(r.WorkspaceID) {
		return fault.Field("workspace_id", "It must be a workspace's id.")
	}
	if r.Cursor != nil && (*r.Cursor < 0 || *r.Cursor > MaxClock) {
		return fault.Field("cursor", "It must be a version or 0.")
	}
	if r.HistoryID != "" && !isLabel(r.HistoryID, 128) {
		return fault.Field("history_id", "It must be what an earlier answer gave.")
	}
	if r.Ops == nil {
		return fault.Field("ops", "It is required.")
	}
	return nil
}

func (r *PullRequest) check() error {
	if !isID(r.WorkspaceID) {
		return fault.Field("workspace_id", "It must be a workspace's id.")
	}
	if r.Cursor < 0 || r.Cursor > MaxClock {
		return fault.Field("cursor", "It must be a version or 0.")
	}
	if r.Limit < 1 || r.Limit > MaxPage {
		return fault.Field("limit", "It must be from 1 to 1000.")
	}
	if r.HistoryID != "" && !isLabel(r.HistoryID, 128) {
		return fault.Field("history_id", "It must be what an earlier answer gave.")
	}
	for _, t := range r.Tables {
		if !t.Known() {
			return fault.Field("tables", "There is no such table.")
		}
	}
	slices.Sort(r.Tables)
	r.Tables = slices.Compact(r.Tables)
	return nil
}

// envelope splits the body's object. Within its values duplicate names and
// half characters are still allowed: those belong to an op.
func envelope(body []byte) ([]member, error) {
	if !utf8.Valid(body) {
		return nil, unparsable("The body is not valid UTF-8.")
	}
	r := newReader(body, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	defer r.free()
	if r.PeekKind() != '{' {
		if _, err := r.ReadValue(); err != nil {
			return nil, unparsable("The body is not JSON.")
		}
		return nil, fault.New(fault.Invalid, "The body must be a JSON object.")
	}
	members, err := r.object()
	if err != nil && strings.Contains(err.Error(), "max depth") { // the decoder goes no deeper, nor tells it otherwise
		return nil, unparsable("The body is nested more than 10000 levels deep; a payload may have 100. Send the others without that op.")
	}
	if err != nil || !r.atEnd() {
		return nil, unparsable("The body is not one JSON object.")
	}
	for i := range members {
		if name := string(members[i].name); named(members[:i], name) {
			return nil, fault.Field(name, "It is given twice.")
		}
	}
	return members, nil
}

func unparsable(message string) error {
	return &fault.Error{Kind: fault.Invalid, Status: 400, Message: message}
}

// into reads a member's value into a Go value, strictly.
func into(m member, out any) error {
	if hasNUL(m.value) {
		return fault.Field(string(m.name), "It must not contain the NUL character.")
	}
	if err := json.Unmarshal(m.value, out); err != nil {
		var shape *json.SemanticError
		if errors.As(err, &shape) {
			return fault.Field(string(m.name), "It is not of the right type.")
		}
		return fault.Field(string(m.name), "It is not strict JSON.")
	}
	return nil
}
