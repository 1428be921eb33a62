package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/sync/engine"
)

// A row may name thousands of files that nobody has: a page of such messages is
// drawn like any other.
func TestAMessageThatNamesThousandsOfFilesShowsFew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		names := []string{"no hash"}
		for i := range 3000 {
			names = append(names, fmt.Sprintf("sha256:%064x", i/2)) // each twice
		}
		text, err := json.Marshal(names)
		w.must(err)
		files := engine.HashesOf(string(text))
		if len(files) != 60 || files[0] != names[1] || files[1] != names[3] {
			t.Fatalf("%d files, the first %v; want the first 60, each once", len(files), files[:min(len(files), 2)])
		}
		wrote, err := w.e.DescribeFile(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: files[7]}, engine.FileFacts{Name: "crane.pdf", MediaType: "application/pdf", SizeBytes: 7})
		w.must(err)
		if !wrote {
			t.Error("a file's first facts were not written")
		}
		found, err := w.e.FilesOf(t.Context(), "w1", []engine.Message{{Files: files}, {Files: files}})
		if err != nil || len(found) != 1 || found[files[7]].Name != "crane.pdf" {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// What follows such a mark reads from right to left: photoexe.jpg is a program.
func TestAFileShowsTheNameItHas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		described, renamed := engine.Ref{WorkspaceID: "w1", ID: fmt.Sprintf("sha256:%064x", 1)}, engine.Ref{WorkspaceID: "w1", ID: fmt.Sprintf("sha256:%064x", 2)}
		facts := engine.FileFacts{Name: "photo\u202egpj.exe", MediaType: "text/plain", SizeBytes: 7}
		_, err := w.e.DescribeFile(t.Context(), ann, described, facts)
		w.must(err)
		facts.Name = "first"
		_, err = w.e.DescribeFile(t.Context(), ann, renamed, facts)
		w.must(err)
		w.must(w.e.RenameFile(t.Context(), ann, renamed, "photo\u202egpj.exe"))
		listed, _, err := w.e.Files(t.Context(), "w1", engine.FilesQuery{})
		w.must(err)
		for _, f := range listed {
			if f.Name != "photogpj.exe" {
				t.Errorf("the list says %q", f.Name)
			}
		}
		for _, ref := range []engine.Ref{described, renamed} {
			if f, err := w.e.File(t.Context(), ref); err != nil || f.Name != "photogpj.exe" {
				t.Errorf("it is %q, %v", f.Name, err)
			}
		}
	})
}
