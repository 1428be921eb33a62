// Package telemetry is what an operator sees of the running program: the
// structured log, request ids, and Prometheus metrics.
//
// Everything is a value that somebody made and handed on; there is no default
// logger and no global registry here.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"
)

// LogOptions say what a log looks like.
type LogOptions struct {
	// Level is the lowest level written; nil is slog.LevelInfo. A *slog.LevelVar
	// can be changed while the program runs.
	Level slog.Leveler
	// Format is "json", "text", or "auto": text on a terminal, else JSON.
	Format string
	// Secrets are texts that must never appear, such as the server's secret key.
	// Texts shorter than 8 bytes are not looked for.
	Secrets []string
}

// NewLog makes a logger that writes to w. It adds the context's request id,
// writes times in UTC, masks secrets and encodes control characters, so that
// nothing a stranger sends can forge a line or drive a terminal.
func NewLog(w io.Writer, o LogOptions) *slog.Logger {
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	clean := newCleaner(o.Secrets)
	options := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
			return slog.String(slog.TimeKey, a.Value.Time().UTC().Format(time.RFC3339Nano))
		}
		return clean.attr(a)
	}}
	if o.Format == "text" || (o.Format != "json" && isTerminal(w)) {
		return slog.New(withRequestID{Handler: slog.NewTextHandler(w, options)})
	}
	return slog.New(withRequestID{Handler: slog.NewJSONHandler(w, options)})
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// withRequestID adds the request id of the context to every record. What it is to
// add besides it keeps until there is a record: each request has a log of its own,
// and most write nothing.
type withRequestID struct {
	slog.Handler
	kept []slog.Attr
}

func (h withRequestID) Handle(ctx context.Context, r slog.Record) error {
	id := RequestID(ctx)
	if id == "" && len(h.kept) == 0 {
		return h.Handler.Handle(ctx, r)
	}
	all := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	all.AddAttrs(h.kept...)
	r.Attrs(func(a slog.Attr) bool {
		all.AddAttrs(a)
		return true
	})
	if id != "" {
		all.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, all)
}

func (h withRequestID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequestID{h.Handler, slices.Concat(h.kept, attrs)}
}

func (h withRequestID) WithGroup(name string) slog.Handler {
	inner := h.Handler
	if len(h.kept) > 0 { // which do not belong to the group
		inner = inner.WithAttrs(h.kept)
	}
	return withRequestID{Handler: inner.WithGroup(name)}
}
