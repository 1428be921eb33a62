package plugins_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/signing"
)

const schema = `{"type":"object","required":["token"],"properties":{"limit":{"type":"integer","default":3,"minimum":1},"town":{"type":"string"},"token":{"type":"string","x-secret":true}}}`

func TestSecretsAmongSettingsAreNeverGivenOutAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		y.runs(pack{settings: schema})
		set := func(values map[string]any) error { return y.m.SetSettings(ctx, y.owner, "yard", y.home, values) }
		var f *fault.Error
		if err := set(map[string]any{"limit": 0, "token": "x"}); !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields["limit"] == "" {
			t.Errorf("what does not fit: %v", err)
		}
		if err := set(map[string]any{"limit": 2}); !errors.As(err, &f) || f.Fields["token"] == "" {
			t.Errorf("a secret that has to be set: %v", err)
		}
		if err := set(map[string]any{"token": plugins.Mask}); !errors.As(err, &f) || f.Fields["token"] == "" {
			t.Errorf("the mask of nothing: %v", err)
		}
		y.must(set(map[string]any{"limit": 7, "token": "hunter2"}))
		y.must(set(map[string]any{"town": "Graz", "token": plugins.Mask}))
		got, err := y.m.Settings(ctx, "yard", y.home)
		y.must(err)
		if got.Values["limit"] != 3.0 || got.Values["town"] != "Graz" || got.Values["token"] != plugins.Mask || !slices.Equal(got.Set, []string{"token", "town"}) {
			t.Errorf("set is %+v", got)
		}
		if secret, ok, err := y.m.Secret(ctx, "yard", y.home, "token"); secret != "hunter2" || !ok || err != nil {
			t.Errorf("the secret is %q, %v, %v", secret, ok, err)
		}
		if synced := y.synced(y.home, "plugins.settings.yard"); synced != `{"town":"Graz"}` {
			t.Errorf("devices are told %s", synced)
		}
		row, err := db.FindPluginWorkspace(ctx, d.Read(), "yard", y.home)
		y.must(err)
		if strings.Contains(row.Secrets+row.Settings, "hunter2") {
			t.Errorf("stored as %+v", row)
		}
		for _, e := range y.acts() {
			if strings.Contains(string(e.Details), "hunter2") {
				t.Errorf("the audit log has %s", e.Details)
			}
		}
		other := y.opts
		other.SecretKey = strings.Repeat("o", 32)
		if secret, ok, err := y.open(other).Secret(ctx, "yard", y.home, "token"); secret != "" || ok || err != nil {
			t.Errorf("with another key the secret is %q, %v, %v", secret, ok, err)
		}
	})
}

// What one workspace cannot be told is told later; the others hear at once.
func TestAWorkspaceThatCannotBeToldKeepsNoOtherOneWaiting(t *testing.T) {
	var closed atomic.Value // the id of a workspace
	closed.Store("")
	y := newYard(t, sqlite(t), func(o *plugins.Options) {
		tell := o.SetKV
		o.SetKV = func(ctx context.Context, workspaceID, name, value string) error {
			if workspaceID == closed.Load() {
				return errors.New("its rows cannot be written")
			}
			return tell(ctx, workspaceID, name, value)
		}
	})
	y.runs(pack{}) // enabled at home
	second := y.workspace("Second", y.owner)
	first, other := min(y.home, second), max(y.home, second) // as they are told
	closed.Store(first)
	for _, id := range []string{first, other} {
		y.must(y.m.Disable(t.Context(), y.owner, "yard", id))
		y.must(y.m.Enable(t.Context(), y.owner, "yard", id))
	}
	if got := y.synced(other, plugins.EnabledKV); got != `["yard"]` {
		t.Errorf("the other workspace has %q", got)
	}

	// Nobody goes on looking at what waits for one that is deleted; it still waits when
	// the workspace is restored.
	waiting := func() int {
		rows, err := db.PluginsToTell(t.Context(), y.db.Read())
		y.must(err)
		return len(rows)
	}
	deleted := func(at *int64) {
		y.write(func(ctx context.Context, tx bun.Tx) error { return db.SetWorkspaceDeleted(ctx, tx, first, at, nil) })
	}
	at := noon.UnixMilli()
	for _, step := range []struct {
		at   *int64
		want int
	}{{nil, 1}, {&at, 0}, {nil, 1}} {
		if deleted(step.at); waiting() != step.want {
			t.Errorf("deleted at %v: %d wait to be told, want %d", step.at, waiting(), step.want)
		}
	}
}

