package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/signing"
	"or3.cloud/or3/policies"
)

// InstallOptions say what is to become of a package.
type InstallOptions struct {
	Force    bool // a plugin of this id may be there already
	Grant    []string
	GrantAll bool
}

func (o InstallOptions) grants() bool { return o.GrantAll || len(o.Grant) > 0 }

// Install takes a package through the gate, compiles it, tries it without any
// capability, and stores it. Nothing else of it runs before somebody has agreed to
// what it asks for: at once with Grant or GrantAll, else by [Manager.Consent]. An
// update that asks for nothing new needs no consent and becomes the active version.
// The zip stays as it is, and nobody looks at it afterwards.
func (m *Manager) Install(ctx context.Context, by *policies.Session, zip []byte, o InstallOptions) (Installed, error) {
	done, err := m.installing.turn(ctx)
	if err != nil {
		return Installed{}, err
	}
	defer func() { done() }()
	a, err := m.entered(ctx, by, zip)
	if err != nil {
		return Installed{}, err
	}
	unlock, free := m.acting.lockNow(a.id())
	if !free {
		// Whoever waits for a plugin has no turn and nothing of the package but its
		// bytes; it is read again then. Nobody waits for a plugin with a turn, so
		// somebody with the plugin may wait for one.
		done()
		done = func() {}
		if unlock, done, err = m.turnWith(ctx, a.id()); err != nil {
			return Installed{}, err
		}
		if a, err = m.entered(ctx, by, zip); err != nil {
			unlock()
			return Installed{}, err
		}
	}
	defer unlock()
	got, err := m.install(ctx, by, a, o)
	return got, a.refusal(err)
}

// install stores a package that passed the gate; the plugin is held.
func (m *Manager) install(ctx context.Context, by *policies.Session, a *arrived, o InstallOptions) (Installed, error) {
	text, sha := a.text(), a.report.SHA256
	e, err := find(ctx, m.o.DB.Read(), text.ID, false)
	if fault.Is(err, fault.NotFound) {
		e = nil
	} else if err != nil {
		return Installed{}, err
	}
	if e != nil && e.row.State != string(StateUninstalled) {
		if sha == e.row.ActiveSHA256 || sha == e.row.WaitingSHA256 {
			return m.again(ctx, by, e, sha, o)
		}
	}
	release := m.modules.hold(sha)
	defer release()
	if err := m.try(ctx, a); err != nil {
		m.refused(ctx, audit.Entry{Action: ActInstall, TargetKind: "plugin", TargetID: text.ID, Actor: m.actorOf(ctx, by)}, err)
		return Installed{}, err
	}
	c, err := m.store(ctx, by, a, o)
	if err != nil {
		return Installed{}, err
	}
	m.fire(ctx, HookInstalled, c)
	out := Installed{Plugin: c.after.plugin(), New: c.before == nil || c.before.row.State == string(StateUninstalled)}
	if out.Replaces, err = m.TakesOver(ctx, text.ID); err != nil {
		return Installed{}, err
	}
	if granted, ok := agreedBefore(c.after, sha); ok && !o.grants() && !out.New {
		c, err = m.activate(ctx, by, ActUpgrade, text.ID, sha, granted, "")
	} else if o.grants() {
		c, err = m.consent(ctx, by, text.ID, ConsentOptions{Version: text.Version, SHA256: sha, Grant: o.Grant, All: o.GrantAll})
	}
	if err != nil {
		return Installed{}, err
	}
	out.Plugin = c.after.plugin()
	out.AwaitingConsent = c.after.row.WaitingSHA256 == sha
	return out, nil
}

// again answers the same bytes once more: nothing is changed, but what waits may
// be agreed to.
func (m *Manager) again(ctx context.Context, by *policies.Session, e *entry, sha string, o InstallOptions) (Installed, error) {
	waits := sha == e.row.WaitingSHA256
	taken, err := m.TakesOver(ctx, e.row.ID)
	if err != nil {
		return Installed{}, err
	}
	if waits && o.grants() {
		c, err := m.consent(ctx, by, e.row.ID, ConsentOptions{Version: e.version(sha).Version, SHA256: sha, Grant: o.Grant, All: o.GrantAll})
		if err != nil {
			return Installed{}, err
		}
		return Installed{Plugin: c.after.plugin(), Replaces: taken}, nil
	}
	return Installed{Plugin: e.plugin(), Unchanged: true, AwaitingConsent: waits, Replaces: taken}, nil
}

