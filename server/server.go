// Package server is HTTP and nothing else: Fiber, the route table, the guard,
// the translator of errors, and one file per thing one can do.
//
// routes.go is the contents page of the program, open.go puts it together, and
// a handler parses, asks one service and answers.
package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// Server is the running program behind one listener. Make it with Open.
type Server struct {
	config  config.Config
	version string
	now     func() time.Time
	log     *slog.Logger

	app         *fiber.App
	rows        []row
	metrics     *telemetry.Metrics
	validate    *validation
	limits      *limiter
	crowd       *crowd
	crossOrigin *http.CrossOriginProtection
	publicTLS   bool   // server.public_url says https
	pagePolicy  string // the Content-Security-Policy of pages

	db          *db.DB
	bus         *hook.Bus
	gate        *policies.Gate
	audit       *audit.Log
	accounts    *account.Service
	workspaces  *workspace.Service
	engine      *engine.Engine
	streams     *streams
	plugins     *plugins.Manager
	files       *files // nil with storage.enabled=false
	assets      *ui.Assets
	pages       *ui.Renderer
	openAPI     func() ([]byte, error)
	bodies      bodies     // large ones that are under way
	flashes     sealer     // encrypts what a page leaves for the next one
	pluginForms formSeals  // seals what forms of plugins ask for
	boards      sync.Mutex // one change of a dashboard at a time
	chain       chainWatch // what is known of the audit log's soundness
	instance    string     // names this start of the program
	started     time.Time

	life      context.Context // ends when the server is closed
	end       context.CancelFunc
	stopping  chan struct{} // closed when Shutdown begins
	mu        sync.Mutex    // guards listeners
	listeners []net.Listener
	closers   []func() error
	closing   sync.Once
	closeErr  error
}
