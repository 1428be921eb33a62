package server_test

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/server"
)

// A filter written with the SDK, in the real sandbox: it narrows what editors may
// do, and owners can still get rid of it.
func TestAFilterPluginNarrowsAndIsDisabledByItsOwner(t *testing.T) {
	patient := testkit.Options{Adjust: server.FilterIn(time.Minute)}
	testkit.Each(t, patient, func(t *testing.T, app *testkit.App) {
		owner, editor := app.As(app.Owner), app.As(app.Editor)
		zip, err := examples.Package("approvals")
		must(t, err)
		install(t, owner, zip, "grant", "all").Is(201)
		const at = "/api/admin/plugins/approvals"
		place := map[string]any{"workspace_id": app.Harbour}
		write := func() *testkit.Response {
			return editor.JSON("POST", "/api/storage/presign-upload", map[string]any{"workspace_id": app.Harbour, "hash": "sha256:" + strings.Repeat("a", 64), "mime_type": "text/plain", "size_bytes": 3})
		}
		write().Is(200)
		owner.JSON("POST", at+"/enable", place).Is(200)
		owner.JSON("PUT", at+"/settings?workspace_id="+app.Harbour, map[string]any{"settings": map[string]any{"from": "00:00", "to": "23:59", "utc_offset": 0}}).Is(200)
		if r := write().Is(403); !strings.Contains(r.Body, "A rule of this server does not allow that. It says: “Approvals: Nobody but owners changes this workspace at night") {
			t.Errorf("at night an editor is told %s", r.Body)
		}
		owner.JSON("POST", at+"/disable", place).Is(200)
		write().Is(200)
	})
}
