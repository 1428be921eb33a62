package engine

import (
	"context"
	"encoding/base64"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// How far a person has read a thread stands in a private kv row of theirs for
// each thread, and since when anything counts as unread in another. Devices
// count by the same rules (ui/client/src/app/unread_read.ts).

// Behind what was read so many messages are looked at for ones that arrived late.
const lookedBehind = 20

// Of a thread so many messages are looked at, the latest, whatever they are: one
// with thousands of one's own is not read to its beginning.
const lookedAt = MaxUnread + lookedBehind

// mark is the last message that was read, and the newest version among what was there.
type mark struct {
	Index    int64  `json:"index"`
	OrderKey string `json:"order_key"`
	ID       string `json:"id"`
	Version  int64  `json:"version"`
}

func sinceName(userID string) string { return "user." + userID + ".read_since" }

// markName is "" for a thread whose id is too long for a row about it, which is
// never unread.
func markName(userID, threadID string) string {
	name := "user." + userID + ".read." + threadID
	if len(name) > 128 {
		return ""
	}
	return name
}

// UnreadThreads counts for each of the threads what a person has not read, up to
// MaxUnread. Who has never read anything has nothing unread.
func (e *Engine) UnreadThreads(ctx context.Context, workspaceID, userID string, threads []Thread) (map[string]int, error) {
	names := []string{sinceName(userID)}
	for _, t := range threads {
		if name := markName(userID, t.ID); name != "" {
			names = append(names, name)
		}
	}
	rows, err := db.LivePayloads(ctx, e.db.Read(), workspaceID, string(wire.KV), names)
	if err != nil {
		return nil, err
	}
	since := sinceIn(rows[sinceName(userID)])
	unread := map[string]int{}
	for _, t := range threads {
		name := markName(userID, t.ID)
		m := markIn(rows[name])
		if name == "" || m == nil && t.ActiveAt.Unix() <= since {
			continue
		}
		if unread[t.ID], err = e.unreadIn(ctx, Ref{workspaceID, t.ID}, userID, m, since); err != nil {
			return nil, err
		}
	}
	return unread, nil
}

func (e *Engine) unreadIn(ctx context.Context, thread Ref, userID string, m *mark, since int64) (int, error) {
	rows, err := db.MessagesToRead(ctx, e.db.Read(), thread.WorkspaceID, thread.ID, lookedAt)
	if err != nil {
		return 0, err
	}
	unread, behind := 0, 0
	for part := range slices.Chunk(rows, lookedBehind) {
		payloads, err := e.payloadsToCount(ctx, thread.WorkspaceID, userID, m, part)
		if err != nil {
			return 0, err
		}
		for i := range part {
			if unread >= MaxUnread || behind >= lookedBehind {
				return unread, nil
			}
			var f countedFields
			readFields(payloads[part[i].PK], &f)
			read := m != nil && !m.before(&part[i]) || m == nil && int64(f.CreatedAt) <= since
			if read {
				behind++
			}
			if f.news(userID) && (!read || m.late(&part[i])) {
				unread++
			}
		}
	}
	return unread, nil
}

// payloadsToCount reads the payloads that decide: with a mark those of what may
// be unread alone, and none where everything was read.
func (e *Engine) payloadsToCount(ctx context.Context, workspaceID, userID string, m *mark, rows []db.ReadMessage) (map[string]string, error) {
	var pks []string
	for i := range rows {
		if m == nil || rows[i].CreatedBy != userID && (m.before(&rows[i]) || m.late(&rows[i])) {
			pks = append(pks, rows[i].PK)
		}
	}
	if len(pks) == 0 {
		return nil, nil
	}
	return db.LivePayloads(ctx, e.db.Read(), workspaceID, string(wire.Messages), pks)
}

// countedFields is a message as far as counting goes by its payload.
type countedFields struct {
	Author    string  `json:"author_user_id"`
	Pending   bool    `json:"pending"`
	CreatedAt seconds `json:"created_at"`
}

// news tells whether a message is somebody else's. One that names nobody may be
// this person's from another device, which devices cannot tell: it never counts.
func (f *countedFields) news(userID string) bool {
	return f.Author != "" && f.Author != userID && !f.Pending
}

// before tells whether a message stands behind what was read.
func (m *mark) before(r *db.ReadMessage) bool { return r.After(m.position()) }

func (m *mark) position() db.Position {
	return db.Position{SortNum: m.Index, SortText: cut(m.OrderKey), PK: m.ID}
}

// late tells whether a message came after the mark was made, wherever it stands.
// An edit gives an old message a new version: it is no news.
func (m *mark) late(r *db.ReadMessage) bool {
	return m != nil && r.Clock == 1 && r.ServerVersion > m.Version
}

// Seen is how far a thread went at one moment, for MarkRead: what is shown
// afterwards holds all of it, and what comes later is not in it.
type Seen struct {
	End *mark `json:"end,omitempty"` // nil in a thread without messages
	At  int64 `json:"at"`            // epoch seconds
}

// LookAt tells how far a thread goes. Ask before the messages are read.
func (e *Engine) LookAt(ctx context.Context, thread Ref) (Seen, error) {
	seen := Seen{At: e.second()}
	rows, err := db.MessagesToRead(ctx, e.db.Read(), thread.WorkspaceID, thread.ID, lookedAt)
	if err != nil || len(rows) == 0 {
		return seen, err
	}
	seen.End = &mark{Index: rows[0].SortNum, OrderKey: rows[0].SortText, ID: rows[0].PK}
	for i := range rows {
		seen.End.Version = max(seen.End.Version, rows[i].ServerVersion)
	}
	return seen, nil
}

// String writes it for an address; ParseSeen reads it.
func (s Seen) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // a row's key is no text: ParseSeen refuses it
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseSeen reads what String wrote. Anything else is an Invalid fault.
func ParseSeen(text string) (Seen, error) {
	var s Seen
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(plain, &s)
	}
	if err != nil {
		return Seen{}, fault.Field("read", "This link is broken. Open the thread again.")
	}
	return s, nil
}

