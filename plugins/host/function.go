package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Namespace is the module that guests import host functions from. Each takes
// the offset of one block of JSON and returns that of another.
const Namespace = "extism:host/user"

// Function is something a guest may call on the server.
type Function struct {
	Name       string // as the guest imports it
	Capability string // what has to be granted for it to be linked; empty: always
	Writes     bool   // whether it changes something; such calls are in the audit log
	Doc        string // one line for authors
	Request    any    // a zero value of what it takes
	Response   any    // a zero value of what it gives

	call func(context.Context, Services, Caller, []byte) (any, error)
}

// Functions lists them all, in the order of the documentation.
func Functions() []Function {
	return []Function{
		function("or3_kv_get", "kv", false, "Reads a key.", func(s Services) (KV, bool) { return s.KV, s.KV != nil }, KV.Get),
		function("or3_kv_set", "kv", true, "Writes a key.", func(s Services) (KV, bool) { return s.KV, s.KV != nil }, KV.Set),
		function("or3_kv_delete", "kv", true, "Removes a key; one that is not there is no error.", func(s Services) (KV, bool) { return s.KV, s.KV != nil }, KV.Delete),
		function("or3_kv_list", "kv", false, "Lists keys with their values.", func(s Services) (KV, bool) { return s.KV, s.KV != nil }, KV.List),
		function("or3_blob_put", "blob", true, "Stores a blob.", func(s Services) (Blobs, bool) { return s.Blobs, s.Blobs != nil }, Blobs.Put),
		function("or3_blob_get", "blob", false, "Reads a blob.", func(s Services) (Blobs, bool) { return s.Blobs, s.Blobs != nil }, Blobs.Get),
		function("or3_blob_delete", "blob", true, "Removes a blob; one that is not there is no error.", func(s Services) (Blobs, bool) { return s.Blobs, s.Blobs != nil }, Blobs.Delete),
		function("or3_rows_get", "workspace.read", false, "Reads a row of the workspace.", func(s Services) (Rows, bool) { return s.Rows, s.Rows != nil }, Rows.Get),
		function("or3_rows_list", "workspace.read", false, "Lists rows of a table.", func(s Services) (Rows, bool) { return s.Rows, s.Rows != nil }, Rows.List),
		function("or3_rows_put", "workspace.write", true, "Writes a row, as an op of the sync protocol.", func(s Services) (Rows, bool) { return s.Rows, s.Rows != nil }, Rows.Put),
		function("or3_rows_delete", "workspace.write", true, "Deletes a row, as an op of the sync protocol.", func(s Services) (Rows, bool) { return s.Rows, s.Rows != nil }, Rows.Delete),
		function("or3_members_list", "members.read", false, "Lists the people of the workspace.", func(s Services) (Members, bool) { return s.Members, s.Members != nil }, Members.List),
		function("or3_event_emit", "events.emit", true, "Tells other plugins and hooks of something.", func(s Services) (Events, bool) { return s.Events, s.Events != nil }, Events.Emit),
		function("or3_http_fetch", "http.fetch", true, "Fetches from a granted host.", func(s Services) (HTTP, bool) { return s.HTTP, s.HTTP != nil }, HTTP.Fetch),
		function("or3_notify", "notify.send", true, "Sends a notification to a member.", func(s Services) (Notices, bool) { return s.Notices, s.Notices != nil }, Notices.Send),
		function("or3_audit", "audit.write", true, "Adds an entry to the audit log.", func(s Services) (Audit, bool) { return s.Audit, s.Audit != nil }, Audit.Write),
		function("or3_log", "", false, "Writes a line to the plugin's log.", func(s Services) (Log, bool) { return s.Log, s.Log != nil }, Log.Write),
		function("or3_now", "", false, "Tells the time.", func(s Services) (Clock, bool) { return s.Clock, s.Clock != nil },
			func(c Clock, ctx context.Context, by Caller, _ Done) (Now, error) { return c.Now(ctx, by) }),
	}
}

func function[S, In, Out any](name, capability string, writes bool, doc string, of func(Services) (S, bool), do func(S, context.Context, Caller, In) (Out, error)) Function {
	return Function{
		Name: name, Capability: capability, Writes: writes, Doc: doc, Request: *new(In), Response: *new(Out),
		call: func(ctx context.Context, s Services, by Caller, data []byte) (any, error) {
			service, ok := of(s)
			if !ok {
				return nil, &Error{Code: "not_available", Message: name + " is not available here."}
			}
			var in In
			if err := strict(data, &in); err != nil {
				return nil, &Error{Code: "bad_request", Message: name + ": " + err.Error()}
			}
			if err := (&checker{}).value(reflect.ValueOf(&in), "", 0); err != nil {
				return nil, &Error{Code: "bad_request", Message: name + ": " + err.Error()}
			}
			return do(service, ctx, by, in)
		},
	}
}

// Call carries out one call of a guest and gives the JSON for it: the response,
// or {"error":{code,message}}. An error that is no [*Error] is answered as
// "internal" without its text, and returned beside the answer for the log.
func (f Function) Call(ctx context.Context, s Services, by Caller, data []byte) ([]byte, error) {
	out, err := f.call(ctx, s, by, data)
	if err == nil {
		answer, err := json.Marshal(out)
		if err != nil {
			return nil, fmt.Errorf("encode the answer of %s: %w", f.Name, err)
		}
		return answer, nil
	}
	var known *Error
	if errors.As(err, &known) {
		err = nil
	} else {
		known = &Error{Code: "internal", Message: "The server could not do this. Its log says why, under the request id " + by.RequestID + "."}
	}
	answer, failed := json.Marshal(struct {
		Error *Error `json:"error"`
	}{known})
	return answer, errors.Join(err, failed)
}
