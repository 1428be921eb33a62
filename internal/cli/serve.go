package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/server"
)

// A stop takes at most 15 s: requests have the first part of it to finish, the
// rest is for closing the database.
const drainTime = 10 * time.Second

func (p *program) serveCommand() *cobra.Command {
	var addr string
	var safe bool
	cmd := &cobra.Command{Use: "serve", Short: "Run the server until it is told to stop", Args: noArgs,
		Long: "Runs everything in one process: pages, API and database. While no owner exists, every start\n" +
			"prints a one-time link that creates the first owner and workspace in the browser.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			overrides := map[string]string{}
			if cmd.Flags().Changed("addr") {
				overrides["server.addr"] = addr
			}
			if safe {
				overrides["plugins.safe_mode"] = "true"
			}
			return p.serve(cmd.Context(), overrides)
		}}
	cmd.Flags().StringVar(&addr, "addr", "", "HOST:PORT to listen on; port 0 takes a free one (default server.addr)")
	cmd.Flags().BoolVar(&safe, "safe-mode", false, "run no plugin, so that a broken one can be disabled or removed")
	return cmd
}

func (p *program) serve(ctx context.Context, overrides map[string]string) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	c, err := p.config(overrides)
	if err != nil {
		return err
	}
	if c, err = ownDataDir(c); err != nil {
		return err
	}
	release, err := lock(c)
	if err != nil {
		return err
	}
	defer release()
	if c, err = c.EnsureSecretKey(); err != nil {
		return err
	}
	log := telemetry.NewLog(p.Stderr, telemetry.LogOptions{Level: c.Telemetry.LogLevel, Format: c.Telemetry.LogFormat,
		Secrets: secretsOf(c)})
	ln, err := listen(ctx, c, log)
	if err != nil {
		return err
	}
	// A signal while the database is slow to answer breaks off the opening.
	opening, opened := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	srv, err := server.Open(opening, server.Options{Config: c, Model: p.Model, Version: p.version(), Log: log, Now: p.now})
	opened()
	if err != nil {
		_ = ln.Close()
		return err
	}
	return p.run(ctx, running{config: c, log: log, listener: ln, server: srv, signals: signals})
}

// running is a server that is open but does not serve yet.
type running struct {
	config   config.Config
	log      *slog.Logger
	listener *listener
	server   *server.Server
	signals  <-chan os.Signal
	metrics  *telemetry.MetricsListener
}

// run serves until a signal, the end of ctx or a failure, then stops gracefully.
func (p *program) run(ctx context.Context, r running) error {
	failed := make(chan error, 1)
	err := r.startMetrics(ctx)
	if err == nil {
		err = p.announce(ctx, r)
	}
	if err == nil {
		go func() { failed <- r.server.Serve(r.listener) }()
		err = r.wait(ctx, failed)
	}
	r.log.Info("stopping", "drain", drainTime)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	stopImpatience := r.impatient(cancel)
	defer stopImpatience()
	stopErr := r.server.Shutdown(drain)
	if errors.Is(stopErr, context.Canceled) {
		stopErr = errors.New("running requests were cut off, as the second signal asked")
	}
	_ = r.listener.Close()
	if r.metrics != nil {
		stopErr = errors.Join(stopErr, r.metrics.Close(drain))
	}
	r.log.Info("stopped")
	return errors.Join(err, stopErr)
}

// announce prints the address, and the set-up link while there is no owner. The
// link goes to standard output and never into the log.
func (p *program) announce(ctx context.Context, r running) error {
	base := r.listener.url()
	r.log.Info("serving", "url", base, "version", p.version(), "data", r.config.DataDir, "database", config.MaskURL(r.config.Database.URL))
	for _, w := range r.server.Warnings() {
		r.log.Warn(w)
	}
	if r.metrics != nil {
		r.log.Info("serving metrics", "addr", r.metrics.Addr().String())
	}
	token, err := r.server.SetupToken(ctx)
	if err != nil {
		return err
	}
	if token != "" {
		origin := base
		if r.config.Server.PublicURL != "" {
			origin = r.config.Server.PublicURL
		}
		if err := say(p.Stdout, "No owner exists yet. Create the first one in the browser within 24 hours:\n  %s/setup?token=%s\n",
			origin, url.QueryEscape(token)); err != nil {
			return err
		}
	}
	return say(p.Stdout, "listening on %s\n", base)
}

// startMetrics opens the listener of telemetry.metrics_addr.
func (r *running) startMetrics(ctx context.Context) error {
	if r.config.Telemetry.MetricsAddr == "" {
		return nil
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", r.config.Telemetry.MetricsAddr)
	if err != nil {
		return cannotListen("telemetry.metrics_addr", r.config, err)
	}
	r.metrics = r.server.Metrics().Serve(ln, r.log)
	return nil
}

// wait returns when the server has to stop: nil when it was asked to.
func (r *running) wait(ctx context.Context, failed <-chan error) error {
	for {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		case s := <-r.signals:
			if s != syscall.SIGHUP {
				r.log.Info("asked to stop", "signal", s.String())
				return nil
			}
			r.reload()
		}
	}
}

// reload reads templates and certificates again; on an error the old ones stay.
func (r *running) reload() {
	if err := errors.Join(r.server.Reload(), r.listener.reload()); err != nil {
		r.log.Error("reload failed; what was loaded before stays", "error", err)
		return
	}
	r.log.Info("templates and certificates reloaded")
}

// impatient cuts off running requests when a second signal asks to stop. Some
// supervisors send the first one to the process and its group: what comes
// within a second is the same one.
func (r *running) impatient(cut context.CancelFunc) (stop func()) {
	done := make(chan struct{})
	asked := time.Now()
	go func() {
		for {
			select {
			case s := <-r.signals:
				if s != syscall.SIGHUP && time.Since(asked) > time.Second {
					r.log.Warn("asked to stop again; cutting off running requests")
					cut()
					return
				}
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// say prints to a person; a closed pipe is an error of the command.
func say(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format, args...)
	return err
}

// ownDataDir creates the data directory, for its owner alone.
func ownDataDir(c config.Config) (config.Config, error) {
	if err := db.MakeDir(c.DataDir); err != nil {
		return c, fmt.Errorf("the data directory cannot be created: %w; check who owns its parent, or name another with --data", err)
	}
	return c, nil
}

// secretsOf are the texts that must never appear in the log.
func secretsOf(c config.Config) []string {
	secrets := []string{c.Server.SecretKey}
	if key := c.Storage.S3.SecretKey; key != "" {
		secrets = append(secrets, key)
	}
	if u, err := url.Parse(c.Database.URL); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			secrets = append(secrets, password, url.QueryEscape(password))
		}
	}
	return secrets
}
