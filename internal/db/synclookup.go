package db

import (
	"cmp"
	"fmt"
	"strings"
)

// OpTarget is an op that is about to be judged, and the row it is for.
type OpTarget struct {
	OpID string
	Row  RowKey
}

// KnownOp is an op that took effect before; Version is 0 when it was superseded.
// UserID is who pushed it first.
type KnownOp struct {
	Version int64
	Digest  string
	UserID  string
}

// RowState is what a push must know about a stored row; the payload is left
// out, because most pushes replace it unseen.
type RowState struct {
	Deleted       bool
	Clock         int64
	HLC           string
	OpID          string
	DeviceID      string
	CreatedBy     string
	OwnerUserID   string
	ServerVersion int64
}

// FoundOp is what is stored about an op and its row; either may be nil.
type FoundOp struct {
	OpTarget
	Known *KnownOp
	State *RowState
}

const (
	targetColumns = `workspace_id:t op_id:t table_name:t pk:t`
	lookUpSQL     = `WITH k ({columns}) AS ({rows})
		SELECT k.workspace_id, k.op_id, k.table_name, k.pk, c.server_version, COALESCE(c.digest, s.digest), COALESCE(c.user_id, s.user_id),
			r.deleted, r.clock, r.hlc, r.op_id, r.device_id, r.created_by, r.owner_user_id, r.server_version
		FROM k
		LEFT JOIN {change_log} AS c ON c.workspace_id = k.workspace_id AND c.op_id = k.op_id
		LEFT JOIN {superseded_ops} AS s ON s.workspace_id = k.workspace_id AND s.op_id = k.op_id
		LEFT JOIN {sync_rows} AS r ON r.workspace_id = k.workspace_id AND r.table_name = k.table_name AND r.pk = k.pk
		WHERE c.op_id IS NOT NULL OR s.op_id IS NOT NULL OR r.pk IS NOT NULL`
)

// byKey puts in how a table is asked for rows of k by their whole key. As long as
// PostgreSQL has no statistics of a table, it may read all of it for a few rows,
// or the index of the lists, whose key only begins alike. The first row in the
// order of the key leaves it no choice.
func (d *DB) byKey(text string) string {
	var pairs []string
	for _, t := range []struct {
		table, key, of string
		lock           string
	}{
		{table: "change_log", key: "workspace_id, op_id"},
		{table: "superseded_ops", key: "workspace_id, op_id"},
		{table: "sync_rows", key: "workspace_id, table_name, pk"},
		{table: "blobs", key: "workspace_id, hash"},
		{table: "workspaces", key: "id", of: "workspace_id"},
		// Of a workspace without a head, which only an older program leaves behind, it
		// locks the next one's, in the same order.
		{table: "sync_heads", key: "workspace_id", lock: " FOR UPDATE"},
	} {
		asked := t.table
		if d.dialect == Postgres {
			of := func(alias, columns string) string {
				return alias + "." + strings.ReplaceAll(columns, ", ", ", "+alias+".")
			}
			asked = fmt.Sprintf("LATERAL (SELECT * FROM %s AS t WHERE (%s) >= (%s) ORDER BY %s LIMIT 1%s)",
				t.table, of("t", t.key), of("k", cmp.Or(t.of, t.key)), of("t", t.key), t.lock)
		}
		pairs = append(pairs, "{"+t.table+"}", asked)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// addOp takes a row of lookUp.
func (f *SyncFound) addOp(c cells) {
	found := FoundOp{OpTarget: OpTarget{Row: RowKey{WorkspaceID: c.text(0), Table: c.text(2), PK: c.text(3)}, OpID: c.text(1)}}
	if !c.null(5) {
		found.Known = &KnownOp{Version: c.number(4), Digest: c.text(5), UserID: c.text(6)}
	}
	if !c.null(8) {
		found.State = &RowState{Deleted: c.number(7) != 0, Clock: c.number(8), HLC: c.text(9), OpID: c.text(10), DeviceID: c.text(11),
			CreatedBy: c.text(12), OwnerUserID: c.text(13), ServerVersion: c.number(14)}
	}
	f.Ops = append(f.Ops, found)
}

func targetRows(targets []OpTarget) rowsFor {
	return rowsFor{len(targets), func(i int, v values) {
		t := &targets[i]
		v.text(t.Row.WorkspaceID)
		v.text(t.OpID)
		v.text(t.Row.Table)
		v.text(t.Row.PK)
	}}
}
