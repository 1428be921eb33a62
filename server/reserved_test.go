package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/testkit"
)

// An admin.base_path that hides another page would be noticed by its visitors
// only, so the configuration refuses it.
func TestTheAdministrationCannotMoveOntoAnotherPage(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for _, row := range app.Table() {
		segment, _, _ := strings.Cut(strings.TrimPrefix(row.Path, "/"), "/")
		if segment == "" || segment == "admin" || strings.ContainsAny(segment, ":*") {
			continue
		}
		if _, err := config.Load(config.Options{DataDir: t.TempDir(), Environ: []string{"OR3_ADMIN_BASE_PATH=/" + segment + "/x"}}); err == nil {
			t.Errorf("admin.base_path may be below /%s, where %s %s is; add it to the list in internal/config/network.go", segment, row.Method, row.Path)
		}
	}
}
