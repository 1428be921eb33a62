package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// committed puts a file into the books and its facts into its row, as a commit does.
func (w *world) committed(hash string, facts engine.FileFacts) {
	w.t.Helper()
	err := w.d.Write(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		_, err := db.InsertBlob(ctx, tx, &db.Blob{WorkspaceID: "w1", Hash: hash, SizeBytes: facts.SizeBytes, MediaType: facts.MediaType, Provider: "disk", CreatedBy: ann.UserID, CreatedAt: now})
		return err
	})
	w.must(err)
	_, err = w.e.DescribeFile(context.Background(), ann, engine.Ref{WorkspaceID: "w1", ID: hash}, facts)
	w.must(err)
}

func fileMeta(n int, hash, fields string, clock int64) wire.Op {
	return wire.Op{Table: wire.FileMeta, Op: wire.Put, PK: hash, Stamp: stampOf(n, clock),
		Payload: []byte(fmt.Sprintf(`{"hash":%q,%s,"created_at":1,"updated_at":1}`, hash, fields))}
}

func rowFields(t *testing.T, text []byte) map[string]any {
	t.Helper()
	fields := map[string]any{}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

var photo = engine.FileFacts{Name: "quay.png", MediaType: "image/png", Kind: "image", SizeBytes: 70, Width: 640, Height: 480, Provider: "disk", StorageID: "up1",
	PreviewHash: "sha256:" + strings.Repeat("9", 64)}

// An editor's device says that a committed file is a PDF of one byte and somewhere else.
func TestWhatTheServerKnowsOfACommittedFileStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := fmt.Sprintf("sha256:%064x", 1)
		w.committed(hash, photo)
		lie := `"name":"better.png","mime_type":"application/pdf","kind":"pdf","size_bytes":1,"width":1,"height":2,"page_count":9,"storage_id":"elsewhere","storage_provider_id":"s3","preview_hash":null,"mine":[1.50]`
		if got := statuses(w.push(bob, fileMeta(20, hash, lie, 5))); got != "applied 2" {
			t.Fatal(got)
		}
		page, err := w.e.Pull(t.Context(), bob, wire.PullRequest{WorkspaceID: "w1", Cursor: 1, Limit: 1})
		w.must(err)
		if len(page.Changes) != 2 {
			t.Fatalf("a page shows %d changes; the op and its correction belong together", len(page.Changes))
		}
		told, right := page.Changes[0], page.Changes[1]
		if told.Stamp != stampOf(20, 5) || !strings.Contains(string(told.Payload), `"size_bytes":1,`) {
			t.Errorf("the op is kept as %+v %s", told.Stamp, told.Payload)
		}
		fields := rowFields(t, right.Payload)
		for field, want := range map[string]any{"name": "better.png", "mime_type": "image/png", "kind": "image", "size_bytes": 70.0, "width": 640.0, "height": 480.0,
			"page_count": 9.0, "storage_id": "up1", "storage_provider_id": "disk", "preview_hash": photo.PreviewHash} {
			if fields[field] != want {
				t.Errorf("%s is %v, want %v", field, fields[field], want)
			}
		}
		if !strings.Contains(string(right.Payload), `"mine":[1.50]`) {
			t.Errorf("what the server does not know changed: %s", right.Payload)
		}
		s := right.Stamp
		if s.DeviceID != "laptop" || s.Clock != 5 || s.HLC <= told.Stamp.HLC || s.OpID == told.Stamp.OpID {
			t.Errorf("the correction has the stamp %+v", s)
		}
		// What the same device writes next, without having seen it, stands above it.
		if got := statuses(w.push(bob, fileMeta(21, hash, `"name":"best.png"`, 6))); got != "applied 4" {
			t.Fatal(got)
		}
		f, err := w.e.File(t.Context(), engine.Ref{WorkspaceID: "w1", ID: hash})
		if want := photo; err != nil || f.Name != "best.png" || f.StorageID != want.StorageID || f.Width != 640 || f.SizeBytes != 70 || f.PreviewHash != want.PreviewHash {
			t.Errorf("%+v, %v", f, err)
		}
		// One that says nothing false has none.
		if got := statuses(w.push(bob, withPayload(fileMeta(22, hash, `"name":""`, 7), w.payloadOf(hash)))); got != "applied 6" {
			t.Fatal(got)
		}
		if got := statuses(w.push(bob, remove(23, wire.FileMeta, hash, 8))); got != "applied 7" {
			t.Errorf("after a write that is right: %s", got)
		}
		// Back again it is what its bytes are.
		w.push(bob, fileMeta(24, hash, `"name":"back.png","size_bytes":3,"mime_type":"text/plain","kind":"file","width":640`, 9))
		f, err = w.e.File(t.Context(), engine.Ref{WorkspaceID: "w1", ID: hash})
		if err != nil || f.Name != "back.png" || f.SizeBytes != 70 || f.MediaType != "image/png" || f.Kind != "image" || f.StorageID != "stored" || f.Width != 640 {
			t.Errorf("brought back it is %+v, %v", f, err)
		}
	})
}

