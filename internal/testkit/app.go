// Package testkit runs the whole program for a test: a real listener, a real
// database of either kind, a clock that stands still, and one person in every
// role. Tests read as sentences about people and addresses.
package testkit

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/server"
)

// Options say what kind of deployment a test needs.
type Options struct {
	// URL is the database; "" makes a fresh SQLite file.
	URL string
	// Dir is the data directory; "" makes one.
	Dir string
	// Keys are configuration keys, e.g. "auth.registration": "open".
	Keys map[string]string
	// Limits switches rate limits on; most tests are faster than people.
	Limits bool
	// Empty leaves out the people: a server nobody has set up yet.
	Empty bool
	// World are people who are in the database already: Dir is a copy of that
	// of an app that was stopped.
	World *World
	// Adjust changes what the server is opened with.
	Adjust func(*server.Options)
	// Clock is shared with other nodes of the same test; nil makes one.
	Clock *Clock
}

// App is a running program.
type App struct {
	*server.Server
	server.Parts
	URL    string // http://127.0.0.1:port
	Addr   string // 127.0.0.1:port
	Config config.Config
	Clock  *Clock
	Log    *Log
	Hooks  *Recorder
	World

	t       testing.TB
	running *running
}

// running is the program until it is stopped. What a test leaves to its end
// refers to this alone, so that a program that was stopped is not kept in memory
// by a test that goes through hundreds of them.
type running struct {
	t   testing.TB
	mu  sync.Mutex
	srv *server.Server // nil when it is stopped
}

// Each runs a test against a program on SQLite and one on PostgreSQL.
func Each(t *testing.T, o Options, test func(t *testing.T, app *App)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		o := o
		o.URL = url
		test(t, Open(t, o))
	})
}

// Open starts a program and stops it when the test ends.
func Open(t testing.TB, o Options) *App {
	t.Helper()
	app, err := Start(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Start is Open for tests about programs that refuse to start.
func Start(t testing.TB, o Options) (*App, error) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.URL == "" {
		o.URL = "sqlite://" + filepath.ToSlash(filepath.Join(o.Dir, "or3.db"))
	}
	if o.Clock == nil {
		o.Clock = NewClock()
	}
	app := &App{Clock: o.Clock, Log: &Log{}, t: t, Config: configuration(t, o)}
	options := server.Options{
		Config: app.Config, Model: model(t), Version: "test", Now: o.Clock.Now,
		Log:       telemetry.NewLog(app.Log, telemetry.LogOptions{Format: "json"}),
		Passwords: cheap(), PluginTime: 8 * time.Second, // more than a person waits for, for a machine with much else to do
	}
	if o.Adjust != nil {
		o.Adjust(&options)
	}
	srv, err := server.Open(context.Background(), options)
	if err != nil {
		return nil, err
	}
	app.Server, app.Parts = srv, srv.Parts()
	app.Hooks = record(app.Bus)
	app.listen()
	switch {
	case o.World != nil:
		app.World = *o.World
	case !o.Empty:
		app.World = app.populate()
	}
	return app, nil
}

// listen serves on a free port until the test ends.
func (a *App) listen() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	a.Addr = ln.Addr().String()
	a.URL = "http://" + a.Addr
	served := make(chan error, 1)
	go func() { served <- a.Serve(ln) }()
	r := &running{t: a.t, srv: a.Server}
	a.running = r
	a.t.Cleanup(func() {
		r.stop()
		if err := <-served; err != nil {
			r.t.Errorf("serve: %v", err)
		}
	})
}

// Stop shuts the program down. Twice is safe.
func (a *App) Stop() { a.running.stop() }

func (r *running) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.srv == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.srv.Shutdown(ctx); err != nil {
		r.t.Errorf("shutdown: %v", err)
	}
	r.srv = nil
}

func configuration(t testing.TB, o Options) config.Config {
	keys := map[string]string{"database.url": o.URL, "limits.enabled": "false", "server.addr": "127.0.0.1:0"}
	if o.Limits {
		keys["limits.enabled"] = "true"
	}
	for name, value := range o.Keys {
		keys[name] = value
	}
	c, err := config.Load(config.Options{DataDir: o.Dir, Flags: keys})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.EnsureSecretKey(); err != nil {
		t.Fatal(err)
	}
	return c
}

// model is the text of casbin_model.conf at the module's root.
func model(t testing.TB) string {
	dir, err := os.Getwd()
	for err == nil {
		text, readErr := os.ReadFile(filepath.Join(dir, "casbin_model.conf"))
		if readErr == nil {
			return string(text)
		}
		if parent := filepath.Dir(dir); parent != dir && !strings.HasSuffix(dir, string(filepath.Separator)) {
			dir = parent
			continue
		}
		err = readErr
	}
	t.Fatal(err)
	return ""
}

// cheap hashes passwords as weakly as argon2id can: what is tested is not how
// long that takes.
func cheap() *account.Passwords { return account.NewPasswords(account.Cost{Memory: 8, Passes: 1}) }
