package host

import (
	"context"
	"encoding/json"
	"time"
)

// Caller is for whom a guest asks the server for something. It comes from the
// call that is running, never from the guest.
type Caller struct {
	RequestID string
	Workspace string // its id
	Plugin    Plugin
	Actor     string // a user's id, or "plugin:<id>" in jobs and events
	Granted   map[string]json.RawMessage
}

// Services are what a guest may ask for. A nil one answers "not_available".
type Services struct {
	KV      KV
	Blobs   Blobs
	Rows    Rows
	Members Members
	Events  Events
	HTTP    HTTP
	Notices Notices
	Audit   Audit
	Log     Log
	Clock   Clock
}

// KV is a small store of the plugin's own, per workspace.
type KV interface {
	Get(context.Context, Caller, KVGet) (KVValue, error)
	Set(context.Context, Caller, KVSet) (Done, error)
	Delete(context.Context, Caller, KVGet) (Done, error)
	List(context.Context, Caller, KVList) (KVKeys, error)
}

// Blobs is a store of the plugin's own for larger things, per workspace.
type Blobs interface {
	Put(context.Context, Caller, BlobPut) (Blob, error)
	Get(context.Context, Caller, KVGet) (Blob, error)
	Delete(context.Context, Caller, KVGet) (Done, error)
}

// Rows are the workspace's synced rows. Writes are ops like any device's.
type Rows interface {
	Get(context.Context, Caller, RowGet) (RowFound, error)
	List(context.Context, Caller, RowList) (RowPage, error)
	Put(context.Context, Caller, RowPut) (RowWritten, error)
	Delete(context.Context, Caller, RowGet) (RowWritten, error)
}

// Members are the people of the workspace, with the granted fields.
type Members interface {
	List(context.Context, Caller, MemberList) (MemberPage, error)
}

// Events lets a plugin tell others of something; the type begins with its id.
type Events interface {
	Emit(context.Context, Caller, Event) (Done, error)
}

// HTTP fetches from the granted hosts.
type HTTP interface {
	Fetch(context.Context, Caller, Fetch) (Fetched, error)
}

// Notices sends notifications to members.
type Notices interface {
	Send(context.Context, Caller, Notice) (NoticeSent, error)
}

// Audit adds an entry to the log of privileged acts, in the plugin's name.
type Audit interface {
	Write(context.Context, Caller, AuditEntry) (Done, error)
}

// Log is the plugin's own log, which owners and its developer read.
type Log interface {
	Write(context.Context, Caller, LogLine) (Done, error)
}

// Clock tells the time.
type Clock interface {
	Now(context.Context, Caller) (Now, error)
}

// Done is an answer with nothing in it.
type Done struct{}

// KVGet names a key.
type KVGet struct {
	Key string `json:"key" need:"1" max:"200" doc:"1 to 200 characters"`
}

// KVValue is a stored value.
type KVValue struct {
	Found bool            `json:"found" doc:"whether the key has a value"`
	Value json.RawMessage `json:"value,omitempty" doc:"any JSON"`
}

// KVSet stores a value.
type KVSet struct {
	Key   string          `json:"key" need:"1" max:"200" doc:"1 to 200 characters"`
	Value json.RawMessage `json:"value" need:"1" doc:"any JSON, 64 KiB at most"`
	TTL   int             `json:"ttl_s,omitempty" doc:"seconds until it is gone; 0 keeps it"`
}

// KVList asks for keys.
type KVList struct {
	Prefix string `json:"prefix,omitempty" max:"200" doc:"what they begin with"`
	After  string `json:"after,omitempty" max:"200" doc:"the key before the page"`
	Limit  int    `json:"limit,omitempty" doc:"1 to 200; 100 is the default"`
}

// KVKeys are keys in order, with their values.
type KVKeys struct {
	Items []KVItem `json:"items" doc:"by key"`
	Next  string   `json:"next,omitempty" doc:"the after of the next page"`
}

// KVItem is a key with its value.
type KVItem struct {
	Key   string          `json:"key" doc:"the key"`
	Value json.RawMessage `json:"value" doc:"the value"`
}

// BlobPut stores a blob.
type BlobPut struct {
	Key  string `json:"key" need:"1" max:"200" doc:"its name"`
	Type string `json:"type,omitempty" max:"100" doc:"its media type"`
	Data []byte `json:"data" doc:"in base64, 700 KB at most"`
}

// Blob is a stored blob.
type Blob struct {
	Found bool   `json:"found" doc:"whether it is there"`
	Type  string `json:"type,omitempty" doc:"its media type"`
	Size  int64  `json:"size,omitempty" doc:"bytes"`
	Hash  string `json:"hash,omitempty" doc:"sha256:…"`
	Data  []byte `json:"data,omitempty" doc:"in base64; not in the answer of put"`
}

