package plugins

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
)

// errOtherKey is why a secret cannot be read that was written with another key.
var errOtherKey = errors.New("encrypted with another key")

// box makes the cipher of secrets from the deployment's key.
func (m *Manager) box() (cipher.AEAD, error) {
	if m.o.SecretKey == "" {
		return nil, fault.New(fault.Unavailable, "Secrets cannot be kept without server.secret_key.")
	}
	key, err := hkdf.Key(sha256.New, []byte(m.o.SecretKey), nil, "or3 plugin secrets", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts a secret for one place: moved elsewhere in the database, it cannot
// be read.
func (m *Manager) seal(workspaceID, name, text string) (string, error) {
	box, err := m.box()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails: the program ends if the system has no randomness
	return base64.RawStdEncoding.EncodeToString(box.Seal(nonce, nonce, []byte(text), []byte(workspaceID+"\x00"+name))), nil
}

func (m *Manager) unseal(workspaceID, name, sealed string) (string, error) {
	box, err := m.box()
	if err != nil {
		return "", err
	}
	data, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(data) < box.NonceSize() {
		return "", errOtherKey
	}
	text, err := box.Open(nil, data[:box.NonceSize()], data[box.NonceSize():], []byte(workspaceID+"\x00"+name))
	if err != nil {
		return "", errOtherKey
	}
	return string(text), nil
}

// secretNames are the names of the secrets that are set, sorted.
func secretNames(secrets string) []string {
	sealed := map[string]string{}
	if secrets == "" || json.Unmarshal([]byte(secrets), &sealed) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(sealed))
}

// hideSecrets encrypts what was set in plain for a setting that a version calls
// secret: devices lose their copies, and guests are not given it any more. Whoever
// reads the row's history still sees what was no secret then.
func (m *Manager) hideSecrets(ctx context.Context, tx bun.Tx, id string, schema *manifest.Settings) error {
	if schema == nil || !slices.ContainsFunc(schema.Fields, func(f manifest.Field) bool { return f.Secret }) {
		return nil
	}
	places, err := db.PluginWorkspacesOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, w := range places {
		did, err := m.hideIn(&w, schema)
		if err != nil {
			return fmt.Errorf("encrypting settings of %s: %w", id, err)
		}
		if did {
			w.UpdatedAt, w.Tell = max(m.o.Now().UnixMilli(), w.UpdatedAt+1), db.TellSettings
			if err := db.PutPluginWorkspace(ctx, tx, &w); err != nil {
				return err
			}
		}
	}
	return nil
}

// hideIn does that in one workspace, and reports whether there was something to do.
func (m *Manager) hideIn(w *db.PluginWorkspace, schema *manifest.Settings) (did bool, err error) {
	plain, sealed := map[string]json.RawMessage{}, map[string]string{}
	if w.Settings != "" {
		err = json.Unmarshal([]byte(w.Settings), &plain)
	}
	if err == nil && w.Secrets != "" {
		err = json.Unmarshal([]byte(w.Secrets), &sealed)
	}
	for _, f := range schema.Fields {
		value, ok := plain[f.Name]
		if err != nil || !f.Secret || !ok {
			continue
		}
		delete(plain, f.Name)
		did = true
		var text string
		if json.Unmarshal(value, &text) == nil && text != "" { // what is no text was never a secret
			sealed[f.Name], err = m.seal(w.WorkspaceID, f.Name, text)
		}
	}
	if err != nil || !did {
		return false, err
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return false, err
	}
	secrets, err := json.Marshal(sealed)
	w.Settings, w.Secrets = string(text), string(secrets)
	return true, err
}
