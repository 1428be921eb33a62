package db

// SyncHistorySetting holds the history_id: which life of the database this is.
// A restore or a failover must change it.
const SyncHistorySetting = "sync_history_id"

const (
	lockHeadsSQL = `WITH k ({columns}) AS ({rows})
		SELECT h.workspace_id, h.value, h.tombstone_floor, COALESCE((SELECT value FROM settings WHERE key = 'sync_history_id'), '')
		FROM k JOIN {sync_heads} AS h ON h.workspace_id = k.workspace_id
		ORDER BY h.workspace_id`
	openHeadsSQL = `WITH k ({columns}) AS ({rows})
		INSERT INTO sync_heads (workspace_id, value, tombstone_floor)
		SELECT w.id, 0, 0 FROM k JOIN {workspaces} AS w ON w.id = k.workspace_id WHERE true
		ORDER BY w.id ON CONFLICT (workspace_id) DO NOTHING`
	headColumns = `workspace_id:t value:i`
	// They are all there; a conflict is found by the key, whatever a planner thinks.
	moveHeadsSQL = `INSERT INTO sync_heads (workspace_id, value, tombstone_floor) SELECT k.workspace_id, k.value, 0 FROM k WHERE true
		ON CONFLICT (workspace_id) DO UPDATE SET value = excluded.value`
)

// LockedHead is a workspace's head and the life of the database it belongs to.
type LockedHead struct {
	Value, TombstoneFloor int64
	HistoryID             string
}

// addHead takes a row of lockHeads. A workspace that does not exist has none.
func (f *SyncFound) addHead(c cells) {
	f.Heads[c.text(0)] = LockedHead{Value: c.number(1), TombstoneFloor: c.number(2), HistoryID: c.text(3)}
}

func headRows(heads []SyncHead) rowsFor {
	return rowsFor{len(heads), func(i int, v values) {
		v.text(heads[i].WorkspaceID)
		v.number(heads[i].Value)
	}}
}

func idRows(ids []string) rowsFor {
	return rowsFor{len(ids), func(i int, v values) { v.text(ids[i]) }}
}

func texts(values []string) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}
