package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// pageSize is how many entries a long read holds at a time: rows are read,
// closed, and only then hashed or written to a socket.
const pageSize = 500

const (
	defaultLimit = 50
	maxLimit     = 200
)

// Filter selects entries; empty fields select everything. Whoever shows the
// log to an owner of one workspace must set WorkspaceID.
type Filter struct {
	Action      string // a prefix: "member." is everything about members
	Actor       string // an actor's id, or the exact name
	WorkspaceID string
	Result      Result
	Since       time.Time // inclusive
	Until       time.Time // exclusive
	Cursor      string    // Page.Next of the page before
	Limit       int       // 1–200, 0 means 50; List only
}

// Stored is an entry as the log keeps it. With PrevHash and Hash an export can
// be checked without the database.
type Stored struct {
	Seq         int64           `json:"seq"`
	At          time.Time       `json:"at"` // UTC, exact to the millisecond
	Action      string          `json:"action"`
	Result      Result          `json:"result"`
	Actor       Actor           `json:"actor"`
	WorkspaceID string          `json:"workspace_id"`
	TargetKind  string          `json:"target_kind"`
	TargetID    string          `json:"target_id"`
	IP          string          `json:"ip"`
	UserAgent   string          `json:"user_agent"`
	RequestID   string          `json:"request_id"`
	Details     json.RawMessage `json:"details"`
	PrevHash    string          `json:"prev_hash"`
	Hash        string          `json:"hash"`
}

// Page is a stretch of the log, newest first. Next is "" on the last page.
type Page struct {
	Entries []Stored `json:"entries"`
	Next    string   `json:"next_cursor"`
}

// List gives one page of the entries that match, newest first. A cursor that
// is not one of ours is an Invalid fault.
func (l *Log) List(ctx context.Context, f Filter) (Page, error) {
	before, err := parseCursor(f.Cursor)
	if err != nil {
		return Page{}, err
	}
	query, err := f.query()
	if err != nil {
		return Page{}, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	// One more than asked for tells whether there is a next page.
	rows, err := db.AuditDescending(ctx, l.db.Read(), query, before, int64(limit)+1)
	if err != nil {
		return Page{}, fmt.Errorf("list the audit log: %w", err)
	}
	page := Page{Entries: make([]Stored, 0, min(len(rows), limit))}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = strconv.FormatInt(rows[limit-1].Seq, 10)
	}
	for _, r := range rows {
		page.Entries = append(page.Entries, stored(r))
	}
	return page, nil
}

// Entry gives one entry by number, in one workspace or, with "", anywhere; a
// number that is not there is a NotFound fault.
func (l *Log) Entry(ctx context.Context, workspaceID string, seq int64) (Stored, error) {
	row, err := db.AuditEntryAt(ctx, l.db.Read(), workspaceID, seq)
	if err != nil {
		return Stored{}, err
	}
	return stored(row), nil
}

// Facets are what one can filter by: the actions that occur and who acted.
type Facets struct {
	Actions []string
	Actors  []Actor // the latest first, at most 200
}

// Facets lists what occurs in a workspace's entries or, with "", in all.
func (l *Log) Facets(ctx context.Context, workspaceID string) (Facets, error) {
	actions, err := db.AuditActions(ctx, l.db.Read(), workspaceID)
	if err != nil {
		return Facets{}, err
	}
	rows, err := db.AuditActors(ctx, l.db.Read(), workspaceID, 200)
	if err != nil {
		return Facets{}, err
	}
	out := Facets{Actions: actions}
	for _, r := range rows {
		out.Actors = append(out.Actors, Actor{ID: r.ID, Kind: ActorKind(r.Kind), Name: r.Name})
	}
	return out, nil
}

func (f Filter) query() (db.AuditQuery, error) {
	switch f.Result {
	case "", Allowed, Refused, Failed:
	default:
		return db.AuditQuery{}, fault.Field("result", "Use allowed, refused or failed.")
	}
	q := db.AuditQuery{
		// Stored texts went through clean; so does what they are compared with.
		ActionPrefix: clean(f.Action, 120),
		Actor:        clean(f.Actor, 320),
		WorkspaceID:  clean(f.WorkspaceID, 120),
		Result:       string(f.Result),
	}
	if !f.Since.IsZero() {
		q.Since = f.Since.UnixMilli()
	}
	if !f.Until.IsZero() {
		q.Until = f.Until.UnixMilli()
	}
	return q, nil
}

// parseCursor reads a page cursor: the number of the last entry seen.
func parseCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || seq < 1 || strconv.FormatInt(seq, 10) != cursor {
		return 0, fault.Field("cursor", "This page marker is not valid. Start again from the first page.")
	}
	return seq, nil
}

func stored(r db.AuditEntry) Stored {
	return Stored{
		Seq:         r.Seq,
		At:          time.UnixMilli(r.At).UTC(),
		Action:      r.Action,
		Result:      Result(r.Result),
		Actor:       Actor{Kind: ActorKind(r.ActorKind), ID: r.ActorID, Name: r.ActorName},
		WorkspaceID: r.WorkspaceID,
		TargetKind:  r.TargetKind,
		TargetID:    r.TargetID,
		IP:          r.IP,
		UserAgent:   r.UserAgent,
		RequestID:   r.RequestID,
		Details:     json.RawMessage(r.Details),
		PrevHash:    r.PrevHash,
		Hash:        r.Hash,
	}
}