// MarkRead notes that a person has read a thread as far as they have seen it.
// Nothing is written when nothing was unread, and a mark never goes back.
func (e *Engine) MarkRead(ctx context.Context, a Actor, thread Ref, seen Seen) error {
	name := markName(a.UserID, thread.ID)
	if name == "" {
		return nil
	}
	return e.own(ctx, a, thread.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		now := e.second()
		sinceKey := rowKey(Ref{thread.WorkspaceID, sinceName(a.UserID)}, wire.KV)
		since, err := e.stored(ctx, sinceKey)
		if err != nil {
			return nil, err
		}
		if since == nil || since.Deleted != 0 { // the first look: what is there is no news
			op, err := e.put(a, sinceKey, since, map[string]any{"id": sinceKey.PK, "name": sinceKey.PK, "value": strconv.FormatInt(min(now, seen.At), 10), "created_at": now, "updated_at": now})
			return []wire.Op{op}, err
		}
		key := rowKey(Ref{thread.WorkspaceID, name}, wire.KV)
		row, err := e.stored(ctx, key)
		if err != nil {
			return nil, err
		}
		fields := map[string]any{"id": name, "name": name, "updated_at": now}
		var m *mark
		if row != nil && row.Deleted == 0 {
			m = markIn(*row.Payload)
		} else {
			fields["created_at"] = now
		}
		n, err := e.unreadIn(ctx, thread, a.UserID, m, sinceIn(*since.Payload))
		if err != nil || n == 0 {
			return nil, err
		}
		next, err := e.nextMark(ctx, thread, m, seen)
		if err != nil || next == nil {
			return nil, err
		}
		text, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		fields["value"] = string(text)
		op, err := e.put(a, key, row, fields)
		return []wire.Op{op}, err
	})
}

// nextMark is the mark of a person who has seen a thread so far; nil when that
// is nothing new. An address can be made by hand, so what is there now bounds it.
func (e *Engine) nextMark(ctx context.Context, thread Ref, before *mark, seen Seen) (*mark, error) {
	now, err := e.LookAt(ctx, thread)
	if err != nil || seen.End == nil || now.End == nil {
		return nil, err
	}
	next := *seen.End
	if next.position().After(now.End.position()) {
		next = *now.End
	}
	next.Version = min(seen.End.Version, now.End.Version)
	if before == nil {
		return &next, nil
	}
	version := max(next.Version, before.Version)
	if !next.position().After(before.position()) {
		next = *before
	}
	next.Version = version
	if next == *before {
		return nil, nil
	}
	return &next, nil
}

func markIn(payload string) *mark {
	var kv struct {
		Value string `json:"value"`
	}
	readFields(payload, &kv)
	var m *mark
	if json.Unmarshal([]byte(kv.Value), &m) != nil {
		return nil
	}
	return m
}

// sinceIn is the end of time when the row says nothing.
func sinceIn(payload string) int64 {
	var kv struct {
		Value string `json:"value"`
	}
	readFields(payload, &kv)
	since, err := strconv.ParseInt(kv.Value, 10, 64)
	if err != nil {
		return math.MaxInt64
	}
	return since
}
