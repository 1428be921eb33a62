package db

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	changesChannel = "or3_changes"
	payloadBytes   = 7500 // PostgreSQL takes less than 8000
	selfTest       = 2 * time.Second
	listenPing     = 20 * time.Second
)

// ErrNoNotifications says that this database cannot tell one node what another
// has done: SQLite, or a pooler that swallows notifications.
var ErrNoNotifications = errors.New("this database does not pass notifications on")

// Notifier sends hints from this node to the others, over a connection of its
// own: a NOTIFY inside a transaction would make all such commits queue up.
type Notifier struct {
	d    *DB
	node string
	conn *pgx.Conn
}

// Notifier makes a notifier and the name by which this node knows its own hints.
func (d *DB) Notifier() *Notifier { return &Notifier{d: d, node: rand.Text()} }

// Send tells the other nodes to look at the heads of these workspaces.
func (n *Notifier) Send(ctx context.Context, workspaceIDs []string) error {
	if n.d.direct == nil || n.d.pooled {
		return ErrNoNotifications
	}
	for len(workspaceIDs) > 0 {
		var b strings.Builder
		b.WriteString(n.node)
		k := 0
		for ; k < len(workspaceIDs) && b.Len()+1+len(workspaceIDs[k]) < payloadBytes; k++ {
			b.WriteString(" " + workspaceIDs[k])
		}
		if k == 0 {
			return errors.New("a workspace id is too long for a notification")
		}
		if err := n.send(ctx, b.String()); err != nil {
			return err
		}
		workspaceIDs = workspaceIDs[k:]
	}
	return nil
}

func (n *Notifier) send(ctx context.Context, payload string) error {
	if n.conn == nil || n.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, n.d.direct.Copy())
		if err != nil {
			return Fault(err, "connecting to notify other nodes")
		}
		n.conn = conn
	}
	_, err := n.conn.Exec(ctx, "SELECT pg_notify($1, $2)", changesChannel, payload)
	if err != nil {
		_ = n.conn.Close(ctx)
	}
	return Fault(err, "notifying other nodes")
}

// Close closes the connection.
func (n *Notifier) Close() {
	if n.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = n.conn.Close(ctx)
	}
}

// Listen calls heard with what other nodes send, until ctx ends or the
// connection is lost. It calls ready when it has made sure, by a hint of its
// own, that hints arrive: what was missed before has to be looked up then.
// ErrNoNotifications says that trying again soon is no use.
func (n *Notifier) Listen(ctx context.Context, ready func(), heard func(workspaceIDs []string)) error {
	if n.d.direct == nil || n.d.pooled {
		return ErrNoNotifications
	}
	conn, err := pgx.ConnectConfig(ctx, n.d.direct.Copy())
	if err != nil {
		return Fault(err, "connecting to listen to other nodes")
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+changesChannel); err != nil {
		return Fault(err, "listening to other nodes")
	}
	if err := n.testListen(ctx, conn); err != nil {
		return err
	}
	ready()
	for {
		wait, cancel := context.WithTimeout(ctx, listenPing)
		note, err := conn.WaitForNotification(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if from, ids, _ := strings.Cut(note.Payload, " "); from != n.node && ids != "" {
				heard(strings.Fields(ids))
			}
		case errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			if err := conn.Ping(ctx); err != nil {
				return Fault(err, "listening to other nodes")
			}
		default:
			return Fault(err, "listening to other nodes")
		}
	}
}

// testListen sends a hint the way all are sent, and waits for it.
func (n *Notifier) testListen(ctx context.Context, conn *pgx.Conn) error {
	nonce := "test-" + rand.Text()
	if _, err := n.d.RawWriter().ExecContext(ctx, "SELECT pg_notify($1, $2)", changesChannel, nonce); err != nil {
		return Fault(err, "testing notifications")
	}
	wait, cancel := context.WithTimeout(ctx, selfTest)
	defer cancel()
	for {
		note, err := conn.WaitForNotification(wait)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case wait.Err() != nil:
			return ErrNoNotifications
		case err != nil:
			return Fault(err, "testing notifications")
		case note.Payload == nonce:
			return nil
		}
	}
}
