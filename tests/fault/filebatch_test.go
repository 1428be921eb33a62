//go:build linux

package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// sendTogether sends files in one request. An error means that nothing is known of
// any of them.
func sendTogether(t testing.TB, base string, files []*upload) error {
	list, contents := []map[string]any{}, []byte(nil)
	for _, u := range files {
		list = append(list, map[string]any{"hash": u.hash, "mime_type": u.mime, "size_bytes": len(u.text), "name": "a.txt", "kind": "file"})
		contents = append(contents, u.text...)
	}
	line, err := json.Marshal(map[string]any{"workspace_id": files[0].site.workspace, "files": list})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/storage/upload-batch", bytes.NewReader(append(append(line, '\n'), contents...)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+files[0].site.token)
	req.Header.Set("Content-Type", "application/vnd.or3.files")
	res, err := files[0].via.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	var reply struct {
		Files []struct {
			OK     bool `json:"ok"`
			Stored bool `json:"already_stored"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &reply); err != nil || res.StatusCode != http.StatusOK || len(reply.Files) != len(files) {
		return fmt.Errorf("several files: %d %s", res.StatusCode, text)
	}
	for _, f := range reply.Files {
		if !f.OK && !f.Stored {
			return fmt.Errorf("one of several files is not there: %s", text)
		}
	}
	return nil
}

// The server is killed again and again while files arrive together. What was
// answered is there each time; what was not comes with the next try, and in the end
// nothing of any try is left over.
func TestFilesThatComeTogetherSurviveKills(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "or3"), "")
	via := newHTTP()
	defer via.CloseIdleConnections()
	n := s.start(t, "OR3_STORAGE_ENABLED=true")
	s.workspace = firstWorkspace(t, n.base, s.token)
	random, answered := rand.New(rand.NewPCG(5, 11)), 0
	var all []*upload
	for round := range 8 {
		files := make([]*upload, 25)
		for i := range files {
			files[i] = attached(s, via, uint64(1000*round+i), 1+random.IntN(20_000))
		}
		ended := make(chan error, 1)
		base := n.base
		go func() { ended <- sendTogether(t, base, files) }()
		<-time.After(time.Duration(random.IntN(8<<round)) * time.Millisecond) // the moment differs: that is the point
		n.kill()
		err := <-ended
		n = s.start(t, "OR3_STORAGE_ENABLED=true")
		if err == nil {
			answered++
		} else if err := sendTogether(t, n.base, files); err != nil {
			t.Fatalf("after kill %d: %v: %s", round, err, n.log)
		}
		for _, u := range files {
			u.opens(t, n.base)
		}
		all = append(all, files...)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, "files", "incoming", "*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("this is left on the way in: %v, %v", left, err)
	}
	blobs, err := filepath.Glob(filepath.Join(s.dir, "files", "blobs", "*", "sha256", "*", "*"))
	if err != nil || len(blobs) != len(all) {
		t.Errorf("%d files are on the disk, want %d: %v", len(blobs), len(all), err)
	}
	n.stop(t)
	t.Logf("%d of 8 requests were answered before their kill", answered)
}
