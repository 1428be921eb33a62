package plugins

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
	"or3.cloud/or3/policies"
)

// ActUpgrade is an update that asked for nothing new.
const ActUpgrade = "plugin.upgraded"

// step is what an activation has found out before its transaction.
type step struct {
	sha     string
	granted []string
	data    dataAt
	copied  string // from which name data was copied; "" where it was not
	note    string // why it was done, where nobody asked for it
	from    *entry // what it was when the activation began
	gone    []setIn
}

// setIn is a workspace whose devices have what was set for a plugin that is replaced.
type setIn struct{ plugin, workspaceID string }

// dataAt is where a plugin stores things, and how they are written.
type dataAt struct {
	name    string
	version int64
}

// activate makes a version the one that runs. Everything that may fail is done
// beforehand, while the one before runs on: the module is compiled, what is stored
// is migrated in a copy, and the new version is asked how it does with what it
// was granted. Then one transaction changes over, on every node; calls of the old
// version end as they began. The plugin is held by the caller.
func (m *Manager) activate(ctx context.Context, by *policies.Session, action, id, sha string, granted []string, note string) (changed, error) {
	ctx = context.WithoutCancel(ctx) // half of this helps nobody
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return changed{}, err
	}
	v := e.version(sha)
	if v == nil {
		return changed{}, fault.New(fault.Conflict, "This version is not there any more.")
	}
	s := step{sha: sha, granted: granted, note: note, from: e, data: dataAt{e.row.DataName, e.row.DataVersion}}
	if back := e.rows[sha]; back.RanAt > 0 && back.DataName != "" {
		s.data = dataAt{back.DataName, back.DataVersion} // it finds what it left
	}
	v.Granted = granted
	release := m.modules.hold(sha)
	defer release()
	var mod *module
	if v.Manifest.Runtime != nil && !m.o.SafeMode {
		if mod, err = m.modules.get(ctx, m, *v); err != nil {
			return changed{}, m.unwell(ctx, id, v, err)
		}
	}
	undo, err := m.prepareData(ctx, v, mod, &s)
	if err == nil && mod != nil {
		if err = m.healthy(ctx, e, v, mod, s.data.name); err != nil {
			err = m.unwell(ctx, id, v, err)
		}
	}
	var c changed
	if err == nil {
		c, err = m.changeOver(ctx, by, action, id, v, s)
	}
	if err != nil {
		return changed{}, errors.Join(err, undo())
	}
	return c, nil
}

// unwell notes why a version did not become the active one, and says so.
func (m *Manager) unwell(ctx context.Context, id string, v *Version, why error) error {
	words := reason(why)
	_, err := m.changePlugin(ctx, m.self, id, ActRollback, func(_ context.Context, _ bun.Tx, _ *entry, row *db.PluginRow) (bool, error) {
		row.Error, row.ErrorAt = fmt.Sprintf("Version %s was not taken: %s", v.Version, words), m.o.Now().UnixMilli()
		return true, nil
	})
	if err != nil {
		m.o.Log.ErrorContext(ctx, "that a version of a plugin was not taken cannot be noted", "plugin", id, "error", err)
	}
	return fault.Wrap(why, fault.Conflict, fmt.Sprintf("Version %s does not work here: %s What ran before runs on.", v.Version, words))
}

// reason words why a plugin failed, for owners.
func reason(err error) string {
	var failed *runtime.Failure
	var said *host.Error
	var known *fault.Error
	switch {
	case errors.As(err, &said):
		return fmt.Sprintf("it says %q.", said.Message)
	case errors.As(err, &failed):
		text := fmt.Sprintf("its call ended with %s.", failed.Outcome)
		switch {
		case failed.Outcome == runtime.BadAnswer:
			text = failed.Said + "."
		case failed.Said != "":
			text = fmt.Sprintf("it says %q.", failed.Said)
		}
		return text
	case errors.As(err, &known):
		return known.Message
	}
	return "the server's log says why."
}

// changeOver is the transaction of an activation.
func (m *Manager) changeOver(ctx context.Context, by *policies.Session, action, id string, v *Version, s step) (changed, error) {
	var gone []setIn
	c, err := m.changePlugin(ctx, by, id, action, func(ctx context.Context, tx bun.Tx, e *entry, row *db.PluginRow) (bool, error) {
		from := s.from.row
		s := s // this may run again, from the same beginning
		if row.ActiveSHA256 != from.ActiveSHA256 || row.WaitingSHA256 != from.WaitingSHA256 || row.State != from.State || row.DataName != from.DataName {
			return false, fault.New(fault.Conflict, "Somebody else changed the plugin meanwhile. Look again.")
		}
		if err := m.stillTrying(ctx, tx, s); err != nil {
			return false, err
		}
		if old, ok := e.rows[row.ActiveSHA256]; ok && row.ActiveSHA256 != s.sha {
			old.DataName, old.DataVersion = row.DataName, row.DataVersion
			if err := db.PutPluginVersion(ctx, tx, &old); err != nil {
				return false, err
			}
		}
		if err := m.takeOver(ctx, tx, v, row, &s); err != nil {
			return false, err
		}
		if err := m.hideSecrets(ctx, tx, id, v.Manifest.Settings); err != nil {
			return false, err
		}
		now := e.rows[s.sha]
		now.Granted, now.RanAt, now.DataName, now.DataVersion = grantedText(s.granted), m.ranAt(e), "", 0
		if err := db.PutPluginVersion(ctx, tx, &now); err != nil {
			return false, err
		}
		if row.WaitingSHA256 == s.sha {
			row.WaitingSHA256 = ""
		}
		if row.State == string(StateAwaiting) {
			row.State = string(StateActive)
		}
		if row.PinnedKey == "" || v.Signature.State == "trusted" {
			row.PinnedKey = v.Signature.Key
		}
		row.ActiveSHA256, row.DataName, row.DataVersion, row.Error, row.ErrorAt = s.sha, s.data.name, s.data.version, s.note, 0
		if s.note != "" {
			row.ErrorAt = m.o.Now().UnixMilli()
		}
		if err := db.AdoptPluginData(ctx, tx, s.data.name); err != nil {
			return false, err
		}
		gone = s.gone
		return true, m.prune(ctx, tx, row)
	})
	if err == nil {
		for _, g := range gone {
			m.forget(ctx, g.plugin, []string{g.workspaceID})
		}
	}
	return c, err
}

