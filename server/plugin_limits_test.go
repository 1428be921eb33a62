package server_test

import (
	"context"
	"strings"
	"testing"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/server"
)

// The configuration bounds what is installed, in the gate and in what a request
// may bring, and says so on the page. What is there already stays.
func TestTheConfigurationSaysWhatAPackageMayBe(t *testing.T) {
	dir := t.TempDir()
	app := testkit.Open(t, testkit.Options{Dir: dir})
	install(t, app.As(app.Owner), buoy(t, "1.0.0", ""), "grant", "all").Is(201)
	must(t, app.Plugins.Enable(context.Background(), app.Owner.Session, "kestrel.buoy", app.Harbour))
	app.Stop()

	world := app.World
	for _, c := range []struct{ key, value, code string }{
		{"plugins.max_zip_bytes", "500", "archive/oversized"},
		{"plugins.max_files", "1", "archive/too_many_files"},
		{"plugins.max_unpacked_bytes", "500", "archive/unpacked"},
		{"plugins.max_wasm_bytes", "100", "archive/wasm_size"},
	} {
		next := testkit.Open(t, testkit.Options{Dir: dir, World: &world, Clock: app.Clock, Keys: map[string]string{c.key: c.value}})
		owner := next.As(next.Owner)
		if r := install(t, owner, buoy(t, "1.1.0", ""), "force", "true").Is(422); !strings.Contains(r.Body, c.code) {
			t.Errorf("%s=%s: %s, want %s", c.key, c.value, r.Body, c.code)
		}
		owner.Get("/w/" + next.Harbour + "/x/kestrel.buoy").Is(200).Says("Buoy 1.0.0")
		if c.key == "plugins.max_zip_bytes" {
			owner.Get("/admin/plugins").Is(200).Says("500 B")
			install(t, owner, make([]byte, 2<<20)).Is(413)
		}
		next.Stop()
	}
}

func TestNoConfigurationAllowsMoreThanIsReadAgain(t *testing.T) {
	var c config.Plugins
	c.MaxZip, c.MaxUnpacked, c.MaxWasm, c.MaxFiles, c.MaxRatio = 100<<20, 1<<30, 32<<20, 4000, 1000
	if got := server.PackageLimits(c); got != archive.Most() {
		t.Errorf("%+v, but what is there is read with %+v", got, archive.Most())
	}
	if _, err := config.Load(config.Options{DataDir: t.TempDir(), Environ: []string{"OR3_PLUGINS_MAX_ZIP_BYTES=100MiB", "OR3_PLUGINS_MAX_UNPACKED_BYTES=1GiB", "OR3_PLUGINS_MAX_WASM_BYTES=32MiB", "OR3_PLUGINS_MAX_FILES=4000", "OR3_PLUGINS_MAX_RATIO=1000"}}); err != nil {
		t.Error(err)
	}
}