func withPayload(o wire.Op, text string) wire.Op {
	o.Payload = []byte(text)
	return o
}

func (w *world) payloadOf(hash string) string {
	w.t.Helper()
	row, err := w.d.SyncRow(context.Background(), db.RowKey{WorkspaceID: "w1", Table: string(wire.FileMeta), PK: hash})
	w.must(err)
	return *row.Payload
}

// A device may say of a file that nobody has sent yet what it likes, and of
// another workspace's file as well.
func TestAFileThatIsNotCommittedIsWhatItsDeviceSays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := fmt.Sprintf("sha256:%064x", 2)
		w.committed(hash, photo)
		other := wire.PushRequest{WorkspaceID: "w2", Ops: []wire.Op{fileMeta(30, hash, `"size_bytes":1`, 1), fileMeta(31, fmt.Sprintf("sha256:%064x", 3), `"size_bytes":1`, 1)}}
		r, err := w.e.Push(t.Context(), ann, other)
		w.must(err)
		if got := statuses(r); got != "applied 1, applied 2" {
			t.Error(got)
		}
	})
}

// A group of a hundred files, each with a false size, still comes whole.
func TestAnAtomicGroupComesWholeWithItsCorrections(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ops []wire.Op
		for i := range wire.MaxOps {
			hash := fmt.Sprintf("sha256:%064x", 100+i)
			w.committed(hash, engine.FileFacts{Name: "a", MediaType: "text/plain", Kind: "file", SizeBytes: 7, StorageID: "up"})
			o := fileMeta(100+i, hash, `"size_bytes":8`, 2)
			o.Atomic = "all"
			ops = append(ops, o)
		}
		w.push(ann, ops...)
		page, err := w.e.Pull(t.Context(), ann, wire.PullRequest{WorkspaceID: "w1", Cursor: wire.MaxOps, Limit: 1})
		w.must(err)
		if len(page.Changes) != 2*wire.MaxOps || page.HasMore {
			t.Errorf("a page of %d changes, more %v", len(page.Changes), page.HasMore)
		}
	})
}

// The row of a committed file that is as large as a row may be, without what the
// server knows, is refused: there is no room for the truth.
func TestARowWithoutRoomForWhatTheServerKnowsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hash := fmt.Sprintf("sha256:%064x", 4)
		w.committed(hash, photo)
		o := fileMeta(40, hash, `"x":""`, 5)
		o.Payload = []byte(strings.Replace(string(o.Payload), `"x":""`, `"x":"`+strings.Repeat("x", wire.MaxPayload-len(o.Payload))+`"`, 1))
		if got := statuses(w.push(ann, o)); got != "rejected oversized" {
			t.Error(got)
		}
	})
}
