package plugins

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// Names of the acts in the audit log. What the gate refuses is recorded by the
// server under the same names.
const (
	ActInstall    = "plugin.installed"
	ActConsent    = "plugin.consented"
	ActRefuse     = "plugin.version_refused"
	ActRollback   = "plugin.rolled_back"
	ActStop       = "plugin.stopped"
	ActStart      = "plugin.started"
	ActUninstall  = "plugin.uninstalled"
	ActReinstate  = "plugin.reinstated"
	ActPurge      = "plugin.purged"
	ActExport     = "plugin.exported"
	ActEnable     = "plugin.enabled"
	ActDisable    = "plugin.disabled"
	ActSettings   = "plugin.settings_changed"
	ActQuarantine = "plugin.quarantined"
	ActRelease    = "plugin.released"
)

// change is what an act did, for the audit log.
type change struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

// changed is what an act did, for its hook.
type changed struct {
	id            string
	actor         audit.Actor
	before, after *entry
	at            time.Time
}

// act runs one privileged act in one transaction: the right to it is read once
// more inside, fn does it and fills in the entry, other nodes are told by the
// revision. Details left nil mean that nothing has changed. What was refused is
// recorded afterwards, because the act's own transaction was undone.
func (m *Manager) act(ctx context.Context, by *policies.Session, e audit.Entry, fn func(ctx context.Context, tx bun.Tx, e *audit.Entry) error) error {
	e.TargetKind = "plugin"
	e.Actor = m.actorOf(ctx, by)
	var done audit.Entry
	err := m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = e // fn may run again
		if err := m.mayStill(ctx, tx, by, e.WorkspaceID); err != nil {
			return err
		}
		if err := fn(ctx, tx, &done); err != nil || done.Details == nil {
			return err
		}
		if err := db.BumpPlugins(ctx, tx); err != nil {
			return err
		}
		return m.o.Audit.Append(ctx, tx, done)
	})
	switch {
	case err == nil && done.Details != nil:
		// What is committed stays committed: that it cannot be read just now is for
		// the next look.
		if err := m.look(context.WithoutCancel(ctx), true); err != nil {
			m.o.Log.ErrorContext(ctx, "plugins cannot be read from the database", "error", err)
		}
		m.tell(context.WithoutCancel(ctx))
	case err != nil:
		m.refused(ctx, done, err)
	}
	return err
}

// refused records an act that did not happen. That it cannot be written must not
// hide why the act did not happen; so it is only logged.
func (m *Manager) refused(ctx context.Context, e audit.Entry, why error) {
	var known *fault.Error
	if !errors.As(why, &known) || known.Kind == fault.NotFound || known.Kind == fault.Unavailable || known.Kind == fault.Unauthenticated {
		return
	}
	e.Result = audit.Refused
	e.Details = struct {
		Reason string            `json:"reason"`
		Fields map[string]string `json:"fields,omitempty"`
	}{known.Message, known.Fields}
	if err := m.o.Audit.Record(context.WithoutCancel(ctx), e); err != nil {
		m.o.Log.ErrorContext(ctx, "a refused act is missing in the audit log", "action", e.Action, "error", err)
	}
}

// actorOf is who acts, for audit log and hooks.
func (m *Manager) actorOf(ctx context.Context, by *policies.Session) audit.Actor {
	switch {
	case by == m.self:
		return audit.Actor{Kind: audit.System}
	case by != nil && by.UserID != "":
		return audit.ActorOf(by)
	}
	actor := audit.OriginFrom(ctx).Actor
	if actor.Kind == "" {
		actor.Kind = audit.System
		if by != nil && by.Kind == policies.CommandSession {
			actor.Kind = audit.Command
		}
	}
	return actor
}

// mayStill reads inside the transaction whether somebody may do an act at this
// very moment: in a workspace its owners, in the deployment who runs it. An act in
// a workspace locks it before anything else, whoever does it: what one act finds
// there is what it changes, though others act at the same instant.
func (m *Manager) mayStill(ctx context.Context, tx bun.Tx, by *policies.Session, workspaceID string) error {
	unasked := by == m.self || by != nil && by.Kind == policies.CommandSession && by.UserID == ""
	if !unasked && (by == nil || by.UserID == "") {
		return fault.New(fault.Unauthenticated, "Sign in to do this.")
	}
	if workspaceID == "" {
		if unasked {
			return nil
		}
		if err := db.HoldDeploymentStanding(ctx, tx, by.UserID); err != nil {
			return err
		}
		runs, err := db.RunsDeployment(ctx, tx, by.UserID)
		if err == nil && !runs {
			err = fault.New(fault.Forbidden, "Only owners of the home workspace and deployment admins can do this.")
		}
		return err
	}
	w, err := db.LockWorkspace(ctx, tx, workspaceID)
	if err != nil || unasked {
		return err
	}
	role, err := db.EnabledRole(ctx, tx, workspaceID, by.UserID)
	switch {
	case err != nil:
		return err
	case w.DeletedAt != nil || role == "":
		return fault.New(fault.NotFound, "This workspace does not exist, or you are not a member of it.")
	case role != string(policies.Owner):
		return fault.Newf(fault.Forbidden, "Only owners of %s can do this.", w.Name)
	}
	return nil
}

// find reads a plugin with its versions, locked with forChange.
func find(ctx context.Context, q bun.IDB, id string, forChange bool) (*entry, error) {
	read := db.FindPlugin
	if forChange {
		read = db.LockPlugin
	}
	row, err := read(ctx, q, id)
	if err != nil {
		return nil, err
	}
	versions, err := db.PluginVersions(ctx, q, id)
	if err != nil {
		return nil, err
	}
	return entryOf(row, versions)
}

// changePlugin runs an act on one plugin of the deployment. fn changes the row
// and says whether it did; what is written is told as change.
func (m *Manager) changePlugin(ctx context.Context, by *policies.Session, id, action string, fn func(ctx context.Context, tx bun.Tx, e *entry, row *db.PluginRow) (bool, error)) (changed, error) {
	c := changed{id: id, actor: m.actorOf(ctx, by)}
	err := m.act(ctx, by, audit.Entry{Action: action, TargetID: id}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		c.at = m.moment()
		before, err := find(ctx, tx, id, true)
		if err != nil {
			return err
		}
		row := before.row
		did, err := fn(ctx, tx, before, &row)
		if err != nil || !did {
			c.before, c.after = before, before
			return err
		}
		row.UpdatedAt = c.at.UnixMilli()
		if err := db.UpdatePlugin(ctx, tx, &row); err != nil {
			return err
		}
		c.before = before
		if c.after, err = find(ctx, tx, id, false); err != nil {
			return err
		}
		entry.Details = change{Before: c.before.entity(), After: c.after.entity()}
		return nil
	})
	return c, err
}

// did tells whether the act changed anything.
func (c changed) did() bool { return c.before != c.after }
