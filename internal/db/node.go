package db

import (
	"context"

	"github.com/uptrace/bun"
)

// RegisterNode writes down a process that has started.
func RegisterNode(ctx context.Context, tx bun.IDB, n *Node) error {
	_, err := tx.NewInsert().Model(n).Exec(ctx)
	return Fault(err, "registering a node")
}

// HeartbeatNode notes that a process lives; it tells whether it is registered
// still.
func HeartbeatNode(ctx context.Context, tx bun.IDB, id string, at int64) (bool, error) {
	res, err := tx.NewRaw(`UPDATE nodes SET heartbeat_at = ? WHERE id = ?`, at, id).Exec(ctx)
	return changedOne(res, err, "noting a node's heartbeat")
}

// LiveNodes lists the processes heard of since a time (epoch ms), oldest first.
func LiveNodes(ctx context.Context, q bun.IDB, since int64) ([]Node, error) {
	rows := []Node{}
	err := q.NewRaw(`SELECT * FROM nodes WHERE heartbeat_at >= ? ORDER BY started_at, id`, since).Scan(ctx, &rows)
	return rows, Fault(err, "listing nodes")
}

// DeleteNode removes a process that stops.
func DeleteNode(ctx context.Context, tx bun.IDB, id string) error {
	_, err := tx.NewRaw(`DELETE FROM nodes WHERE id = ?`, id).Exec(ctx)
	return Fault(err, "removing a node")
}

// DeleteDeadNodes removes processes not heard of since a time (epoch ms).
func DeleteDeadNodes(ctx context.Context, tx bun.IDB, before int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM nodes WHERE heartbeat_at < ?`, before).Exec(ctx)
	return changed(res, err, "removing dead nodes")
}