// try compiles a package and asks it how it does, with no capability at all.
func (m *Manager) try(ctx context.Context, a *arrived) error {
	text := a.text()
	if text.Runtime == nil {
		return nil
	}
	mod, _ := m.modules.have(a.report.SHA256, m.o.Now())
	if mod == nil {
		// The caller may go away; what was begun is of use to whoever tries again.
		compiled, err := m.compile(context.WithoutCancel(ctx), text, a.report.Wasm(), a.assets())
		if err != nil {
			return a.refusedModule(err)
		}
		mod = m.modules.put(a.report.SHA256, compiled)
	}
	if err := m.probe(ctx, text, mod); err != nil {
		return err
	}
	return nil
}

func (a *arrived) assets() map[string]bool {
	assets := map[string]bool{}
	for _, path := range a.report.Files {
		if strings.HasPrefix(path, archive.AssetsFolder+"/") {
			assets[path] = true
		}
	}
	return assets
}

// store writes a package as the version that waits.
func (m *Manager) store(ctx context.Context, by *policies.Session, a *arrived, o InstallOptions) (changed, error) {
	text, sha := a.text(), a.report.SHA256
	c := changed{id: text.ID, actor: m.actorOf(ctx, by)}
	err := m.act(ctx, by, audit.Entry{Action: ActInstall, TargetID: text.ID}, func(ctx context.Context, tx bun.Tx, entry *audit.Entry) error {
		c.at = m.moment()
		now := c.at.UnixMilli()
		row := &db.PluginRow{ID: text.ID, State: string(StateAwaiting), InstalledAt: now, UpdatedAt: now}
		added, err := db.InsertPlugin(ctx, tx, row)
		if err != nil {
			return err
		}
		before, err := find(ctx, tx, text.ID, true)
		if err != nil {
			return err
		}
		row = new(before.row)
		pinned := row.PinnedKey
		if !added {
			if err := mayFollow(before, a, o); err != nil {
				return err
			}
		}
		if row.DataName == "" && pinned == "" {
			if pinned, err = m.replaced(ctx, tx, text); err != nil {
				return err
			}
		}
		if err := admit(a.report.Signature, pinned); err != nil {
			return err
		}
		if err := m.putVersion(ctx, tx, before, a, c); err != nil {
			return err
		}
		row.WaitingSHA256, row.UpdatedAt, row.Error, row.ErrorAt, row.PurgeAt = sha, now, "", 0, 0
		if row.State == string(StateUninstalled) {
			row.State, row.ActiveSHA256 = string(StateAwaiting), ""
		}
		if err := db.UpdatePlugin(ctx, tx, row); err != nil {
			return err
		}
		c.before = nil
		if !added {
			c.before = before
		}
		if c.after, err = find(ctx, tx, text.ID, false); err != nil {
			return err
		}
		entry.Details = change{Before: c.before.entity(), After: c.after.entity()}
		return nil
	})
	return c, err
}

// kindWords tells a theme, which runs no code and takes another theme's place, from
// every other plugin.
var kindWords = map[bool]string{true: "theme", false: "plugin"}

// mayFollow says whether a package may follow what is installed under its id.
func mayFollow(e *entry, a *arrived, o InstallOptions) error {
	p := e.plugin()
	if p.State != StateUninstalled && !o.Force {
		version := "a version that nobody has agreed to yet"
		if p.Active != nil {
			version = "version " + p.Active.Version
		}
		return fault.Newf(fault.Conflict, "%s is installed already, %s. Install with force to replace it.", p.ID, version)
	}
	if is, was := a.text().Kind == manifest.Theme, p.Kind == manifest.Theme; p.Kind != "" && is != was {
		return fault.Newf(fault.Conflict, "%s is a %s, and no update makes it a %s. Give the package an id of its own.", p.ID, kindWords[was], kindWords[is])
	}
	if int64(a.text().DataVersion) < e.row.DataVersion {
		return fault.Newf(fault.Conflict, "What %s has stored is of data_version %d, and this package is for %d. Install a newer one, or roll back to a version that is still kept.",
			p.ID, e.row.DataVersion, a.text().DataVersion)
	}
	return nil
}

