package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// The codes of errors that are not those of a fault. They are part of the plugin
// contract.
const (
	BadRequest    = "bad_request"
	Forbidden     = "forbidden"
	TooLarge      = "too_large"
	TooMany       = "too_many"
	QuotaExceeded = "quota_exceeded"
	NotFound      = "not_found"
	NotGranted    = "not_granted"
	NotAvailable  = "not_available"
	Unavailable   = "unavailable"
)

func refuse(code, format string, args ...any) error {
	return &host.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// errOutside is our own mistake: a host function that no call of a plugin stands behind.
var errOutside = errors.New("a host function outside of a plugin's call")

// asked is a host call that has passed the checks every one passes.
type asked struct {
	by      host.Caller
	call    plugins.Running
	granted manifest.Capability // with its bounds
}

// itself tells whether the plugin acts for itself, in a job or an event.
func (a asked) itself() bool { return a.by.Actor == plugins.ActorOf(a.by.Plugin.ID) }

// viewer is whose private rows are seen: the person's own, or nobody's.
func (a asked) viewer() string {
	if a.itself() {
		return ""
	}
	return a.by.Actor
}

// admit is where each host call begins: is the capability granted, and may whom
// the plugin works for do this?
func (s *service) admit(ctx context.Context, by host.Caller, capability string, p policies.Permission) (asked, error) {
	call, ok := plugins.RunningCall(ctx)
	a := asked{by: by, call: call}
	if !ok || by.Plugin.ID == "" || by.Workspace == "" || by.Actor == "" || call.Plugin != by.Plugin.ID || call.Workspace.ID != by.Workspace {
		return a, errOutside
	}
	if capability != "" {
		bounds, ok := by.Granted[capability]
		if !ok {
			return a, refuse(NotGranted, "%s was not granted.", capability)
		}
		if err := json.Unmarshal(bounds, &a.granted); err != nil {
			return a, fmt.Errorf("reading what was granted as %s: %w", capability, err)
		}
	}
	if call.Migrating && capability != "kv" && capability != "blob" {
		return a, refuse(NotAvailable, "While data are migrated, a plugin has its own kv and blobs alone.")
	}
	switch {
	case a.itself():
		return a, nil
	case strings.HasPrefix(by.Actor, plugins.ActorOf("")), call.Session == nil, call.Session.UserID != by.Actor:
		return a, errOutside
	case s.May == nil:
		return a, errors.New("nobody says who may do what")
	}
	return a, inWords(s.May(ctx, call.Session, by.Workspace, p))
}

// inWords makes a fault an error that the guest may read; what nobody classified
// stays for the log alone.
func inWords(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		return err
	}
	code := string(f.Kind)
	if f.Kind == fault.Oversized {
		code = TooLarge
	}
	return &host.Error{Code: code, Message: f.Message, Fields: f.Fields}
}

// tableOf checks that a capability names a table.
func (a asked) tableOf(capability, table string) error {
	if !slices.Contains(a.granted.Tables, table) {
		return refuse(Forbidden, "%s does not name the table %q.", capability, table)
	}
	return nil
}
