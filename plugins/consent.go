package plugins

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// ConsentOptions are what somebody agrees to: these very bytes, and these
// capabilities of those they ask for.
type ConsentOptions struct {
	Version, SHA256 string
	Grant           []string
	All             bool
}

// Consent agrees to the version that waits, which becomes the active one. Other
// bytes than those are a conflict.
func (m *Manager) Consent(ctx context.Context, by *policies.Session, id string, o ConsentOptions) (Plugin, error) {
	unlock := m.acting.lock(id)
	defer unlock()
	c, err := m.consent(ctx, by, id, o)
	if err != nil {
		return Plugin{}, err
	}
	return c.after.plugin(), nil
}

func (m *Manager) consent(ctx context.Context, by *policies.Session, id string, o ConsentOptions) (changed, error) {
	entry := audit.Entry{Action: ActConsent, TargetKind: "plugin", TargetID: id, Actor: m.actorOf(ctx, by)}
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return changed{}, err
	}
	v := e.version(e.row.WaitingSHA256)
	if v == nil || v.SHA256 != o.SHA256 || v.Version != o.Version {
		err := fault.New(fault.Conflict, "This is not the version that waits any more. Look at what it asks for again, and agree to that.")
		m.refused(ctx, entry, err)
		return changed{}, err
	}
	granted, err := chosen(v, o.Grant, o.All)
	if err != nil {
		m.refused(ctx, entry, err)
		return changed{}, err
	}
	c, err := m.activate(ctx, by, ActConsent, id, v.SHA256, granted, "")
	if err == nil {
		m.fire(ctx, HookConsented, c)
	}
	return c, err
}

// Refuse throws the version away that waits. A plugin that never had another one
// goes with it.
func (m *Manager) Refuse(ctx context.Context, by *policies.Session, id string) error {
	unlock := m.acting.lock(id)
	defer unlock()
	c := changed{id: id, actor: m.actorOf(ctx, by)}
	err := m.act(ctx, by, audit.Entry{Action: ActRefuse, TargetID: id}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		c.at = m.moment()
		before, err := find(ctx, tx, id, true)
		if err != nil {
			return err
		}
		sha := before.row.WaitingSHA256
		if sha == "" {
			return fault.New(fault.Conflict, "No version of this plugin waits.")
		}
		if before.rows[sha].RanAt == 0 {
			if err := db.DeletePluginVersion(ctx, tx, id, sha); err != nil {
				return err
			}
		}
		c.before, c.after = before, nil
		if before.row.ActiveSHA256 == "" && before.row.DataName == "" {
			if err := db.DeletePluginWorkspaces(ctx, tx, id); err != nil {
				return err
			}
			entry.Details = change{Before: before.entity()}
			return db.DeletePlugin(ctx, tx, id)
		}
		row := before.row
		row.WaitingSHA256, row.UpdatedAt = "", c.at.UnixMilli()
		if row.ActiveSHA256 == "" { // it was uninstalled before: so it is again
			row.State, row.PurgeAt = string(StateUninstalled), c.at.Add(grace).UnixMilli()
		}
		if err := db.UpdatePlugin(ctx, tx, &row); err != nil {
			return err
		}
		if c.after, err = find(ctx, tx, id, false); err != nil {
			return err
		}
		entry.Details = change{Before: before.entity(), After: c.after.entity()}
		return nil
	})
	if err == nil {
		m.fire(ctx, HookRefused, c)
	}
	return err
}

// grantedText is how the database has what was granted.
func grantedText(granted []string) string {
	text, _ := json.Marshal(granted) // strings: it cannot fail
	return string(text)
}
