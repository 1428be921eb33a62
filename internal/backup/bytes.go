package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Store is where the bytes of people's files are.
type Store struct {
	storage.Store
	Provider string // as the books call it: disk, s3
	// Carry puts the bytes into a backup. Without, it has the rows alone, and a
	// restore keeps those whose bytes are in the store it finds.
	Carry bool
	// Hold keeps collectors from deleting files until release is called; nil
	// need not.
	Hold func(ctx context.Context) (release func(), err error)
}

// Files is what a backup has of people's files.
type Files struct {
	Carried bool   `json:"carried"`
	Count   int64  `json:"count"` // files in the books
	Bytes   int64  `json:"bytes"`
	Without []Lost `json:"without,omitempty"` // files in the books whose bytes were not there, or wrong
}

// Lost is a file whose bytes are not in a backup that carries files.
type Lost struct {
	WorkspaceID string `json:"workspace_id"`
	Hash        string `json:"hash"`
	Why         string `json:"why"`
}

// absent is how many of the files have no entry at all: the others of Without
// have one with wrong bytes.
func (f Files) absent() (n int64) {
	for _, l := range f.Without {
		if l.Why != "content" {
			n++
		}
	}
	return n
}

// filesPrefix is where files' bytes lie in the archive: files/<workspace>/sha256/<hex>.
const filesPrefix = "files/"

func entryName(key storage.Key) string {
	return filesPrefix + key.Workspace + "/" + key.Ref.Algorithm() + "/" + key.Ref.Hex()
}

// keyOf reads an entry's name.
func keyOf(name string) (key storage.Key, err error) {
	parts := strings.Split(strings.TrimPrefix(name, filesPrefix), "/")
	if len(parts) != 3 {
		return key, fmt.Errorf("the part %s has no name of a file", name)
	}
	if key.Ref, err = storage.ParseRef(parts[1] + ":" + parts[2]); err == nil {
		key.Workspace = parts[0]
		err = key.Check()
	}
	if err != nil || entryName(key) != name {
		return key, fmt.Errorf("the part %s has no name of a file", name)
	}
	return key, nil
}

// held is a file that a snapshot's books name.
type held struct {
	key  storage.Key
	size int64
}

// books reads the files that a snapshot names.
func books(ctx context.Context, s *db.Snapshot) (list []held, err error) {
	for _, t := range s.Tables {
		if t.Name != "blobs" {
			continue
		}
		at := map[string]int{}
		for i, c := range t.Columns {
			at[c] = i
		}
		err = s.Rows(ctx, t, func(row []any) error {
			workspace, _ := row[at["workspace_id"]].(string)
			hash, _ := row[at["hash"]].(string)
			size, _ := row[at["size_bytes"]].(int64)
			ref, err := storage.ParseRef(hash)
			if err != nil {
				return nil //nolint:nilerr // a row that names nothing has no bytes
			}
			list = append(list, held{storage.Key{Workspace: workspace, Ref: ref}, size})
			return nil
		})
	}
	return list, err
}

// files writes the bytes of files, one entry each. What is not there, or not
// what its name says, is left to the manifest: a restore has no row of it.
func (w *writer) files(ctx context.Context, list []held) error {
	out := &Files{Carried: w.o.Files != nil && w.o.Files.Carry}
	w.manifest.Files = out
	for i, f := range list {
		out.Count++
		out.Bytes += f.size
		if !out.Carried {
			continue
		}
		why, err := w.file(ctx, f)
		if err != nil {
			return err
		}
		if why != "" {
			out.Without = append(out.Without, Lost{f.key.Workspace, f.key.Ref.String(), why})
		}
		w.o.tell("copying files", int64(i+1), int64(len(list)))
	}
	return nil
}