// admit holds a signature against the key a plugin belongs to.
func admit(s inspect.Signature, pinned string) error {
	if pinned == "" {
		return nil
	}
	key, err := signing.ReadPublic(pinned)
	if err != nil {
		return fmt.Errorf("reading the key a plugin belongs to: %w", err)
	}
	v := signing.Verdict{State: s.State, Wrong: s.Wrong}
	if s.Key != "" {
		if v.Key, err = signing.ReadPublic(s.Key); err != nil {
			return err
		}
	}
	return signing.Policy{Pinned: key}.Admit(v)
}

// replaced looks at the plugins whose place a new one wants to take; it gives the
// key that they belong to.
func (m *Manager) replaced(ctx context.Context, tx bun.Tx, text *manifest.Manifest) (pinned string, err error) {
	for _, id := range text.Replaces {
		old, err := db.FindPlugin(ctx, tx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if int64(text.DataVersion) < old.DataVersion {
			return "", fault.Newf(fault.Conflict, "What %s has stored is of data_version %d, and this package, which replaces it, is for %d.", id, old.DataVersion, text.DataVersion)
		}
		if old.PinnedKey != "" {
			pinned = old.PinnedKey
		}
	}
	return pinned, nil
}

// TakesOver are the plugins whose place the version that waits takes when somebody
// agrees to it: what they stored, their settings and secrets, and where they are
// enabled. They go with that.
func (m *Manager) TakesOver(ctx context.Context, id string) ([]Plugin, error) {
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return nil, err
	}
	v := e.version(e.row.WaitingSHA256)
	if v == nil || e.row.DataName != "" {
		return nil, nil
	}
	var taken []Plugin
	for _, old := range v.Manifest.Replaces {
		e, err := find(ctx, m.o.DB.Read(), old, false)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		taken = append(taken, e.plugin())
	}
	return taken, nil
}

// putVersion writes the version and its bytes, in the place of one that waited.
func (m *Manager) putVersion(ctx context.Context, tx bun.Tx, before *entry, a *arrived, c changed) error {
	sha := a.report.SHA256
	if old := before.row.WaitingSHA256; old != "" && old != sha && before.rows[old].RanAt == 0 {
		if err := db.DeletePluginVersion(ctx, tx, before.row.ID, old); err != nil {
			return err
		}
	}
	signature, err := json.Marshal(a.report.Signature)
	if err != nil {
		return err
	}
	v := before.rows[sha] // may be an earlier one that comes back, with what was granted to it
	v.PluginID, v.SHA256, v.Version, v.SizeBytes = before.row.ID, sha, a.text().Version, int64(len(a.zip))
	v.Manifest, v.Signature = string(a.report.Text()), string(signature)
	v.AddedAt, v.AddedBy = c.at.UnixMilli(), c.actor.ID
	if v.AddedBy == "" {
		v.AddedBy = string(c.actor.Kind)
	}
	if err := db.PutPluginVersion(ctx, tx, &v); err != nil {
		return err
	}
	return db.PutPluginPackage(ctx, tx, sha, a.zip)
}

// agreedBefore gives the capabilities of a waiting version when somebody has
// agreed to all of them already, in the active one: what was refused there may be
// asked for once more without asking anybody.
func agreedBefore(e *entry, sha string) (granted []string, ok bool) {
	active, waiting := e.version(e.row.ActiveSHA256), e.version(sha)
	if active == nil || waiting == nil {
		return nil, false
	}
	for _, c := range manifest.Diff(active.Manifest.Capabilities, waiting.Manifest.Capabilities) {
		if c.Asks() {
			return nil, false
		}
	}
	granted = []string{}
	for _, c := range waiting.Manifest.Capabilities {
		if active.Has(c.Name) {
			granted = append(granted, c.Name)
		}
	}
	return granted, true
}

// chosen gives the capabilities that are granted of those a version asks for.
func chosen(v *Version, names []string, all bool) ([]string, error) {
	granted := []string{}
	for _, a := range v.Asks {
		if all || slices.Contains(names, a.Name) {
			granted = append(granted, a.Name)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(v.Asks, func(a inspect.Ask) bool { return a.Name == name }) {
			return nil, fault.Field("grant", fmt.Sprintf("The plugin does not ask for %q.", name))
		}
	}
	return granted, nil
}

// refusedModule is what the engine said of a module, as the refusal of a package.
func (a *arrived) refusedModule(err error) error {
	var known *fault.Error
	if errors.As(err, &known) || inspect.Refuse(a.report, err) != nil {
		return err
	}
	return findings(a.report)
}