// RowGet names a row.
type RowGet struct {
	Table string `json:"table" need:"1" max:"60" doc:"threads, messages, projects, posts, file_meta"`
	ID    string `json:"id" need:"1" max:"128" doc:"its id"`
}

// RowFound is a row.
type RowFound struct {
	Found bool            `json:"found" doc:"whether it is there"`
	Row   json.RawMessage `json:"row,omitempty" doc:"its fields, as devices see them"`
}

// RowList asks for rows.
type RowList struct {
	Table string `json:"table" need:"1" max:"60" doc:"as in or3_rows_get"`
	After string `json:"after,omitempty" max:"128" doc:"the id before the page"`
	Limit int    `json:"limit,omitempty" doc:"1 to 200; 100 is the default"`
}

// RowPage is a page of rows, by id.
type RowPage struct {
	Rows []json.RawMessage `json:"rows" doc:"their fields"`
	Next string            `json:"next,omitempty" doc:"the after of the next page"`
}

// RowPut writes a row whole.
type RowPut struct {
	Table string          `json:"table" need:"1" max:"60" doc:"as in or3_rows_get"`
	ID    string          `json:"id,omitempty" max:"128" doc:"empty makes a new one"`
	Row   json.RawMessage `json:"row" need:"1" doc:"its fields"`
}

// RowWritten is where a write went.
type RowWritten struct {
	ID      string `json:"id" doc:"the row's id"`
	Version int64  `json:"version" doc:"its server version"`
}

// MemberList asks for members.
type MemberList struct {
	After string `json:"after,omitempty" max:"128" doc:"the id before the page"`
	Limit int    `json:"limit,omitempty" doc:"1 to 200; 100 is the default"`
}

// MemberPage is a page of members, by id.
type MemberPage struct {
	Members []Member `json:"members" doc:"with the granted fields"`
	Next    string   `json:"next,omitempty" doc:"the after of the next page"`
}

// Member is one person of the workspace.
type Member struct {
	ID       string    `json:"id" doc:"the user's id"`
	Name     string    `json:"name,omitempty" doc:"with the field name"`
	Role     string    `json:"role,omitempty" doc:"with the field role"`
	Email    string    `json:"email,omitempty" doc:"with the field email"`
	JoinedAt time.Time `json:"joined_at,omitzero" doc:"with the field joined_at"`
}

// Event is something that happened in the plugin.
type Event struct {
	Type    string          `json:"type" need:"1" max:"100" doc:"the plugin's id, a dot, and a word"`
	Payload json.RawMessage `json:"payload,omitempty" doc:"any JSON, 64 KiB at most"`
}

// Fetch is an HTTP request.
type Fetch struct {
	Method  string            `json:"method,omitempty" max:"10" doc:"one of the granted; GET is the default"`
	URL     string            `json:"url" need:"1" max:"2000" doc:"https, to a granted host"`
	Headers map[string]string `json:"headers,omitempty" max:"20" doc:"of the request"`
	Secrets map[string]string `json:"secrets,omitempty" max:"5" doc:"header to value, where {{name}} is replaced by the secret of that name; the guest never sees it"`
	Body    []byte            `json:"body,omitempty" doc:"in base64, 700 KB at most"`
}

// Fetched is the answer of another server.
type Fetched struct {
	Status  int               `json:"status" doc:"as in HTTP"`
	Headers map[string]string `json:"headers" doc:"of the answer; of one that came twice the first"`
	Body    []byte            `json:"body" doc:"in base64, 700 KB at most"`
}

// Notice is a notification to one member.
type Notice struct {
	UserID string `json:"user_id" need:"1" max:"128" doc:"a member's id"`
	Title  string `json:"title" need:"1" max:"120" doc:"one line"`
	Body   string `json:"body,omitempty" max:"1000" doc:"more of it"`
	Link   string `json:"link,omitempty" max:"2000" doc:"a page of this server"`
}

// NoticeSent names a sent notification.
type NoticeSent struct {
	ID string `json:"id" doc:"its id"`
}

// AuditEntry is something the plugin did that owners may want to know later.
type AuditEntry struct {
	Action  string          `json:"action" need:"1" max:"100" doc:"a word with dots; the plugin's id is put before it"`
	Target  string          `json:"target,omitempty" max:"200" doc:"what it was done to"`
	Details json.RawMessage `json:"details,omitempty" doc:"an object, 8 KiB at most"`
}

// LogLine is one line of the plugin's log.
type LogLine struct {
	Level   string `json:"level,omitempty" enum:"debug,info,warn,error" doc:"info is the default"`
	Message string `json:"message" need:"1" max:"2000" doc:"one line"`
}

// Now is the time on the server.
type Now struct {
	Unix     int64  `json:"unix_ms" doc:"milliseconds since 1970"`
	TimeZone string `json:"time_zone" doc:"the actor's, as in Europe/Vienna"`
}
