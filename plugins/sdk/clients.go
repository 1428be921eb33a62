package sdk

import (
	"encoding/json"
	"fmt"
	"time"

	"or3.cloud/or3/plugins/host"
)

// What a plugin asks the server for. Each needs its capability in the manifest
// and an owner's consent; a module that uses one without asking for it is refused
// when it is installed. A refusal by the server is a *[host.Error].

// ask calls the server and reads what it says.
func ask(name string, call func([]byte) ([]byte, error), in, out any) error {
	data, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	answer, err := call(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var refused struct {
		Error *host.Error `json:"error"`
	}
	if err := json.Unmarshal(answer, &refused); err != nil {
		return fmt.Errorf("%s: reading the answer: %w", name, err)
	}
	if refused.Error != nil {
		return refused.Error
	}
	return json.Unmarshal(answer, out)
}

// KVGet reads a key into into; found is false where there is none. Capability kv.
func KVGet(key string, into any) (found bool, err error) {
	var out host.KVValue
	if err := ask("or3_kv_get", kvGet, host.KVGet{Key: key}, &out); err != nil || !out.Found {
		return false, err
	}
	return true, json.Unmarshal(out.Value, into)
}

// KVSet writes a key. Capability kv.
func KVSet(key string, value any) error { return KVSetFor(key, value, 0) }

// KVSetFor writes a key that goes by itself after a while. Capability kv.
func KVSetFor(key string, value any, ttl time.Duration) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return ask("or3_kv_set", kvSet, host.KVSet{Key: key, Value: data, TTL: int(ttl / time.Second)}, &host.Done{})
}

// KVDelete removes a key. Capability kv.
func KVDelete(key string) error {
	return ask("or3_kv_delete", kvDelete, host.KVGet{Key: key}, &host.Done{})
}

// KVList lists keys with their values, in order. Capability kv.
func KVList(in host.KVList) (host.KVKeys, error) {
	var out host.KVKeys
	return out, ask("or3_kv_list", kvList, in, &out)
}

// BlobPut stores a blob. Capability blob.
func BlobPut(in host.BlobPut) (host.Blob, error) {
	var out host.Blob
	return out, ask("or3_blob_put", blobPut, in, &out)
}

// BlobGet reads a blob. Capability blob.
func BlobGet(key string) (host.Blob, error) {
	var out host.Blob
	return out, ask("or3_blob_get", blobGet, host.KVGet{Key: key}, &out)
}

// BlobDelete removes a blob. Capability blob.
func BlobDelete(key string) error {
	return ask("or3_blob_delete", blobDelete, host.KVGet{Key: key}, &host.Done{})
}

// RowGet reads a row of the workspace into into. Capability workspace.read.
func RowGet(table, id string, into any) (found bool, err error) {
	var out host.RowFound
	if err := ask("or3_rows_get", rowsGet, host.RowGet{Table: table, ID: id}, &out); err != nil || !out.Found {
		return false, err
	}
	return true, json.Unmarshal(out.Row, into)
}

// RowList lists rows of a table. Capability workspace.read.
func RowList(in host.RowList) (host.RowPage, error) {
	var out host.RowPage
	return out, ask("or3_rows_list", rowsList, in, &out)
}

// RowPut writes a row; an empty id makes a new one. Capability workspace.write.
func RowPut(table, id string, row any) (host.RowWritten, error) {
	var out host.RowWritten
	data, err := json.Marshal(row)
	if err != nil {
		return out, err
	}
	return out, ask("or3_rows_put", rowsPut, host.RowPut{Table: table, ID: id, Row: data}, &out)
}

// RowDelete deletes a row. Capability workspace.write.
func RowDelete(table, id string) (host.RowWritten, error) {
	var out host.RowWritten
	return out, ask("or3_rows_delete", rowsDelete, host.RowGet{Table: table, ID: id}, &out)
}

// Members lists the people of the workspace. Capability members.read.
func Members(in host.MemberList) (host.MemberPage, error) {
	var out host.MemberPage
	return out, ask("or3_members_list", membersList, in, &out)
}

// Emit tells others of something. Capability events.emit.
func Emit(kind string, payload any) error {
	data, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return ask("or3_event_emit", eventEmit, host.Event{Type: kind, Payload: data}, &host.Done{})
}

// Fetch asks another server. Capability http.fetch.
func Fetch(in host.Fetch) (host.Fetched, error) {
	var out host.Fetched
	return out, ask("or3_http_fetch", httpFetch, in, &out)
}

// Notify sends a notification to a member. Capability notify.send.
func Notify(in host.Notice) (id string, err error) {
	var out host.NoticeSent
	err = ask("or3_notify", notify, in, &out)
	return out.ID, err
}

// Audit adds an entry to the audit log. Capability audit.write.
func Audit(in host.AuditEntry) error { return ask("or3_audit", audit, in, &host.Done{}) }

// Log writes a line to the plugin's log: level is debug, info, warn or error. A
// line that cannot be written is lost.
func Log(level, message string) {
	_ = ask("or3_log", log, host.LogLine{Level: level, Message: message}, &host.Done{})
}

// Time is the time on the server, in UTC; Call.Actor.TimeZone is where the person is.
func Time() (time.Time, error) {
	var out host.Now
	if err := ask("or3_now", now, host.Done{}, &out); err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(out.Unix).UTC(), nil
}
