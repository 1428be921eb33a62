package plugintest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
)

// server plays the server for one call. It keeps everything in memory.
type server struct {
	c        *Case
	m        *manifest.Manifest
	now      time.Time
	kv       map[string]json.RawMessage
	blobs    map[string]host.Blob
	rows     map[string]map[string]json.RawMessage
	versions int64
	events   int // that were told of
	entries  int // of the audit log
}

func newServer(c *Case, m *manifest.Manifest) *server {
	s := &server{c: c, m: m, now: c.Now, kv: map[string]json.RawMessage{}, blobs: map[string]host.Blob{}, rows: map[string]map[string]json.RawMessage{}}
	if s.now.IsZero() {
		s.now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	maps.Copy(s.kv, c.KV)
	for table, rows := range c.Rows {
		s.rows[table] = maps.Clone(rows)
	}
	return s
}

func (s *server) services() host.Services {
	return host.Services{KV: kv{s}, Blobs: blobs{s}, Rows: rows{s}, Members: members{s}, Events: s, HTTP: s, Notices: s, Audit: audit{s}, Log: lines{}, Clock: clock{s}}
}

// capability is what the manifest asks for under a name.
func (s *server) capability(name string) manifest.Capability {
	c, _ := s.m.Capability(name)
	return c
}

func refuse(code, format string, args ...any) error {
	return &host.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// page cuts a page out of sorted keys.
func page(keys []string, after string, limit int) (list []string, next string) {
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 200)
	slices.Sort(keys)
	at, found := slices.BinarySearch(keys, after)
	if found {
		at++
	}
	if after == "" {
		at = 0
	}
	keys = keys[at:]
	if len(keys) > limit {
		return keys[:limit], keys[limit-1]
	}
	return keys, ""
}

type kv struct{ *server }

func (s kv) Get(_ context.Context, _ host.Caller, in host.KVGet) (host.KVValue, error) {
	v, found := s.kv[in.Key]
	return host.KVValue{Found: found, Value: v}, nil
}

func (s kv) Set(_ context.Context, _ host.Caller, in host.KVSet) (host.Done, error) {
	if len(in.Value) > 64<<10 {
		return host.Done{}, refuse("too_large", "A value has at most 64 KiB.")
	}
	size := len(in.Key) + len(in.Value)
	for k, v := range s.kv {
		if k != in.Key {
			size += len(k) + len(v)
		}
	}
	if quota := s.capability("kv").QuotaKB; size > quota<<10 {
		return host.Done{}, refuse("quota_exceeded", "The plugin's store is full: it may keep %d KiB.", quota)
	}
	s.kv[in.Key] = in.Value
	return host.Done{}, nil
}

func (s kv) Delete(_ context.Context, _ host.Caller, in host.KVGet) (host.Done, error) {
	delete(s.kv, in.Key)
	return host.Done{}, nil
}

func (s kv) List(_ context.Context, _ host.Caller, in host.KVList) (host.KVKeys, error) {
	var keys []string
	for k := range s.kv {
		if len(k) >= len(in.Prefix) && k[:len(in.Prefix)] == in.Prefix {
			keys = append(keys, k)
		}
	}
	out := host.KVKeys{Items: []host.KVItem{}}
	keys, out.Next = page(keys, in.After, in.Limit)
	for _, k := range keys {
		out.Items = append(out.Items, host.KVItem{Key: k, Value: s.kv[k]})
	}
	return out, nil
}

type blobs struct{ *server }

func (s blobs) Put(_ context.Context, _ host.Caller, in host.BlobPut) (host.Blob, error) {
	size := len(in.Data)
	for k, b := range s.blobs {
		if k != in.Key {
			size += len(b.Data)
		}
	}
	if quota := s.capability("blob").QuotaMB; size > quota<<20 {
		return host.Blob{}, refuse("quota_exceeded", "The plugin's files are full: it may keep %d MiB.", quota)
	}
	b := host.Blob{Found: true, Type: in.Type, Size: int64(len(in.Data)), Hash: fmt.Sprintf("sha256:%x", sha256.Sum256(in.Data)), Data: in.Data}
	s.blobs[in.Key] = b
	b.Data = nil
	return b, nil
}

func (s blobs) Get(_ context.Context, _ host.Caller, in host.KVGet) (host.Blob, error) {
	return s.blobs[in.Key], nil
}

func (s blobs) Delete(_ context.Context, _ host.Caller, in host.KVGet) (host.Done, error) {
	delete(s.blobs, in.Key)
	return host.Done{}, nil
}

type rows struct{ *server }

// may refuses a table that the capability does not name.
func (s rows) may(capability, table string) error {
	if !slices.Contains(s.capability(capability).Tables, table) {
		return refuse("forbidden", "%s does not name the table %s.", capability, table)
	}
	return nil
}

func (s rows) Get(_ context.Context, _ host.Caller, in host.RowGet) (host.RowFound, error) {
	row, found := s.rows[in.Table][in.ID]
	return host.RowFound{Found: found, Row: row}, s.may("workspace.read", in.Table)
}

func (s rows) List(_ context.Context, _ host.Caller, in host.RowList) (host.RowPage, error) {
	out := host.RowPage{Rows: []json.RawMessage{}}
	ids, next := page(slices.Collect(maps.Keys(s.rows[in.Table])), in.After, in.Limit)
	out.Next = next
	for _, id := range ids {
		out.Rows = append(out.Rows, s.rows[in.Table][id])
	}
	return out, s.may("workspace.read", in.Table)
}

func (s rows) Put(_ context.Context, _ host.Caller, in host.RowPut) (host.RowWritten, error) {
	if err := s.may("workspace.write", in.Table); err != nil {
		return host.RowWritten{}, err
	}
	s.versions++
	if in.ID == "" {
		in.ID = "new" + strconv.FormatInt(s.versions, 10)
	}
	if s.rows[in.Table] == nil {
		s.rows[in.Table] = map[string]json.RawMessage{}
	}
	s.rows[in.Table][in.ID] = in.Row
	return host.RowWritten{ID: in.ID, Version: s.versions}, nil
}

func (s rows) Delete(_ context.Context, _ host.Caller, in host.RowGet) (host.RowWritten, error) {
	if err := s.may("workspace.write", in.Table); err != nil {
		return host.RowWritten{}, err
	}
	s.versions++
	delete(s.rows[in.Table], in.ID)
	return host.RowWritten{ID: in.ID, Version: s.versions}, nil
}

type members struct{ *server }

func (s members) List(_ context.Context, _ host.Caller, in host.MemberList) (host.MemberPage, error) {
	known := map[string]host.Member{}
	for _, m := range s.c.Members {
		granted := s.capability("members.read").Fields
		seen := host.Member{ID: m.ID}
		if slices.Contains(granted, "name") {
			seen.Name = m.Name
		}
		if slices.Contains(granted, "role") {
			seen.Role = m.Role
		}
		if slices.Contains(granted, "email") {
			seen.Email = m.Email
		}
		if slices.Contains(granted, "joined_at") {
			seen.JoinedAt = m.JoinedAt
		}
		known[m.ID] = seen
	}
	out := host.MemberPage{Members: []host.Member{}}
	ids, next := page(slices.Collect(maps.Keys(known)), in.After, in.Limit)
	out.Next = next
	for _, id := range ids {
		out.Members = append(out.Members, known[id])
	}
	return out, nil
}

// Emit implements host.Events.
func (s *server) Emit(_ context.Context, by host.Caller, in host.Event) (host.Done, error) {
	no, err := manifest.RefuseEvent(by.Plugin.ID, in.Type, in.Payload, s.installed)
	if err != nil || no.Code != "" {
		return host.Done{}, refused(no, err)
	}
	if s.events++; s.events > manifest.MaxEvents { // what is refused does not count, as on a server
		return host.Done{}, refuse("too_many", "A call tells of at most %d events.", manifest.MaxEvents)
	}
	return host.Done{}, nil
}

// installed tells which other plugins there are: those the case names.
func (s *server) installed(id string) (bool, error) { return slices.Contains(s.c.Installed, id), nil }

func refused(no manifest.Refusal, err error) error {
	if err != nil {
		return err
	}
	return refuse(no.Code, "%s", no.Message)
}

// Fetch implements host.HTTP with the fixtures of the case.
func (s *server) Fetch(_ context.Context, _ host.Caller, in host.Fetch) (host.Fetched, error) {
	if in.Method == "" {
		in.Method = "GET"
	}
	asked := s.capability("http.fetch")
	u, err := url.Parse(in.URL)
	if err != nil || u.Scheme != "https" || !manifest.AllowsHost(asked.Hosts, u.Host) || !slices.Contains(asked.Methods, in.Method) {
		return host.Fetched{}, refuse("forbidden", "http.fetch does not allow %s %s.", in.Method, in.URL)
	}
	for _, f := range s.c.HTTP {
		if f.URL == in.URL && (f.Method == in.Method || f.Method == "" && in.Method == "GET") {
			return f.answer(), nil
		}
	}
	return host.Fetched{}, refuse("unavailable", "The test has no answer to %s %s under http.", in.Method, in.URL)
}

// Send implements host.Notices.
func (s *server) Send(context.Context, host.Caller, host.Notice) (host.NoticeSent, error) {
	s.versions++
	return host.NoticeSent{ID: "notice" + strconv.FormatInt(s.versions, 10)}, nil
}

type audit struct{ *server }

func (s audit) Write(_ context.Context, by host.Caller, in host.AuditEntry) (host.Done, error) {
	_, no, err := manifest.RefuseAuditEntry(by.Plugin.ID, in.Action, in.Details, s.installed)
	if err != nil || no.Code != "" {
		return host.Done{}, refused(no, err)
	}
	if s.entries++; s.entries > manifest.MaxAuditEntries {
		return host.Done{}, refuse("too_many", "A call adds at most %d entries to the audit log.", manifest.MaxAuditEntries)
	}
	return host.Done{}, nil
}

type lines struct{}

func (lines) Write(ctx context.Context, _ host.Caller, in host.LogLine) (host.Done, error) {
	if in.Level == "" {
		in.Level = "info"
	}
	runtime.Log(ctx, runtime.Level(in.Level), in.Message)
	return host.Done{}, nil
}

type clock struct{ *server }

func (s clock) Now(context.Context, host.Caller) (host.Now, error) {
	return host.Now{Unix: s.now.UnixMilli(), TimeZone: s.c.Actor.TimeZone}, nil
}
