package plugins

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
)

// migrateFor is how long nobody may write while a copy is made, and then while it
// is migrated in each workspace. A node that dies meanwhile leaves what is stored
// closed for so long, no longer, and the copy until somebody sweeps it.
const migrateFor = 5 * time.Minute

// prepareData migrates what a plugin has stored when a version writes it
// differently: in a copy, while the old version may read and not write. undo
// throws the copy away.
func (m *Manager) prepareData(ctx context.Context, v *Version, mod *module, s *step) (undo func() error, err error) {
	undo = func() error { return nil }
	old, to := s.data, int64(v.Manifest.DataVersion)
	if old.name == "" {
		if old, err = m.inherited(ctx, v); err != nil || old.name == "" {
			return undo, err
		}
		s.data = old
	}
	if to <= old.version {
		return undo, nil
	}
	if m.o.Data == nil || mod == nil || !mod.Exports(host.ExportMigrate) {
		s.data.version = to
		return undo, nil
	}
	s.data, s.copied = dataAt{newDataName(v.Manifest.ID), to}, old.name
	undo = func() error { return m.discard(ctx, old.name, s.data.name) }
	err = m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		until := m.o.Now().Add(migrateFor).UnixMilli()
		if err := db.ClosePluginData(ctx, tx, old.name, until); err != nil {
			return err
		}
		if err := db.InsertPluginData(ctx, tx, s.data.name, until); err != nil {
			return err
		}
		return m.o.Data.Copy(ctx, tx, old.name, s.data.name)
	})
	if err != nil {
		return undo, err
	}
	workspaces, err := m.o.Data.Workspaces(ctx, m.o.DB.Read(), s.data.name)
	if err != nil {
		return undo, err
	}
	for _, id := range workspaces {
		// Each has its own time: many workspaces take long together.
		if err := m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error { return m.stillTrying(ctx, tx, *s) }); err != nil {
			return undo, err
		}
		if err := m.migrateIn(ctx, v, mod, s.data.name, id, host.MigrateInput{From: int(old.version), To: int(to)}); err != nil {
			return undo, m.unwell(ctx, v.Manifest.ID, v, err)
		}
	}
	return undo, nil
}

// stillTrying gives an upgrade that works on a copy its time once more. When it
// was over already, the original may have been written since: what was migrated
// is not all there is.
func (m *Manager) stillTrying(ctx context.Context, tx bun.Tx, s step) error {
	if s.copied == "" {
		return nil
	}
	now := m.o.Now()
	ok, err := db.ExtendPluginTrial(ctx, tx, s.copied, s.data.name, now.UnixMilli(), now.Add(migrateFor).UnixMilli())
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "Migrating what the plugin has stored took too long, and what was stored meanwhile would be lost. Try again.")
	}
	return err
}

// SweepTrials removes the copies that upgrades worked on and did not get done with,
// because their node died: a job, on one node.
func (m *Manager) SweepTrials(ctx context.Context) error {
	return m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		names, err := db.OverduePluginTrials(ctx, tx, m.o.Now().UnixMilli())
		for _, name := range names {
			if err == nil {
				err = m.dropData(ctx, tx, name)
			}
		}
		return err
	})
}

// inherited is what a plugin has stored that a new one replaces.
func (m *Manager) inherited(ctx context.Context, v *Version) (dataAt, error) {
	for _, id := range v.Manifest.Replaces {
		row, err := db.FindPlugin(ctx, m.o.DB.Read(), id)
		switch {
		case err == nil && row.DataName != "":
			return dataAt{row.DataName, row.DataVersion}, nil
		case err != nil && !fault.Is(err, fault.NotFound):
			return dataAt{}, err
		}
	}
	return dataAt{}, nil
}

// discard throws a copy away and lets the original be written again.
func (m *Manager) discard(ctx context.Context, original, made string) error {
	return m.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := m.dropData(ctx, tx, made); err != nil {
			return err
		}
		return db.ClosePluginData(ctx, tx, original, 0)
	})
}

// migrateIn has a version migrate what it stored in one workspace.
func (m *Manager) migrateIn(ctx context.Context, v *Version, mod *module, data, workspaceID string, in host.MigrateInput) error {
	r, err := m.trial(ctx, v, mod, data, workspaceID)
	if err != nil {
		return err
	}
	r.migrating = true
	return m.plain(ctx, r, host.ExportMigrate, in)
}

// healthIn is in how many workspaces a version is asked how it does.
const healthIn = 20

// healthy asks a version how it does with what it was granted, where it is enabled:
// what is set and stored is another thing in each workspace. One that does not say
// is well.
func (m *Manager) healthy(ctx context.Context, e *entry, v *Version, mod *module, data string) error {
	if !mod.Exports(host.ExportHealth) {
		return nil
	}
	places, err := db.PluginWorkspacesOf(ctx, m.o.DB.Read(), e.row.ID)
	if err != nil {
		return err
	}
	asked := 0
	for _, p := range places {
		if !p.Enabled || asked == healthIn {
			continue
		}
		if w, err := db.WorkspaceByID(ctx, m.o.DB.Read(), p.WorkspaceID); err != nil {
			return err
		} else if w.DeletedAt != nil {
			continue
		}
		r, err := m.trial(ctx, v, mod, data, p.WorkspaceID)
		if err != nil {
			return err
		}
		if err := m.plain(ctx, r, host.ExportHealth, struct{}{}); err != nil {
			return err
		}
		asked++
	}
	return nil
}

// trial is a call of a version before it is the active one.
func (m *Manager) trial(ctx context.Context, v *Version, mod *module, data, workspaceID string) (invocation, error) {
	w, err := db.WorkspaceByID(ctx, m.o.DB.Read(), workspaceID)
	if err != nil {
		return invocation{}, err
	}
	p, err := db.FindPluginWorkspace(ctx, m.o.DB.Read(), v.Manifest.ID, workspaceID)
	if err != nil {
		return invocation{}, err
	}
	e := &entry{row: db.PluginRow{DataName: data}, workspaces: map[string]place{workspaceID: {PluginWorkspace: p}}}
	return invocation{run: newRun(e, v, mod), call: Call{Plugin: v.Manifest.ID, Workspace: host.Workspace{ID: w.ID, Name: w.Name},
		Actor: host.Actor{ID: ActorOf(v.Manifest.ID)}}}, nil
}

// plain makes a call of which only counts whether it went well.
func (m *Manager) plain(ctx context.Context, r invocation, export string, in any) error {
	r.read = func(out []byte) *runtime.Failure {
		said, err := errorOf(out)
		if err != nil && len(out) > 0 {
			return runtime.Unusable(fmt.Errorf("%s did not answer with a JSON object: %w", export, err))
		}
		return refused(said)
	}
	_, err := m.invoke(ctx, r, export, in)
	return saidError(err)
}
