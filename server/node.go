package server

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// A node says that it lives every few seconds, and is gone when it was silent
// for longer than nodeGone.
const (
	nodeBeat = 3 * time.Second
	nodeGone = 10 * time.Second
)

// node is this process among those that share a PostgreSQL database.
type node struct {
	db  *db.DB
	now func() time.Time
	row db.Node
}

// joinNodes enters this process into the list of nodes. Files on a local disk
// are seen by one node alone, so a second one with such a storage is refused.
// The same data directory coming back is not a second node.
func (s *Server) joinNodes(ctx context.Context) error {
	if s.db.Dialect() != db.Postgres {
		return nil
	}
	id, err := nodeID(s.config.DataDir)
	if err != nil {
		return err
	}
	n := &node{db: s.db, now: s.now, row: db.Node{
		ID: id, Address: s.config.Server.Addr, Version: s.version, Storage: storageOf(s.config), StartedAt: s.now().UnixMilli(),
	}}
	if err := s.db.Write(ctx, n.join); err != nil {
		return err
	}
	stopped := make(chan struct{})
	beating, stop := context.WithCancel(s.life)
	go func() {
		defer close(stopped)
		n.beat(beating, s.log.Error)
	}()
	s.onRelease(func() error {
		stop()
		<-stopped
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error { return db.DeleteNode(ctx, tx, id) })
		if err != nil {
			s.log.Warn("this node is still in the list of nodes; it is taken for gone in a few seconds", "error", err)
		}
		return nil
	})
	return nil
}

// join checks who else is there and registers, in one transaction that other
// joining nodes wait for.
func (n *node) join(ctx context.Context, tx bun.Tx) error {
	if err := db.LockNodes(ctx, tx); err != nil {
		return err
	}
	gone := n.now().Add(-nodeGone).UnixMilli()
	if _, err := db.DeleteDeadNodes(ctx, tx, gone); err != nil {
		return err
	}
	others, err := db.LiveNodes(ctx, tx, gone)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.ID != n.row.ID && n.row.Storage == "disk" {
			return fault.Newf(fault.Conflict, "Another server (%s, started %s) uses this database already, and files on disk are seen by one server only. "+
				"Stop it, or set storage.enabled = false here.",
				other.Address, time.UnixMilli(other.StartedAt).UTC().Format(time.RFC3339))
		}
	}
	if err := db.DeleteNode(ctx, tx, n.row.ID); err != nil {
		return err
	}
	n.row.HeartbeatAt = n.now().UnixMilli()
	return db.RegisterNode(ctx, tx, &n.row)
}

// beat keeps the node in the list until ctx ends. A node that others took for
// dead enters itself again.
func (n *node) beat(ctx context.Context, report func(string, ...any)) {
	tick := time.NewTicker(nodeBeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := n.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
			known, err := db.HeartbeatNode(ctx, tx, n.row.ID, n.now().UnixMilli())
			if err != nil || known {
				return err
			}
			n.row.HeartbeatAt = n.now().UnixMilli()
			return db.RegisterNode(ctx, tx, &n.row)
		})
		if err != nil && ctx.Err() == nil {
			report("node heartbeat", "error", err)
		}
	}
}

func storageOf(c config.Config) string {
	if !c.Storage.Enabled {
		return "off"
	}
	return c.Storage.Provider
}

// nodeID is the name of this data directory, made at the first start.
func nodeID(dataDir string) (string, error) {
	path := filepath.Join(dataDir, "node-id")
	text, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(text)); err == nil && idShape.MatchString(id) {
		return id, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	if err := db.MakeDir(dataDir); err != nil {
		return "", err
	}
	return id.String(), os.WriteFile(path, []byte(id.String()+"\n"), 0o600)
}
