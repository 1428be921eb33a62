package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// AuditGenesis is the hash the first audit entry continues.
const AuditGenesis = "0000000000000000000000000000000000000000000000000000000000000000"

// AuditHead is the number and hash of the newest audit entry; {0, AuditGenesis}
// while there is none.
type AuditHead struct {
	Seq  int64
	Hash string
}

// AuditQuery selects audit entries; zero fields select everything.
type AuditQuery struct {
	ActionPrefix string
	Actor        string // id or exact name
	WorkspaceID  string
	Result       string
	Since, Until int64 // epoch ms; since ≤ at < until
}

// ReadAuditHead reads the head of the audit log.
func ReadAuditHead(ctx context.Context, q bun.IDB) (AuditHead, error) {
	return auditHead(ctx, q, "")
}

// LockAuditHead reads the head of the audit log and keeps it from everybody
// else until the transaction ends. On SQLite the transaction itself does that.
func LockAuditHead(ctx context.Context, tx bun.IDB) (AuditHead, error) {
	return auditHead(ctx, tx, forUpdate(tx))
}

func auditHead(ctx context.Context, q bun.IDB, lock string) (AuditHead, error) {
	var value string
	err := q.NewRaw(`SELECT value FROM settings WHERE key = 'audit_head'`+lock).Scan(ctx, &value)
	if err != nil {
		return AuditHead{}, Fault(err, "reading the audit head")
	}
	number, hash, _ := strings.Cut(value, " ")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || len(hash) != len(AuditGenesis) {
		return AuditHead{}, fmt.Errorf("the setting audit_head is damaged: %q", value)
	}
	return AuditHead{Seq: seq, Hash: hash}, nil
}

// SetAuditHead moves the head to the entry just inserted.
func SetAuditHead(ctx context.Context, tx bun.IDB, head AuditHead) error {
	_, err := tx.NewRaw(`UPDATE settings SET value = ? WHERE key = 'audit_head'`,
		strconv.FormatInt(head.Seq, 10)+" "+head.Hash).Exec(ctx)
	return Fault(err, "moving the audit head")
}

// InsertAuditEntry writes one entry. There is no statement that changes or
// removes one.
func InsertAuditEntry(ctx context.Context, tx bun.IDB, e *AuditEntry) error {
	_, err := tx.NewInsert().Model(e).Exec(ctx)
	return Fault(err, "writing an audit entry")
}

// AuditDescending gives at most limit matching entries below a number (0 means
// no bound), newest first.
func AuditDescending(ctx context.Context, q bun.IDB, query AuditQuery, before int64, limit int64) ([]AuditEntry, error) {
	var rows []AuditEntry
	sel := auditWhere(q.NewSelect().Model(&rows), query).OrderExpr("seq DESC").Limit(limit)
	if before > 0 {
		sel = sel.Where("seq < ?", before)
	}
	err := sel.Scan(ctx)
	return rows, Fault(err, "listing audit entries")
}

// AuditAscending gives at most limit matching entries above one number and up
// to another (0 means no bound), oldest first.
func AuditAscending(ctx context.Context, q bun.IDB, query AuditQuery, after, upTo int64, limit int64) ([]AuditEntry, error) {
	var rows []AuditEntry
	sel := auditWhere(q.NewSelect().Model(&rows), query).Where("seq > ?", after).OrderExpr("seq ASC").Limit(limit)
	if upTo > 0 {
		sel = sel.Where("seq <= ?", upTo)
	}
	err := sel.Scan(ctx)
	return rows, Fault(err, "listing audit entries")
}

// AuditEntryAt reads one entry by number, in one workspace or, with "", anywhere.
func AuditEntryAt(ctx context.Context, q bun.IDB, workspaceID string, seq int64) (AuditEntry, error) {
	var e AuditEntry
	err := q.NewRaw(`SELECT * FROM audit_log WHERE seq = ? AND (? = '' OR workspace_id = ?)`, seq, workspaceID, workspaceID).Scan(ctx, &e)
	return e, found(err, "reading an audit entry", "The audit log has no such entry.")
}

// AuditActions lists the different actions of a workspace's entries, or of all.
func AuditActions(ctx context.Context, q bun.IDB, workspaceID string) ([]string, error) {
	var actions []string
	err := q.NewRaw(`SELECT DISTINCT action FROM audit_log WHERE ? = '' OR workspace_id = ? ORDER BY action`, workspaceID, workspaceID).Scan(ctx, &actions)
	return actions, Fault(err, "listing audit actions")
}

// AuditActor is somebody who appears in the log under a name.
type AuditActor struct {
	ID   string `bun:"actor_id"`
	Kind string `bun:"actor_kind"`
	Name string `bun:"actor_name"`
}

// AuditActors lists who acted in a workspace, or anywhere, the latest first, at
// most limit. Somebody who was renamed appears once, under the latest name.
func AuditActors(ctx context.Context, q bun.IDB, workspaceID string, limit int) ([]AuditActor, error) {
	var actors []AuditActor
	err := q.NewRaw(`SELECT a.actor_id, a.actor_kind, a.actor_name FROM audit_log AS a JOIN (
			SELECT max(seq) AS seq FROM audit_log WHERE (? = '' OR workspace_id = ?) AND (actor_id <> '' OR actor_name <> '')
			GROUP BY CASE WHEN actor_id = '' THEN actor_name ELSE actor_id END
		) AS latest ON latest.seq = a.seq
		ORDER BY a.seq DESC LIMIT ?`, workspaceID, workspaceID, limit).Scan(ctx, &actors)
	return actors, Fault(err, "listing audit actors")
}

func auditWhere(sel *bun.SelectQuery, query AuditQuery) *bun.SelectQuery {
	if query.ActionPrefix != "" {
		// A range instead of LIKE: exact about case, wildcards and the index.
		sel = sel.Where("action >= ? AND action < ?", query.ActionPrefix, query.ActionPrefix+"\U0010FFFF")
	}
	if query.Actor != "" {
		sel = sel.Where("(actor_id = ? OR actor_name = ?)", query.Actor, query.Actor)
	}
	if query.WorkspaceID != "" {
		sel = sel.Where("workspace_id = ?", query.WorkspaceID)
	}
	if query.Result != "" {
		sel = sel.Where("result = ?", query.Result)
	}
	if query.Since != 0 {
		sel = sel.Where("at >= ?", query.Since)
	}
	if query.Until != 0 {
		sel = sel.Where("at < ?", query.Until)
	}
	return sel
}

// forUpdate is the clause that locks the rows a SELECT reads until the
// transaction ends. SQLite has one writer at a time and needs none.
func forUpdate(q bun.IDB) string {
	if q.Dialect().Name() == dialect.PG {
		return " FOR UPDATE"
	}
	return ""
}