func (w *writer) file(ctx context.Context, f held) (why string, err error) {
	content, err := w.o.Files.Open(ctx, f.key, storage.Span{})
	switch {
	case fault.Is(err, fault.NotFound):
		return "missing", nil
	case err != nil:
		return "", err
	}
	defer func() { err = errors.Join(err, content.Body.Close()) }()
	if content.Size != f.size {
		return "size", nil
	}
	head := &tar.Header{Typeflag: tar.TypeReg, Name: entryName(f.key), Size: f.size, Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if f.size >= 8<<30 {
		head.Format = tar.FormatPAX
	}
	if err := w.tar.WriteHeader(head); err != nil {
		return "", err
	}
	body := &noting{Reader: content.Body}
	n, err := storage.Copy(ctx, w.tar, body, make([]byte, 256<<10))
	if body.failed != nil && ctx.Err() == nil && !fault.Is(body.failed, fault.Unavailable) {
		// A damaged file, or a disk that cannot read it. The entry has to have its size all the same.
		_, err = io.CopyN(w.tar, zeros{}, f.size-n)
		return "content", err
	}
	return "", err
}

// noting remembers that it was reading that failed, not writing.
type noting struct {
	io.Reader
	failed error
}

func (n *noting) Read(p []byte) (int, error) {
	read, err := n.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.failed = err
	}
	return read, err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// putFiles puts the bytes that the backup carries into the store. It runs
// before the rows are restored: bytes that no row names harm nobody.
func (r *restore) putFiles(ctx context.Context) error {
	r.have, r.proven = map[storage.Key]int64{}, map[storage.Key]bool{}
	if r.o.Files == nil {
		return nil
	}
	lost := map[string]bool{}
	if files := r.file.Manifest.Files; files != nil {
		for _, l := range files.Without {
			lost[l.WorkspaceID+" "+l.Hash] = true
		}
		var done int64
		err := r.file.entries(ctx, nil, func(key storage.Key, size int64, body io.Reader) error {
			done++
			r.o.tell("restoring files", done, files.Count)
			var err error
			if storage.Verify(ctx, r.o.Files, key) != nil {
				if lost[key.Workspace+" "+key.Ref.String()] {
					return nil
				}
				_, err = r.o.Files.Receive(ctx, storage.Incoming{Key: key, Size: size, Body: body})
			}
			r.proven[key] = err == nil
			return err
		})
		if err != nil {
			return fmt.Errorf("restoring files: %w", err)
		}
	}
	for blob, err := range r.o.Files.Enumerate(ctx, "") {
		if err != nil {
			return fmt.Errorf("looking which files are there: %w", err)
		}
		r.have[blob.Key] = blob.Size
	}
	return nil
}

// settleFiles keeps of the restored books what has bytes, and counts them anew.
// Nothing restored is about to be collected: devices will say first what they
// know.
func (r *restore) settleFiles(ctx context.Context, tx bun.Tx) error {
	provider := ""
	if r.o.Files != nil {
		provider = r.o.Files.Provider
	}
	now := r.o.Now().UnixMilli()
	workspaces, err := db.AllWorkspaceIDs(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range workspaces {
		after := ""
		for {
			list, err := db.BlobsAfter(ctx, tx, id, after, 500)
			if err != nil {
				return err
			}
			for i := range list {
				b := &list[i]
				after = b.Hash
				ref, err := storage.ParseRef(b.Hash)
				key := storage.Key{Workspace: id, Ref: ref}
				if size, ok := r.have[key]; err == nil && ok && size == b.SizeBytes {
					r.done.Files++
					if err := db.SettleBlob(ctx, tx, id, b.Hash, provider, r.proven[key], now); err != nil {
						return err
					}
					continue
				}
				r.done.FilesGone++
				if _, err := db.DeleteBlob(ctx, tx, id, b.Hash); err != nil {
					return err
				}
			}
			if len(list) < 500 {
				break
			}
		}
		used, err := db.BlobBytes(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := db.LockStorageUsage(ctx, tx, id); err != nil {
			return err
		}
		if err := db.SetStorageUsage(ctx, tx, id, used); err != nil {
			return err
		}
		if err := db.RecountListed(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps collectors away while files are copied.
func (o Options) hold(ctx context.Context) (release func(), err error) {
	if o.Files == nil || !o.Files.Carry || o.Files.Hold == nil {
		return func() {}, nil
	}
	release, err = o.Files.Hold(ctx)
	return sync.OnceFunc(release), err
}
