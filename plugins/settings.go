package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// maxSettings is the most bytes that may be set for a plugin in a workspace.
const maxSettings = 64 << 10

// Settings gives what is set for a plugin in a workspace.
func (m *Manager) Settings(ctx context.Context, id, workspaceID string) (Settings, error) {
	e, err := find(ctx, m.o.DB.Read(), id, false)
	if err != nil {
		return Settings{}, err
	}
	p := e.plugin()
	if p.State == StateUninstalled || p.Shown() == nil {
		return Settings{}, fault.New(fault.NotFound, "There is no such plugin.")
	}
	w, err := db.FindPluginWorkspace(ctx, m.o.DB.Read(), id, workspaceID)
	if err != nil {
		return Settings{}, err
	}
	out := Settings{Schema: p.Shown().Manifest.Settings, Values: map[string]any{}, Set: []string{}}
	set := map[string]any{}
	if w.Settings != "" {
		if err := json.Unmarshal([]byte(w.Settings), &set); err != nil {
			return out, fmt.Errorf("reading the settings of %s: %w", id, err)
		}
	}
	for _, name := range secretNames(w.Secrets) {
		// A version to which it is no secret does not have it: see hideSecrets.
		if f := field(out.Schema, name); f == nil || f.Secret {
			set[name] = Mask
		}
	}
	out.Set = append(out.Set, slices.Sorted(maps.Keys(set))...)
	if out.Schema != nil {
		for _, f := range out.Schema.Fields {
			if len(f.Default) > 0 && !f.Secret {
				var v any
				if json.Unmarshal(f.Default, &v) == nil {
					out.Values[f.Name] = v
				}
			}
		}
	}
	maps.Copy(out.Values, set)
	return out, nil
}

// SetSettings replaces what is set. What is missing or null has its default again,
// secrets included; a secret that is [Mask] stays as it is.
func (m *Manager) SetSettings(ctx context.Context, by *policies.Session, id, workspaceID string, values map[string]any) error {
	return m.changePlaced(ctx, by, id, workspaceID, ActSettings, HookSettingsChanged, func(e *entry, w *db.PluginWorkspace) (bool, error) {
		v := e.plugin().Shown()
		if v == nil || e.row.State == string(StateUninstalled) {
			return false, fault.New(fault.NotFound, "There is no such plugin.")
		}
		if v.Manifest.Settings == nil {
			return false, fault.New(fault.Conflict, "Nothing can be set for this plugin.")
		}
		plain, secrets, err := m.split(v.Manifest.Settings, *w, values)
		if err != nil {
			return false, err
		}
		if plain == w.Settings && secrets == w.Secrets {
			return false, nil
		}
		w.Settings, w.Secrets, w.Tell = plain, secrets, db.TellSettings
		return true, nil
	})
}

// split checks values and gives the settings and the encrypted secrets as they are
// stored.
func (m *Manager) split(schema *manifest.Settings, w db.PluginWorkspace, values map[string]any) (plain, secrets string, err error) {
	before := map[string]string{}
	if w.Secrets != "" {
		if err := json.Unmarshal([]byte(w.Secrets), &before); err != nil {
			return "", "", fmt.Errorf("reading secrets: %w", err)
		}
	}
	check, open, sealed := map[string]any{}, map[string]any{}, map[string]string{}
	for name, value := range values {
		if value == nil {
			continue
		}
		if f := field(schema, name); f == nil || !f.Secret {
			check[name], open[name] = value, value
			continue
		}
		if value == Mask {
			if kept, ok := before[name]; ok {
				sealed[name] = kept
			}
			continue
		}
		check[name] = value
		text, ok := value.(string)
		if !ok {
			continue // the schema says what is wrong
		}
		if text == "" {
			delete(check, name)
			continue
		}
		if sealed[name], err = m.seal(w.WorkspaceID, name, text); err != nil {
			return "", "", err
		}
	}
	text, err := json.Marshal(check)
	if err != nil {
		return "", "", err
	}
	if len(text) > maxSettings {
		return "", "", fault.Newf(fault.Invalid, "The settings have %s, more than %s.", fault.SizeBeside(int64(len(text)), maxSettings), fault.Limit(maxSettings))
	}
	if err := schema.Check(text); err != nil {
		return "", "", err
	}
	for _, f := range schema.Fields {
		if f.Secret && f.Required && sealed[f.Name] == "" {
			return "", "", fault.Field(f.Name, "This has to be set.")
		}
	}
	if text, err = json.Marshal(open); err != nil {
		return "", "", err
	}
	plain = string(text)
	if len(sealed) > 0 {
		if text, err = json.Marshal(sealed); err != nil {
			return "", "", err
		}
		secrets = string(text)
	}
	return plain, secrets, nil
}

// field is a setting of a schema, nil if there is none.
func field(schema *manifest.Settings, name string) *manifest.Field {
	if schema == nil {
		return nil
	}
	for i := range schema.Fields {
		if schema.Fields[i].Name == name {
			return &schema.Fields[i]
		}
	}
	return nil
}

// withDefaults is what a guest is given: what was set, and the defaults of the rest.
func withDefaults(text *manifest.Manifest, set string) json.RawMessage {
	values := map[string]json.RawMessage{}
	if text.Settings != nil {
		for _, f := range text.Settings.Fields {
			if len(f.Default) > 0 && !f.Secret {
				values[f.Name] = json.RawMessage(f.Default)
			}
		}
		own := map[string]json.RawMessage{}
		if set != "" && json.Unmarshal([]byte(set), &own) == nil {
			for name, value := range own {
				if f := field(text.Settings, name); f != nil && !f.Secret { // one of an older version is left out
					values[name] = value
				}
			}
		}
	}
	out, err := json.Marshal(values)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}

// Secret gives the secret setting of a plugin in a workspace, for what the host
// puts into requests; false where it is not set.
func (m *Manager) Secret(ctx context.Context, id, workspaceID, name string) (string, bool, error) {
	w, err := db.FindPluginWorkspace(ctx, m.o.DB.Read(), id, workspaceID)
	if err != nil || w.Secrets == "" {
		return "", false, err
	}
	sealed := map[string]string{}
	if err := json.Unmarshal([]byte(w.Secrets), &sealed); err != nil {
		return "", false, fmt.Errorf("reading secrets: %w", err)
	}
	if sealed[name] == "" {
		return "", false, nil
	}
	text, err := m.unseal(workspaceID, name, sealed[name])
	if errors.Is(err, errOtherKey) {
		m.o.Log.WarnContext(ctx, "a secret of a plugin cannot be read: server.secret_key is not the one it was written with", "plugin", id, "workspace", workspaceID, "name", name)
		return "", false, nil
	}
	return text, err == nil, err
}
