package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/storage"
)

func TestTheDoctorFindsNothingWhereNothingIsWrong(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	said := b.must("", "doctor")
	for _, check := range []string{"configuration", "data directory", "database", "audit log", "damaged files", "files", "file store"} {
		if !strings.Contains(said, "ok     "+check+": ") {
			t.Errorf("nothing good is said about the %s:\n%s", check, said)
		}
	}
	if strings.Contains(said, "WRONG") {
		t.Errorf("it says\n%s", said)
	}
	left, err := filepath.Glob(filepath.Join(b.dir, "files", "*", "*", "*", "*", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

// A doctor was interrupted between putting its file there and removing it. No
// collection ever looks at it; the next doctor does.
func TestWhatADoctorHasLeftIsRemovedByTheNext(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	b.must("", "doctor")
	digits := storage.RefOf([]byte("or3 doctor")).Hex()
	at := filepath.Join(b.dir, "files", "blobs", "w_or3-doctor", "sha256", digits[:2], digits)
	old := time.Now().Add(-48 * time.Hour)
	if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, []byte("or3 doctor"), 0o600), os.Chtimes(at, old, old)); err != nil {
		t.Fatal(err)
	}
	b.must("", "doctor")
	if _, err := os.Stat(at); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what it left is still there: %v", err)
	}
}

// ill runs the doctor where something is wrong, and looks for words about it.
func (b box) ill(words ...string) {
	b.t.Helper()
	got := b.or3("", "doctor")
	if got.code != ExitFailed || !strings.Contains(got.stdout, "WRONG") {
		b.t.Fatalf("it ends with %d and says\n%s%s", got.code, got.stdout, got.stderr)
	}
	for _, w := range words {
		if !strings.Contains(got.stdout, w) {
			b.t.Errorf("without %q it says\n%s", w, got.stdout)
		}
	}
}

func TestTheDoctorSaysWhatIsWrong(t *testing.T) {
	newBox(t).ill("there is no database", "or3 restore")
	newBox(t, "OR3_SERVER_ADR=x").ill("did you mean OR3_SERVER_ADDR?", "or3 config check")

	b := newBox(t, "OR3_STORAGE_PROVIDER=s3", "OR3_STORAGE_S3_ENDPOINT=http://127.0.0.1:1", "OR3_STORAGE_S3_BUCKET=files", "OR3_STORAGE_S3_ACCESS_KEY=k", "OR3_STORAGE_S3_SECRET_KEY=very-secret")
	b.addOwner()
	b.ill("file store", "storage.s3_endpoint")
	if got := b.or3("", "doctor"); strings.Contains(got.stdout+got.stderr, "very-secret") {
		t.Error("it tells a secret")
	}

	b = newBox(t)
	b.addOwner()
	d := openDB(t, "sqlite://"+filepath.ToSlash(filepath.Join(b.dir, "or3.db")))
	hash := "sha256:" + strings.Repeat("a", 64)
	err := d.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		list, _, err := db.UsageByWorkspace(ctx, tx, 1)
		if err != nil {
			return err
		}
		if _, err := db.InsertBlob(ctx, tx, &db.Blob{WorkspaceID: list[0].WorkspaceID, Hash: hash, SizeBytes: 1, MediaType: "text/plain", Provider: "disk"}); err != nil {
			return err
		}
		return db.MarkBlobDamaged(ctx, tx, list[0].WorkspaceID, hash, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.ill("damaged files: 1: "+hash, "attach each again", "mount the disk")
	if err := errors.Join(os.Mkdir(filepath.Join(b.dir, "files"), 0o700), os.WriteFile(filepath.Join(b.dir, "files", "or3-files"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	b.ill("files: 1 of 1: "+hash, "is missing")
}

func TestTheDoctorFindsAStoreThatCannotBeWritten(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	// Root writes everywhere: a file stands where the directory should be.
	if err := os.WriteFile(filepath.Join(b.dir, "files"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.ill("file store", "storage.fs_root writable")
}
