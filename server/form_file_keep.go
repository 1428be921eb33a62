package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// keep brings one file of a form into the store and makes it a file of the
// workspace: by the same rules, against the same quota and with the same hooks
// as a device's upload.
func (t *formTaker) keep(ctx context.Context, part *multipart.Part) (hash string, err error) {
	name := fileNameIn(part.FileName())
	spool, err := newSpool(filepath.Join(t.s.config.DataDir, spoolDir))
	if err != nil {
		return "", noSpool(err)
	}
	defer spool.close()
	if err := spool.fill(part, name, t.s.config.Storage.MaxFileSize); err != nil {
		return "", err
	}
	u := file.Upload{UserID: t.who.UserID, Key: storage.Key{Workspace: t.place, Ref: spool.ref}, Size: spool.size, MediaType: inspect.MediaType(part.Header.Get("Content-Type"), spool.head), Name: name}
	hash = u.Key.Ref.String()
	policy := file.Policy{WorkspaceID: t.place, UserID: u.UserID, Hash: hash, MediaType: u.MediaType, SizeBytes: u.Size, Name: name}
	if err := file.Permitted(ctx, t.s.bus, policy); err != nil {
		return "", aboutFile(name, err)
	}
	reserved, err := t.s.files.books.Reserve(ctx, u)
	if err != nil {
		return "", aboutFile(name, err)
	}
	if reserved.Stored {
		return hash, t.s.describeAgain(ctx, t.who, u, name)
	}
	file.UploadBefore.Fire(ctx, t.s.bus, t.s.fileEvent(u, reserved.Intent))
	if err := t.store(ctx, u, reserved.Intent, spool); err != nil {
		dropped := t.s.files.books.Abandon(context.WithoutCancel(ctx), u.Key.Workspace, reserved.Intent)
		t.s.stillReserved(dropped)
		if kind := fault.KindOf(err); kind == fault.Internal || kind == fault.Unavailable || kind == fault.DiskFull {
			t.s.fileFailed(ctx, u.Key, "upload", err)
		}
		return "", aboutFile(name, err)
	}
	t.s.dropSuperseded(ctx, u.Key)
	wrote, err := t.s.describeFile(ctx, t.who, u, engine.FileFacts{Name: name, StorageID: reserved.Intent})
	if err == nil && !wrote { // nothing has put the books on the disk
		err = t.s.files.books.Settle(ctx)
	}
	if err != nil {
		return "", err
	}
	file.UploadAfter.Fire(ctx, t.s.bus, t.s.fileEvent(u, reserved.Intent))
	return hash, nil
}

// store has the store take a file and commits it. The store has proven it on its
// way.
func (t *formTaker) store(ctx context.Context, u file.Upload, intent string, from *spool) error {
	if !inspect.Is(u.MediaType, from.head) {
		return notOfType(u.MediaType)
	}
	if err := t.s.files.books.Arriving(ctx, intent, u, t.s.now().Add(time.Until(t.until))); err != nil {
		return err
	}
	if _, err := from.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	blob, err := t.s.files.store.Receive(ctx, storage.Incoming{Key: u.Key, Size: u.Size, Body: from.file})
	if err != nil {
		return err
	}
	file.UploadReceived.Fire(ctx, t.s.bus, t.s.fileEvent(u, intent))
	return t.s.files.books.Commit(ctx, intent, u, func(context.Context) (storage.Blob, error) { return blob, nil })
}

// aboutFile says which of the files of a form an error is about.
func aboutFile(name string, err error) error {
	var known *fault.Error
	if !errors.As(err, &known) {
		return err
	}
	e := *known
	e.Message = name + " was not kept. " + e.Message
	e.Fields = nil
	return &e
}

// fileNameIn is the name of a file as a browser tells it: some send a path.
func fileNameIn(said string) string {
	name := path.Base(strings.ReplaceAll(strings.ToValidUTF8(said, ""), `\`, "/"))
	name = engine.PlainName(name)
	if runes := []rune(name); len(runes) > engine.MaxFileName {
		name = string(runes[:engine.MaxFileName])
	}
	if name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}

// spoolDir is where files of forms are while their hash is not known, in the
// data directory.
const spoolDir = "spool"

// spool is a file on its way from a form to the store. Nothing of it stays,
// whatever happens.
type spool struct {
	file *os.File
	gone bool
	ref  storage.Ref
	size int64
	head []byte
}

func newSpool(dir string) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "form-")
	if err != nil {
		return nil, err
	}
	// Where an open file can lose its name, it does at once: a crash leaves nothing.
	return &spool{file: f, gone: os.Remove(f.Name()) == nil}, nil
}

func (s *spool) close() {
	_ = s.file.Close()
	if !s.gone {
		_ = os.Remove(s.file.Name())
	}
}

// fill reads a file to its end and finds out its hash; not more than most bytes,
// 0 being no bound.
func (s *spool) fill(from io.Reader, name string, most int64) (err error) {
	if most > 0 {
		from = io.LimitReader(from, most+1)
	}
	sum := sha256.New()
	buf := make([]byte, 256<<10)
	for err == nil {
		var n int
		n, err = from.Read(buf)
		if left := inspect.HeadBytes - len(s.head); left > 0 {
			s.head = append(s.head, buf[:min(n, left)]...)
		}
		sum.Write(buf[:n])
		s.size += int64(n)
		if _, full := s.file.Write(buf[:n]); full != nil {
			return noSpool(full)
		}
	}
	if !errors.Is(err, io.EOF) {
		return fault.Wrap(err, fault.Invalid, name+" did not come as a whole. Send it again.")
	}
	if most > 0 && s.size > most {
		return fault.Newf(fault.Oversized, "%s was not kept: it is larger than the %s a file may have.", name, ui.Bytes(most))
	}
	s.ref, err = storage.ParseRef("sha256:" + hex.EncodeToString(sum.Sum(nil)))
	return err
}

func noSpool(err error) error {
	return fault.Wrap(err, fault.DiskFull, "The server has no room to take files just now. Nothing of this one was kept; try again later.")
}
