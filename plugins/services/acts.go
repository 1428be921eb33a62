package services

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// What plugins do, in the audit log. Each kind of write is there once for each
// call of a plugin, with its first target: a page that writes a hundred values has
// done one thing. Rows have their history besides.
const (
	ActData   = "plugin.data_changed"
	ActBlob   = "plugin.blob_changed"
	ActRow    = "plugin.row_changed"
	ActEvent  = "plugin.event_emitted"
	ActFetch  = "plugin.fetched"
	ActNotice = "plugin.notice_sent"
)

// entry describes an act of the plugin.
func (a asked) entry(ctx context.Context, action, kind, target string, details map[string]any) audit.Entry {
	origin := audit.OriginFrom(ctx)
	e := audit.Entry{
		Action: action, Actor: origin.Actor, WorkspaceID: a.by.Workspace, TargetKind: kind, TargetID: target,
		IP: origin.IP, UserAgent: origin.UserAgent, RequestID: requestID(ctx, a.by),
	}
	all := map[string]any{"plugin": a.by.Plugin.ID, "version": a.by.Plugin.Version}
	for name, value := range details {
		all[name] = value
	}
	e.Details = all
	switch {
	case a.itself():
		e.Actor = audit.Actor{Kind: audit.System, Name: a.by.Actor}
	case origin.Actor.ID != a.by.Actor:
		e.Actor = audit.ActorOf(a.call.Session)
	}
	return e
}

// act is the entry of a write that is still to be committed; one that this call
// has already writes none. What shares a transaction has the context of none of
// those who share it, so everything is looked up here.
type act struct {
	s     *service
	entry audit.Entry
	known bool // this call has such an entry
	wrote bool
}

func (s *service) act(ctx context.Context, e audit.Entry) *act {
	return &act{s: s, entry: e, known: before(ctx, e.Action) > 0}
}

// append adds the entry to the transaction of the write.
func (a *act) append(ctx context.Context, tx bun.IDB) error {
	a.wrote = true
	if a.known {
		return nil
	}
	return a.s.Audit.Append(ctx, tx, a.entry)
}

// over counts what was committed, and gives the guest its error.
func (a *act) over(ctx context.Context, err error) error {
	if err == nil && a.wrote {
		again(ctx, a.entry.Action)
	}
	return inWords(err)
}

// record is an act without a transaction of its own.
func (s *service) record(ctx context.Context, kind string, e audit.Entry) error {
	if again(ctx, kind) > 0 {
		return nil
	}
	return s.Audit.Record(context.WithoutCancel(ctx), e)
}

// note is record for what has happened already and cannot be taken back.
func (s *service) note(ctx context.Context, kind string, e audit.Entry) {
	if err := s.record(ctx, kind, e); err != nil {
		s.Log.ErrorContext(ctx, "an act of a plugin is missing in the audit log", "action", e.Action, "target", e.TargetID, "workspace_id", e.WorkspaceID, "error", err)
	}
}

// acts implements host.Audit.
type acts struct{ *service }

// Write implements host.Audit.
func (s acts) Write(ctx context.Context, by host.Caller, in host.AuditEntry) (host.Done, error) {
	a, err := s.admit(ctx, by, "audit.write", policies.WorkspaceRead)
	if err != nil {
		return host.Done{}, err
	}
	details, no, err := manifest.RefuseAuditEntry(by.Plugin.ID, in.Action, in.Details, s.installed(ctx))
	switch {
	case err != nil:
		return host.Done{}, inWords(err)
	case no.Code != "":
		return host.Done{}, refuse(no.Code, "%s", no.Message)
	case again(ctx, "or3_audit") >= manifest.MaxAuditEntries:
		return host.Done{}, refuse(TooMany, "A call adds at most %d entries to the audit log.", manifest.MaxAuditEntries)
	}
	// No action of the server's own has a colon: a plugin cannot pretend to be it.
	e := a.entry(ctx, plugins.ActorOf(by.Plugin.ID)+"."+in.Action, "plugin", by.Plugin.ID, map[string]any{"said": details})
	if in.Target != "" {
		e.TargetKind, e.TargetID = "plugin_target", in.Target
	}
	return host.Done{}, inWords(s.Audit.Record(ctx, e))
}