// ranAt is later than that of any other version, also within one millisecond.
func (m *Manager) ranAt(e *entry) int64 {
	at := m.o.Now().UnixMilli()
	for _, v := range e.rows {
		at = max(at, v.RanAt+1)
	}
	return at
}

// takeOver finds out where the plugin stores things when it has no place yet: that
// of a plugin it replaces, which goes, or a new one. A plugin that has a place
// replaces nobody: an update that asks for nothing new, or an earlier version, runs
// without anybody being asked.
func (m *Manager) takeOver(ctx context.Context, tx bun.Tx, v *Version, row *db.PluginRow, s *step) error {
	if row.DataName != "" {
		return nil
	}
	for _, id := range v.Manifest.Replaces {
		old, err := db.LockPlugin(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := admit(v.Signature, old.PinnedKey); err != nil {
			return err
		}
		if err := m.absorb(ctx, tx, old, row.ID, s); err != nil {
			return err
		}
	}
	if s.data.name != "" {
		return nil
	}
	s.data = dataAt{newDataName(row.ID), int64(v.Manifest.DataVersion)}
	return db.InsertPluginData(ctx, tx, s.data.name, 0)
}

// absorb hands what an old plugin is to the one that replaces it, and removes it.
func (m *Manager) absorb(ctx context.Context, tx bun.Tx, old db.PluginRow, id string, s *step) error {
	places, err := db.PluginWorkspacesOf(ctx, tx, old.ID)
	if err != nil {
		return err
	}
	for _, p := range places {
		if p.Settings != "" {
			s.gone = append(s.gone, setIn{old.ID, p.WorkspaceID})
		}
	}
	if err := db.MovePluginWorkspaces(ctx, tx, old.ID, id, m.o.Now().UnixMilli()); err != nil {
		return err
	}
	if s.data.name == "" && old.DataName != "" {
		s.data = dataAt{old.DataName, old.DataVersion}
	}
	return m.removeAll(ctx, tx, old, s.data.name)
}

// newDataName makes a name that nothing was ever stored under.
func newDataName(id string) string { return id + "~" + strings.ToLower(rand.Text()[:12]) }

// prune removes versions that nobody can go back to, with what they stored.
func (m *Manager) prune(ctx context.Context, tx bun.Tx, row *db.PluginRow) error {
	versions, err := db.PluginVersions(ctx, tx, row.ID)
	if err != nil {
		return err
	}
	var gone []db.PluginVersion
	kept := []string{row.DataName}
	earlier := 0
	for _, v := range versions {
		switch {
		case v.SHA256 == row.ActiveSHA256 || v.SHA256 == row.WaitingSHA256:
		case v.RanAt > 0 && earlier < earlierKept:
			earlier++
			kept = append(kept, v.DataName)
		default:
			gone = append(gone, v)
		}
	}
	for _, v := range gone {
		if v.DataName != "" && !slices.Contains(kept, v.DataName) {
			if err := m.dropData(ctx, tx, v.DataName); err != nil {
				return err
			}
			kept = append(kept, v.DataName)
		}
		if err := db.DeletePluginVersion(ctx, tx, row.ID, v.SHA256); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) dropData(ctx context.Context, tx bun.Tx, name string) error {
	if m.o.Data != nil {
		if err := m.o.Data.Drop(ctx, tx, name); err != nil {
			return err
		}
	}
	return db.DeletePluginData(ctx, tx, name)
}

// Rollback goes back to an earlier version, with "" to the one before. Where that
// one wrote what it stores differently, it finds it as it left it: what was
// stored since the upgrade stays with the newer version.
func (m *Manager) Rollback(ctx context.Context, by *policies.Session, id, version string) (Plugin, error) {
	unlock := m.acting.lock(id)
	defer unlock()
	c, err := m.rollback(ctx, by, id, version, "")
	if err != nil {
		return Plugin{}, err
	}
	return c.after.plugin(), nil
}

func (m *Manager) rollback(ctx context.Context, by *policies.Session, id, version, note string) (changed, error) {
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return changed{}, err
	}
	p := e.plugin()
	if p.State == StateUninstalled {
		return changed{}, fault.New(fault.Conflict, "The plugin is uninstalled. Bring it back first.")
	}
	i := slices.IndexFunc(p.Earlier, func(v Version) bool { return version == "" || v.Version == version || v.SHA256 == version })
	if i < 0 {
		return changed{}, fault.New(fault.Conflict, "There is no such earlier version to go back to.")
	}
	c, err := m.activate(ctx, by, ActRollback, id, p.Earlier[i].SHA256, p.Earlier[i].Granted, note)
	if err == nil {
		m.fire(ctx, HookRolledBack, c)
	}
	return c, err
}
