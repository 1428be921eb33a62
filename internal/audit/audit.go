// Package audit is the record of every privileged act, allowed or refused.
//
// Entries are numbered 1, 2, 3… without gaps and each carries the SHA-256 of
// the one before it, so that a changed, removed or reordered entry is found by
// Log.Verify. An act that happens appends its entry in its own transaction;
// an act that was refused is recorded on its own (Log.Record).
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
)

// Result says how an act ended.
type Result string

// How an act ended.
const (
	Allowed Result = "allowed" // it happened
	Refused Result = "refused" // a rule or a permission stood against it
	Failed  Result = "failed"  // it was allowed, but something broke
)

// Entry is one act as its author describes it. Action is dotted, from the
// general to the particular ("member.role_changed"), so that a prefix selects a
// family. A zero Actor and empty IP, UserAgent and RequestID are filled from
// the context's Origin. Details becomes JSON: what changed, before and after;
// never a secret.
type Entry struct {
	Action      string
	Result      Result // "" means Allowed
	Actor       Actor
	WorkspaceID string // "" when the act concerns the deployment
	TargetKind  string // "user", "workspace", "invite"…
	TargetID    string
	IP          string
	UserAgent   string
	RequestID   string
	Details     any
}

// Options are what a Log is made from.
type Options struct {
	DB  *db.DB
	Now func() time.Time // nil means time.Now
}

// Log is the audit log of one database. It is safe for concurrent use, also by
// several processes on one PostgreSQL.
type Log struct {
	db  *db.DB
	now func() time.Time
}

// New makes a Log over an open database.
func New(o Options) *Log {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Log{db: o.DB, now: o.Now}
}

// Append adds an entry to the log inside the caller's transaction: both happen
// or neither does. It holds the log's head until the transaction ends, which
// serialises every act of the deployment; so make it the last or nearly the
// last thing in a transaction, after the locks of the things themselves.
func (l *Log) Append(ctx context.Context, tx bun.IDB, e Entry) error {
	row, err := l.row(ctx, e)
	if err != nil {
		return err
	}
	head, err := db.LockAuditHead(ctx, tx)
	if err != nil {
		return fmt.Errorf("append %s to the audit log: %w", e.Action, err)
	}
	row.Seq = head.Seq + 1
	row.PrevHash = head.Hash
	row.Hash = hashOf(row)
	if err := db.InsertAuditEntry(ctx, tx, &row); err != nil {
		return fmt.Errorf("append %s to the audit log: %w", e.Action, err)
	}
	if err := db.SetAuditHead(ctx, tx, db.AuditHead{Seq: row.Seq, Hash: row.Hash}); err != nil {
		return fmt.Errorf("append %s to the audit log: %w", e.Action, err)
	}
	return nil
}

// Record appends an entry in a transaction of its own: for refused and failed
// acts, which have none.
func (l *Log) Record(ctx context.Context, e Entry) error {
	return l.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return l.Append(ctx, tx, e)
	})
}

// row is the entry as it will be stored, still without its place in the chain.
// What comes from outside is cleaned here, before it is hashed: the hash must
// cover exactly what the database gives back.
func (l *Log) row(ctx context.Context, e Entry) (db.AuditEntry, error) {
	origin := OriginFrom(ctx)
	if e.Actor == (Actor{}) {
		e.Actor = origin.Actor
	}
	if e.Actor.Kind == "" {
		e.Actor.Kind = System
	}
	if e.Result == "" {
		e.Result = Allowed
	}
	details, err := encodeDetails(e.Details)
	if err != nil {
		return db.AuditEntry{}, fmt.Errorf("encode details of %s: %w", e.Action, err)
	}
	return db.AuditEntry{
		At:          l.now().UnixMilli(),
		Action:      clean(e.Action, 120),
		Result:      string(e.Result),
		ActorID:     clean(e.Actor.ID, 120),
		ActorKind:   string(e.Actor.Kind),
		ActorName:   clean(e.Actor.Name, 320),
		WorkspaceID: clean(e.WorkspaceID, 120),
		TargetKind:  clean(e.TargetKind, 120),
		TargetID:    clean(e.TargetID, 320),
		IP:          clean(or(e.IP, origin.IP), 64),
		UserAgent:   clean(or(e.UserAgent, origin.UserAgent), 300),
		RequestID:   clean(or(e.RequestID, origin.RequestID), 120),
		Details:     details,
	}, nil
}

// encodeDetails renders details as one line of JSON; nothing becomes {}.
func encodeDetails(details any) (string, error) {
	if details == nil {
		return "{}", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(details); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// clean makes a short text storable on every database and harmless in a log:
// valid UTF-8, no control characters (NUL among them), at most limit characters.
func clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if n := 0; len(s) > limit {
		for i := range s {
			if n == limit {
				return s[:i]
			}
			n++
		}
	}
	return s
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
