package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// MetricsListener answers GET /metrics, without a credential, on a listener of
// its own: keep it where only the monitoring can reach it.
type MetricsListener struct {
	server *http.Server
	addr   net.Addr
	done   sync.WaitGroup
}

// Serve starts answering on ln until Close.
func (m *Metrics) Serve(ln net.Listener, log *slog.Logger) *MetricsListener {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		text, err := m.Exposition()
		if err != nil {
			log.ErrorContext(r.Context(), "metrics cannot be read", "error", err)
			http.Error(w, "metrics cannot be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", ContentType)
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(text) // the reader is gone; nothing to tell it
	})
	l := &MetricsListener{addr: ln.Addr(), server: &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	l.done.Go(func() {
		if err := l.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the metrics listener stopped", "error", err)
		}
	})
	return l
}

// Addr is where it listens.
func (l *MetricsListener) Addr() net.Addr { return l.addr }

// Close stops answering; requests in flight have until ctx ends. Twice is safe.
func (l *MetricsListener) Close(ctx context.Context) error {
	err := l.server.Shutdown(ctx)
	if err != nil {
		_ = l.server.Close()
	}
	l.done.Wait()
	return err
}
