//go:build linux

package fault

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/sync/wire"
)

// forgotten deletes what is known of a file, as its page does.
func (u *upload) forgotten(t testing.TB, base string) {
	t.Helper()
	op := map[string]any{"table": "file_meta", "op": "delete", "pk": u.hash, "stamp": map[string]any{"device_id": "d", "op_id": uuid.NewString(),
		"hlc": wire.HLC{Millis: time.Now().UnixMilli(), Node: "d"}.String(), "clock": 1000}}
	var out struct {
		Results []struct {
			Status string `json:"status"`
		} `json:"results"`
	}
	err := call(t.Context(), u.via, http.MethodPost, base+"/api/sync/push", u.site.token, map[string]any{"workspace_id": u.site.workspace, "ops": []any{op}}, &out)
	if err != nil || len(out.Results) != 1 || out.Results[0].Status != "applied" {
		t.Fatalf("%+v, %v", out, err)
	}
}

type collected struct {
	Deleted int64 `json:"deleted_count"`
}

func (s *site) collect(ctx context.Context, via *http.Client, base string) (out collected, err error) {
	err = call(ctx, via, http.MethodPost, base+"/api/storage/gc/run", s.token, map[string]any{"workspace_id": s.workspace, "retention_seconds": 0}, &out)
	return out, err
}

// The server is killed in the middle of collections. What nothing names is gone
// in the end, what something names is there bit for bit, and the books and the
// disk say the same; a backup of it carries every file to another machine.
func TestACollectionThatIsKilledLosesNothing(t *testing.T) {
	const each = 20 // so many files are kept, and as many go with each collection
	s := newSite(t, filepath.Join(t.TempDir(), "or3"), "")
	via := newHTTP()
	defer via.CloseIdleConnections()
	s.env = append(s.env, "OR3_STORAGE_ENABLED=true")
	n := s.start(t)
	made := uint64(0)
	sent := func() (files []*upload) {
		for range each {
			made++
			u := attached(s, via, made, 20_000)
			if err := u.send(t, n.base); err != nil {
				t.Fatal(err)
			}
			files = append(files, u)
		}
		return files
	}
	kept := sent()
	var gone []*upload
	blobs := func() (count int) {
		found, err := filepath.Glob(filepath.Join(s.dir, "files", "blobs", "*", "sha256", "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for kills := range 3 {
		// Files of this round's own: the last collection may have been faster than its kill.
		batch := sent()
		for _, u := range batch {
			u.forgotten(t, n.base)
		}
		gone = append(gone, batch...)
		before, ended := blobs(), make(chan error, 1)
		go func() {
			_, err := s.collect(t.Context(), via, n.base)
			ended <- err
		}()
		eventually(t, "some files are gone", func() bool { return blobs() < before })
		n.kill()
		<-ended
		n = s.start(t)
		if left := blobs(); left < len(kept) {
			t.Fatalf("after kill %d there are %d files, and %d are named", kills, left, len(kept))
		}
	}
	// A device that has one of them sends it again, whatever the kill left of it.
	again := gone[len(gone)-1]
	if err := again.send(t, n.base); err != nil {
		t.Fatalf("%v: %s", err, n.log)
	}
	kept, gone = append(kept, again), gone[:len(gone)-1]
	eventually(t, "the rest is gone", func() bool {
		_, err := s.collect(t.Context(), via, n.base)
		return err == nil && blobs() == len(kept)
	})
	for _, u := range kept {
		u.opens(t, n.base)
	}
	for _, u := range gone {
		if u.ask(t, n.base) != nil || u.Stored {
			t.Errorf("a device with %s is not asked for it", u.hash)
		}
	}

	backup := filepath.Join(t.TempDir(), "or3.backup")
	s.cli(t, "", "backup", backup)
	n.stop(t)
	other := s.elsewhere(filepath.Join(t.TempDir(), "other"), "")
	if err := os.MkdirAll(other.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other.cli(t, "", "restore", backup)
	other.token = other.newToken(t, ownerEmail)
	n = other.start(t)
	for _, u := range kept {
		u.site = other
		u.opens(t, n.base)
	}
	n.stop(t)
}
