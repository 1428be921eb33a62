package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

// existence says whether a command may bring a database into being.
type existence int

const (
	mustExist existence = iota // looking for data where there is none is a mistake
	mayCreate                  // migrate up, and user add on a fresh machine
)

var errNoDatabase = errors.New("there is no database")

// services is the program below HTTP, for commands that work on the database
// themselves. A running server notices what they change within a second,
// because the services raise the access revision it polls.
type services struct {
	config     config.Config
	db         *db.DB
	bus        *hook.Bus
	audit      *audit.Log
	gate       *policies.Gate
	accounts   *account.Service
	workspaces *workspace.Service
}

// withDatabase opens the database for one command and closes it afterwards.
func (p *program) withDatabase(ctx context.Context, e existence, fn func(ctx context.Context, c config.Config, d *db.DB) error) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := p.config(nil)
	if err != nil {
		return err
	}
	if path, ok := c.Database.SQLitePath(); ok && e == mustExist {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w %s; name the right directory with --data, or begin with: or3 serve", errNoDatabase, path)
		}
	}
	d, err := db.Open(ctx, db.Options{URL: c.Database.URL, PollEvery: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return fn(ctx, c, d)
}

// withServices composes the services for one command, whose acts are written
// down as those of a command run by the person at this machine.
func (p *program) withServices(ctx context.Context, e existence, fn func(ctx context.Context, s services) error) error {
	return p.withDatabase(ctx, e, func(ctx context.Context, c config.Config, d *db.DB) error {
		if err := p.ready(ctx, e, d); err != nil {
			return err
		}
		log := slog.New(slog.DiscardHandler) // a command speaks through its one line
		bus := hook.New(log)
		trail := audit.New(audit.Options{DB: d, Now: p.now})
		workspaces := workspace.New(workspace.Options{DB: d, Bus: bus, Audit: trail, Now: p.now, Log: log})
		gate, err := policies.New(policies.Options{Model: p.Model, Directory: workspaces, Bus: bus, Log: log})
		if err != nil {
			return err
		}
		accounts := account.New(account.Options{DB: d, Bus: bus, Audit: trail, Now: p.now, Log: log, Registration: c.Auth.Registration})
		defer accounts.Close()
		ctx = audit.WithOrigin(ctx, audit.Origin{Actor: audit.Actor{Kind: audit.Command, Name: operator()}})
		return fn(ctx, services{config: c, db: d, bus: bus, audit: trail, gate: gate, accounts: accounts, workspaces: workspaces})
	})
}

// ready holds the schema against the program's. A database nobody migrated yet
// is migrated when the command may create one; an older one is left to serve
// and to migrate up, which the operator calls on purpose.
func (p *program) ready(ctx context.Context, e existence, d *db.DB) error {
	if e == mayCreate {
		names, err := applied(ctx, d)
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return d.Migrate(ctx)
		}
	}
	return d.CheckMigrated(ctx)
}

// operator names who runs the command, for the audit log.
func operator() string {
	if who, err := user.Current(); err == nil && who.Username != "" {
		return who.Username
	}
	return "operator"
}

// nodeLife is how long a node counts as running after its last heartbeat.
const nodeLife = 10 * time.Second

// stopped makes sure that no server uses the database while the returned
// function was not called.
func stopped(ctx context.Context, c config.Config, d *db.DB, now time.Time) (release func(), err error) {
	release = func() {}
	if _, err := os.Stat(c.DataDir); err == nil {
		if release, err = lock(c); err != nil {
			return nil, err
		}
	}
	names, err := applied(ctx, d)
	if err == nil && len(names) > 0 {
		err = noNodes(ctx, d.Read(), now)
	}
	if err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// noNodes fails while a server was heard of just now.
func noNodes(ctx context.Context, q bun.IDB, now time.Time) error {
	nodes, err := db.LiveNodes(ctx, q, now.Add(-nodeLife).UnixMilli())
	if err != nil || len(nodes) == 0 {
		return err
	}
	addresses := make([]string, len(nodes))
	for i, n := range nodes {
		addresses[i] = n.Address
	}
	return fmt.Errorf("a server uses this database (%s); stop it, or wait 10 seconds when it was killed", strings.Join(addresses, ", "))
}
