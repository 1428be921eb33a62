//go:build linux

package fault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/storage"
	filestore "or3.cloud/or3/storage/disk"
	"or3.cloud/or3/sync/wire"
)

// sending is what a device was told of a file: that so many bytes of it are
// here, or, when it was committed, that it is a file. With begun it is about to
// send the rest, from when on what was told of pieces is over.
type sending struct {
	*upload
	storageID string
	offset    int64
	begun     bool
	committed bool
	preview   bool
}

// piece is how much of a file is sent first, of one in two pieces.
const piece = 90 << 10

// attach sends files in every way there is, and notes each acknowledgement:
// small ones at once, several in one request, one in two pieces, an image that gets a preview, and one
// whose row a device has written before the commit, so that nothing but the books
// is left to write.
func (l *powerLoad) attach(t *testing.T, n *node) {
	t.Helper()
	via := newHTTP()
	defer via.CloseIdleConnections()
	next := func(size int) *upload {
		l.files++
		return attached(l.site, via, l.files, size)
	}
	note := func(s sending) { l.recording.note(event{what: acknowledged, sent: &s}) }
	var together sync.WaitGroup
	for range 6 {
		u := next(int(3000 + 7000*l.files%40_000))
		together.Go(func() {
			if err := u.send(t, n.base); err != nil {
				t.Errorf("a small file: %v: %s", err, n.log)
				return
			}
			note(sending{upload: u, committed: true})
		})
	}
	together.Wait()

	several := []*upload{next(10), next(10_000), next(70_000), next(1)}
	if err := sendTogether(t, n.base, several); err != nil {
		t.Fatalf("several files in one request: %v: %s", err, n.log)
	}
	for _, u := range several {
		note(sending{upload: u, committed: true})
	}

	two := next(2 * piece)
	if err := errors.Join(two.ask(t, n.base), two.piece(t, bytes.NewReader(two.text[:piece]), piece, "?0")); err != nil {
		t.Fatalf("a piece: %v: %s", err, n.log)
	}
	l.push(t, n, 6) // what is written durably takes the ticket along
	note(sending{upload: two, storageID: two.StorageID, offset: piece})
	l.push(t, n, 6)
	if err := two.ask(t, n.base); err != nil || two.Offset != piece {
		t.Fatalf("the rest begins at %d, %v", two.Offset, err)
	}
	note(sending{upload: two, begun: true})
	if err := errors.Join(two.put(t, bytes.NewReader(two.text[piece:]), piece), two.commit(t, n.base)); err != nil {
		t.Fatalf("the rest of a file: %v: %s", err, n.log)
	}
	note(sending{upload: two, committed: true})

	picture := attachedAs(l.site, via, "image/png", drawn(t, l.files))
	if err := picture.send(t, n.base); err != nil {
		t.Fatalf("an image: %v: %s", err, n.log)
	}
	note(sending{upload: picture, committed: true, preview: true})

	known := next(5000)
	if err := errors.Join(known.ask(t, n.base), known.put(t, bytes.NewReader(known.text), 5000)); err != nil {
		t.Fatal(err)
	}
	l.devices++
	w := writer{name: fmt.Sprintf("power%d", l.devices), random: rand.New(rand.NewPCG(powerSeed, l.devices))}
	row, err := json.Marshal(map[string]any{"hash": known.hash, "name": "a.txt", "mime_type": known.mime, "kind": "file", "size_bytes": 5000,
		"storage_provider_id": "disk", "storage_id": known.StorageID, "created_at": time.Now().Unix(), "updated_at": time.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := push(t.Context(), via, n.base, l.site, []wire.Op{{Table: wire.FileMeta, Op: wire.Put, PK: known.hash, Stamp: w.stamp(1), Payload: row}})
	if err != nil || answer.Results[0].Status != wire.Applied {
		t.Fatalf("a file's row: %v %+v", err, answer)
	}
	if err := known.commit(t, n.base); err != nil {
		t.Fatal(err)
	}
	note(sending{upload: known, committed: true})
	if t.Failed() {
		t.FailNow()
	}
}

// drawn is an image that is large enough for a preview; other seeds are others.
func drawn(t *testing.T, seed uint64) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 400, 300))
	for x := range 400 {
		for y := range 300 {
			picture.Set(x, y, color.NRGBA{R: uint8(x), G: uint8(y), B: uint8(seed), A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// promisedFiles is what was acknowledged of files, by hash.
type promisedFiles struct{ committed, pieces map[string]sending }

func filesOf(before []event) promisedFiles {
	p := promisedFiles{map[string]sending{}, map[string]sending{}}
	for _, e := range before {
		switch {
		case e.sent == nil:
		case e.sent.committed:
			p.committed[e.sent.hash] = *e.sent
		case e.sent.begun:
			delete(p.pieces, e.sent.hash)
		default:
			p.pieces[e.sent.hash] = *e.sent
		}
	}
	return p
}

// keepsFiles looks for every acknowledged file with its rows, for the pieces of
// those that are not there yet, and for anything that is not what it says.
func keepsFiles(ctx context.Context, d *db.DB, dir string, promised promisedFiles) error {
	store, err := filestore.Open(filestore.Options{Dir: dir})
	if err != nil {
		return err
	}
	for _, s := range promised.committed {
		if err := keepsFile(ctx, d, store, s); err != nil {
			return fmt.Errorf("of %d committed files one of %d bytes: %w", len(promised.committed), len(s.text), err)
		}
	}
	for _, s := range promised.pieces {
		if here, err := store.Received(ctx, s.key(), s.storageID); err != nil || here < s.offset {
			return errors.Join(fmt.Errorf("of %d bytes of a file that was being sent %d are here", s.offset, here), err)
		}
	}
	var blobs []db.Blob
	if err := d.Read().NewSelect().Model(&blobs).Scan(ctx); err != nil {
		return err
	}
	kept := map[string]int64{}
	for _, b := range blobs {
		ref, err := storage.ParseRef(b.Hash)
		if err == nil {
			err = storage.Verify(ctx, store, storage.Key{Workspace: b.WorkspaceID, Ref: ref})
		}
		if err != nil {
			return fmt.Errorf("the books name a file: %w", err)
		}
		kept[b.WorkspaceID] += b.SizeBytes
	}
	var usages []db.StorageUsage
	if err := d.Read().NewSelect().Model(&usages).Scan(ctx); err != nil {
		return err
	}
	for _, u := range usages {
		if u.UsedBytes != kept[u.WorkspaceID] {
			return fmt.Errorf("%d bytes are counted, and %d are kept", u.UsedBytes, kept[u.WorkspaceID])
		}
		delete(kept, u.WorkspaceID)
	}
	if len(kept) > 0 {
		return errors.New("files are kept that nobody counts")
	}
	return wholeFiles(dir)
}

func (u *upload) key() storage.Key {
	ref, _ := storage.ParseRef(u.hash)
	return storage.Key{Workspace: u.site.workspace, Ref: ref}
}

func keepsFile(ctx context.Context, d *db.DB, store *filestore.Store, s sending) error {
	if _, err := db.FindBlob(ctx, d.Read(), s.site.workspace, s.hash); err != nil {
		return fmt.Errorf("is not in the books: %w", err)
	}
	if err := storage.Verify(ctx, store, s.key()); err != nil {
		return fmt.Errorf("does not open: %w", err)
	}
	var row db.SyncRow
	err := d.Read().NewSelect().Model(&row).Where("workspace_id = ? AND table_name = 'file_meta' AND pk = ? AND deleted = 0", s.site.workspace, s.hash).Scan(ctx)
	if err != nil {
		return fmt.Errorf("has no row: %w", err)
	}
	var facts struct {
		Size    int64  `json:"size_bytes"`
		Preview string `json:"preview_hash"`
	}
	if err := json.Unmarshal([]byte(*row.Payload), &facts); err != nil || facts.Size != int64(len(s.text)) || s.preview && facts.Preview == "" {
		return errors.Join(fmt.Errorf("has the row %s", *row.Payload), err)
	}
	if facts.Preview == "" {
		return nil
	}
	// That it opens is looked for with the others that the books name.
	if _, err := db.FindBlob(ctx, d.Read(), s.site.workspace, facts.Preview); err != nil {
		return fmt.Errorf("names a preview: %w", err)
	}
	return nil
}

// wholeFiles fails if anything lies under the name of a file that is not it.
func wholeFiles(dir string) error {
	err := filepath.WalkDir(filepath.Join(dir, "blobs"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if sum := sha256.Sum256(text); err == nil && hex.EncodeToString(sum[:]) != e.Name() {
			err = fmt.Errorf("half a file, %d bytes, lies under its name", len(text))
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// servedEvery is of how many images one is given to a real server and a real
// doctor, which take longer than the code they are made of.
const servedEvery = 25

// serve starts a server on an image, fetches every acknowledged file as a device
// would, and has the doctor look.
func serve(t *testing.T, of *site, dir string, before []event) (served int) {
	t.Helper()
	promised := filesOf(before).committed
	if len(promised) == 0 {
		return 0
	}
	s := &site{dir: filepath.Join(dir, "srv", "or3"), env: append(slices.Clone(of.env), "OR3_STORAGE_ENABLED=true"), token: of.token, workspace: of.workspace}
	n := s.start(t)
	via := newHTTP()
	defer via.CloseIdleConnections()
	for _, hash := range slices.Sorted(maps.Keys(promised)) {
		u := *promised[hash].upload
		u.via = via
		u.opens(t, n.base)
	}
	n.stop(t)
	if said, err := s.try(t, "", "doctor"); err != nil {
		t.Errorf("the doctor finds: %s", said)
	}
	return len(promised)
}

// withoutContentSync is the recording of a server that syncs its database and
// not what is in people's files.
func withoutContentSync(all []event) []event {
	return slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e.what == synced && !strings.HasPrefix(e.name, "or3.db") })
}

// withoutNameSync is the recording of a server that does not sync the names of
// files.
func withoutNameSync(all []event) []event {
	return slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e.what == dirSynced && len(e.name) == 2 })
}

// commitEarly is the recording of a server that answers a commit before its
// books are on the disk.
func commitEarly(all []event) []event {
	return early(all, func(e event) bool { return e.sent != nil && e.sent.committed })
}

// What a store could not bring to the disk is not committed, also when a later
// sync says nothing of it.
func TestWhatDidNotReachTheDiskIsNoFile(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		lost func(u *upload) func(event) bool
	}{
		"a piece": {"?0", func(u *upload) func(event) bool {
			return func(e event) bool {
				return e.what == synced && strings.HasSuffix(e.name, strings.TrimPrefix(u.hash, "sha256:"))
			}
		}},
		"the name of a file": {"?1", func(u *upload) func(event) bool {
			return func(e event) bool { return e.what == dirSynced && e.name == u.hash[len("sha256:"):][:2] }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			mount, r := mountRecorder(t)
			s := newSite(t, filepath.Join(mount, "srv", "or3"), "")
			via := newHTTP()
			defer via.CloseIdleConnections()
			n := s.start(t, "OR3_STORAGE_ENABLED=true")
			u := attached(s, via, 1, 2*piece)
			if err := u.ask(t, n.base); err != nil {
				t.Fatal(err)
			}
			r.lose(c.lost(u))
			sent := u.text
			if c.sent == "?0" {
				sent = sent[:piece]
			}
			var said *refusal
			if err := u.piece(t, bytes.NewReader(sent), int64(len(sent)), c.sent); !errors.As(err, &said) || said.status < http.StatusInternalServerError {
				t.Errorf("a disk that fails is answered with %v", err)
			}
			// The device goes on as it is told to.
			if err := u.send(t, n.base); err != nil {
				t.Fatalf("with a disk that works again: %v: %s", err, n.log)
			}
			r.note(event{what: acknowledged, sent: &sending{upload: u, committed: true}})
			n.kill()
			events := r.all()
			replay(t, events, []cut{{at: len(events), fate: forgets}}, rand.New(rand.NewPCG(powerSeed, 3)), func(image string, at int, _ fate) bool {
				if _, err := judge(t, image, events[:at]); err != nil {
					t.Error(err)
				}
				return true
			})
		})
	}
}