func signed(key signing.Key) func(map[string][]byte) {
	return func(files map[string][]byte) {
		sums := signing.Files{}
		for name, content := range files {
			sum := sha256.Sum256(content)
			sums[name] = hex.EncodeToString(sum[:])
		}
		files[signing.Name], _ = signing.Sign(key, sums)
	}
}

func TestAPluginBelongsToTheKeyThatSignedItFirst(t *testing.T) {
	y := newYard(t, sqlite(t))
	first, err := signing.Generate()
	y.must(err)
	second, err := signing.Generate()
	y.must(err)
	y.runs(pack{sign: signed(first)})
	for name, sign := range map[string]func(map[string][]byte){"nobody": nil, "another": signed(second)} {
		_, err := y.install(pack{version: "1.1.0", sign: sign}, plugins.InstallOptions{Force: true})
		var f *fault.Error
		if !errors.As(err, &f) || f.Fields["archive"] != "signing/other_key" {
			t.Errorf("an update signed by %s: %v", name, err)
		}
		_, err = y.install(pack{id: "boatyard", replaces: "yard", sign: sign}, plugins.InstallOptions{GrantAll: true})
		if !errors.As(err, &f) || f.Fields["archive"] != "signing/other_key" {
			t.Errorf("a successor signed by %s: %v", name, err)
		}
	}
	_, err = y.install(pack{version: "1.2.0", sign: signed(first)}, plugins.InstallOptions{Force: true})
	y.must(err)
	if title, _ := y.title(y.m, "yard"); title != "1.2.0" {
		t.Errorf("%q runs", title)
	}
}

// An update calls a setting secret that was none: what is set is encrypted when it
// becomes the active version, not when somebody saves it next.
func TestASettingThatBecomesASecretIsEncryptedAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		y, ctx := newYard(t, d), t.Context()
		const plain = `{"type":"object","properties":{"token":{"type":"string"},"n":{"type":"integer"}}}`
		secret := strings.Replace(plain, `{"type":"string"}`, `{"type":"string","x-secret":true}`, 1)
		y.runs(pack{settings: plain})
		y.must(y.m.SetSettings(ctx, y.owner, "yard", y.home, map[string]any{"token": "hunter2", "n": 3}))
		_, err := y.install(pack{version: "1.1.0", settings: secret}, plugins.InstallOptions{Force: true})
		y.must(err)
		w, err := db.FindPluginWorkspace(ctx, d.Read(), "yard", y.home)
		y.must(err)
		if w.Settings != `{"n":3}` || strings.Contains(w.Secrets, "hunter2") || y.synced(y.home, "plugins.settings.yard") != `{"n":3}` {
			t.Errorf("stored %s and %s, devices have %s", w.Settings, w.Secrets, y.synced(y.home, "plugins.settings.yard"))
		}
		if text, ok, err := y.m.Secret(ctx, "yard", y.home, "token"); text != "hunter2" || !ok || err != nil {
			t.Errorf("the secret is %q, %v, %v", text, ok, err)
		}
		if got, err := y.m.Settings(ctx, "yard", y.home); err != nil || got.Values["token"] != plugins.Mask {
			t.Errorf("shown as %+v, %v", got, err)
		}
		// The version to which it is no secret has none, and does not save the mask.
		_, err = y.m.Rollback(ctx, y.owner, "yard", "")
		y.must(err)
		if got, err := y.m.Settings(ctx, "yard", y.home); err != nil || got.Values["token"] != nil {
			t.Errorf("back, and shown as %+v, %v", got, err)
		}
	})
}
