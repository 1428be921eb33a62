package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func TestProbesSayWhetherToSendRequestsHere(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.Nobody().Get("/healthz").Is(200).Says("ok")
		app.Nobody().Get("/readyz").Is(200).Says("ready")
		if err := app.DB.MigrateDown(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		app.Nobody().Get("/readyz").Is(503).Says("migrations")
		app.Nobody().Get("/healthz").Is(200)
		if err := app.DB.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		app.Nobody().Get("/readyz").Is(200)
	})
}

func TestMetricsAreForTokensThatMayReadTheDeployment(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Nobody().Get("/api/auth/session").Is(200)
	app.Bearer(app.Owner).Get("/metrics").Is(200).Says("or3_http_requests_total").Says("or3_build_info")
	app.Bearer(app.Editor).Get("/metrics").Is(200)
	app.Bearer(app.Admin).Get("/metrics").Is(200)
	app.Bearer(app.Viewer).Get("/metrics").Is(403)
	app.Bearer(app.Stranger).Get("/metrics").Is(403)
	app.Nobody().Get("/metrics").Is(401)
	app.As(app.Owner).Get("/metrics").Is(401)
	if body := app.Bearer(app.Owner).Get("/metrics").Body; strings.Contains(body, app.Harbour) || strings.Contains(body, app.Owner.Email) {
		t.Error("the metrics name people or workspaces")
	}
}

func TestAStopAnswersWhatHasBegun(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Adjust: server.MisbehavingRoutes(nil)})
	answered := make(chan int, 1)
	go func() {
		res, err := http.Get(app.URL + "/api/test/wait")
		if err != nil {
			answered <- 0
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		answered <- res.StatusCode
	}()
	server.Waiting(app.Server) // the request is in its handler
	stopped := make(chan error, 1)
	go func() { stopped <- app.Shutdown(context.Background()) }()
	server.StopBegun(app.Server)
	if conn, err := net.DialTimeout("tcp", app.Addr, time.Second); err == nil {
		_ = conn.Close()
		t.Error("new connections are still taken")
	}
	server.LetGo(app.Server)
	if status := <-answered; status != 200 {
		t.Errorf("the request under way got %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := app.Shutdown(context.Background()); err != nil {
		t.Errorf("stopping twice: %v", err)
	}
}

func TestIdleConnectionsDoNotHoldUpAStop(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for range 5 {
		conn, err := net.Dial("tcp", app.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	if err := app.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func TestASecondNodeWithFilesOnDiskIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		first, second   string
		sameDir, refuse bool
	}{
		{"both on disk", "true", "true", false, true},
		{"the second without storage", "true", "false", false, false},
		{"the first without storage", "false", "true", false, true},
		{"neither with storage", "false", "false", false, false},
		{"the same data directory again", "true", "true", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := dbtest.PostgresURL(t)
			clock, dir := testkit.NewClock(), t.TempDir()
			testkit.Open(t, testkit.Options{URL: url, Dir: dir, Clock: clock, Empty: true, Keys: map[string]string{"storage.enabled": c.first}})
			if !c.sameDir {
				dir = t.TempDir()
			}
			o := testkit.Options{URL: url, Dir: dir, Clock: clock, Empty: true, Keys: map[string]string{"storage.enabled": c.second}}
			_, err := testkit.Start(t, o)
			if c.refuse && (err == nil || !strings.Contains(err.Error(), "storage.enabled")) || !c.refuse && err != nil {
				t.Fatalf("refused: %v", err)
			}
		})
	}
}

func TestANodeThatWasSilentIsGone(t *testing.T) {
	t.Parallel()
	url, clock := dbtest.PostgresURL(t), testkit.NewClock()
	testkit.Open(t, testkit.Options{URL: url, Clock: clock, Empty: true}).Stop()
	silence := func(d time.Duration) {
		t.Helper()
		d2 := dbtest.Open(t, url)
		err := d2.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if err := db.DeleteNode(ctx, tx, "other"); err != nil {
				return err
			}
			at := clock.Now().Add(-d).UnixMilli()
			return db.RegisterNode(ctx, tx, &db.Node{ID: "other", Address: "10.0.0.2:8080", Version: "test", Storage: "disk", StartedAt: at, HeartbeatAt: at})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	silence(9 * time.Second)
	if _, err := testkit.Start(t, testkit.Options{URL: url, Clock: clock, Empty: true}); err == nil || !strings.Contains(err.Error(), "10.0.0.2:8080") {
		t.Errorf("beside a live node: %v", err)
	}
	silence(11 * time.Second)
	if _, err := testkit.Start(t, testkit.Options{URL: url, Clock: clock, Empty: true}); err != nil {
		t.Errorf("beside a dead node: %v", err)
	}
}

func TestANodeThatStopsMakesRoom(t *testing.T) {
	t.Parallel()
	url, clock := dbtest.PostgresURL(t), testkit.NewClock()
	first := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Empty: true})
	first.Stop()
	testkit.Open(t, testkit.Options{URL: url, Clock: clock, Empty: true})
}
