// Package engine keeps the synced rows of all workspaces: it takes pushes,
// answers pulls, and reads rows for the pages the server renders.
//
// One goroutine per engine, the committer, writes. It joins the pushes that
// wait, of all workspaces, into one durable transaction, so that the price of
// reaching the disk is shared; see Engine.settle for how one push that fails
// stays alone with its failure. Versions are taken inside that transaction from
// a counter row per workspace, which is locked: they are gapless and in the
// order of commits, however many nodes write.
package engine

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/sync/wire"
)

// Actor is who pushes or pulls, as the guard has let them in: they may read the
// workspace; CanWrite is their workspace.write. Server is the program itself,
// which alone writes reserved rows, and rows that belong to any person.
type Actor struct {
	UserID   string
	DeviceID string // device of ops the engine makes for the actor; "" is WebDevice
	CanWrite bool
	Server   bool
	// Agent and SessionID are what the person speaks with: a User-Agent header,
	// and the id of a session or token.
	Agent, SessionID string
	describes        bool // it says what the server has found out about a file
}

// WebDevice is the device of writes from server-rendered forms.
const WebDevice = "web"

// ServerDevice is the device of rows the program writes by itself.
const ServerDevice = "server"

// Options are what an engine needs. DB must be migrated.
type Options struct {
	DB  *db.DB
	Bus *hook.Bus
	Now func() time.Time
	Log *slog.Logger
	// MaxWaiting is how many pushes may wait for the committer before more are
	// turned away with an Unavailable fault; 0 means 1024.
	MaxWaiting int
	// PollOnly leaves notifications between nodes out: what others commit is
	// looked for four times a second.
	PollOnly bool
	// MayRead tells whether a person may read a workspace. With it those who take
	// part in a thread are told of new messages in it; without it nobody is.
	MayRead func(ctx context.Context, userID, workspaceID string) bool
}

// Engine is safe for concurrent use.
type Engine struct {
	db     *db.DB
	bus    *hook.Bus
	now    func() time.Time
	log    *slog.Logger
	writer *db.SyncWriter
	reader *db.SyncReader
	clock  *wire.Clock

	editing    *keyed // rows with a revision check
	queue      *queue
	hub        *hub
	neighbours *neighbours
	tidings    *tidings
	digests    *digests
	turns      *turns
	searchable searchable
	noticeKey  []byte // names notices, see answerID
	stats      stats
	commits    sync.WaitGroup
	closed     sync.Once
	err        error
}

// New starts an engine; Close stops it. The first one on a database gives it
// its history id.
func New(o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Bus == nil {
		o.Bus = hook.New(o.Log)
	}
	if o.MaxWaiting == 0 {
		o.MaxWaiting = 1024
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := claimHistory(ctx, o.DB); err != nil {
		return nil, err
	}
	noticeKey, err := claimSecret(ctx, o.DB, noticeKeySetting)
	if err != nil {
		return nil, err
	}
	writer, err := o.DB.SyncWriter(ctx)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		db: o.DB, bus: o.Bus, now: o.Now, log: o.Log,
		writer: writer, reader: o.DB.SyncReader(),
		clock:      wire.NewClock(o.Now, clockNode()),
		editing:    newKeyed(),
		queue:      newQueue(o.MaxWaiting),
		noticeKey:  noticeKey,
		digests:    newDigests(),
		searchable: searchable{rows: 50_000, bytes: 64 << 20},
		turns:      newTurns(turnsOn(o.DB.RawReader().Stats().MaxOpenConnections)),
	}
	e.hub = newHub(e.reader.Tail, o.Log.Warn)
	e.neighbours = newNeighbours(e, !o.PollOnly)
	e.tidings = newTidings(e, o.MayRead)
	o.Bus.Declare(PushBefore, PushAfter, PullAfter, ConflictDetected, QueueFull, CollectFailed)
	e.commits.Go(e.commit)
	return e, nil
}

// Close lets waiting pushes finish, refuses new ones and stops the engine. Twice
// is safe.
func (e *Engine) Close() error {
	e.closed.Do(func() {
		e.tidings.close()
		e.queue.close()
		e.commits.Wait()
		e.neighbours.close()
		e.hub.close()
		e.err = e.reader.Close()
	})
	return e.err
}

// claimHistory gives a database that has none its history id.
func claimHistory(ctx context.Context, d *db.DB) error {
	if _, err := db.SettingValue(ctx, d.Read(), db.SyncHistorySetting); !fault.Is(err, fault.NotFound) {
		return err
	}
	return d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := db.ClaimSetting(ctx, tx, db.SyncHistorySetting, newID())
		return err
	})
}

// noticeKeySetting holds what ids of notices are made with. It stays what it is
// in backups and for all nodes.
const noticeKeySetting = "sync_notice_key"

// claimSecret gives a secret that is made with the first use of a database.
func claimSecret(ctx context.Context, d *db.DB, setting string) ([]byte, error) {
	value, err := db.SettingValue(ctx, d.Read(), setting)
	if !fault.Is(err, fault.NotFound) {
		return []byte(value), err
	}
	err = d.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := db.ClaimSetting(ctx, tx, setting, rand.Text()); err != nil {
			return err
		}
		value, err = db.SettingValue(ctx, tx, setting) // another node may have been first
		return err
	})
	return []byte(value), err
}

// newID makes an id that sorts by time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// clockNode names this process in HLCs.
func clockNode() string { return "web" + strings.ToLower(rand.Text()[:10]) }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
