package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// partSize is how much text a part holds before it is packed.
const partSize = 4 << 20

// Made is a finished backup.
type Made struct {
	Manifest Manifest
	Path     string
	Bytes    int64
	SHA256   string // of the whole file
	// Unrecorded says why the audit log has no entry of it: a database that
	// cannot be written to can still be backed up.
	Unrecorded error
}

// Write makes a backup of a database, which others may go on writing to, and
// puts it at path when it is complete and on the disk. A file that is there
// already is replaced if it is a backup too.
func Write(ctx context.Context, d *db.DB, path string, o Options) (Made, error) {
	if err := mayReplace(path); err != nil {
		return Made{}, err
	}
	made := Made{Path: path}
	err := atomically(path, func(file *os.File) error {
		w := &writer{out: file, sum: sha256.New(), o: o}
		w.tar = tar.NewWriter(w)
		if err := w.all(ctx, d); err != nil {
			return err
		}
		made.Manifest, made.Bytes = w.manifest, w.n
		return nil
	}, func(path string) error { // what cannot be read back is no backup
		file, err := Open(ctx, path, o)
		if err != nil {
			return err
		}
		made.SHA256 = file.SHA256
		return file.Close()
	})
	if err != nil {
		return Made{}, cannotWrite(path, err)
	}
	made.Unrecorded = o.log(d).Record(ctx, audit.Entry{Action: ActBackup, TargetKind: "backup", TargetID: filepath.Base(path), Details: details{
		Rows: made.Manifest.Rows(), Bytes: made.Bytes, SHA256: made.SHA256, BackupAt: made.Manifest.CreatedAt,
	}})
	return made, nil
}

// cannotWrite adds what to do to an error of writing the file.
func cannotWrite(path string, err error) error {
	var f *fault.Error
	var place *os.PathError
	switch {
	case errors.As(err, &f) || errors.Is(err, context.Canceled):
		return err
	case isFull(err):
		return fault.Wrap(err, fault.DiskFull, fmt.Sprintf("There is not enough room for the backup %s. Make room or name another place; nothing was left behind.", path))
	case errors.As(err, &place):
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The backup %s cannot be written. Check that its directory exists and who may write there.", path))
	}
	return err
}

// writer writes the archive and hashes what it has written.
type writer struct {
	out      io.Writer
	sum      hash.Hash
	n        int64
	tar      *tar.Writer
	o        Options
	manifest Manifest
	rows     int64
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	w.sum.Write(p[:n])
	w.n += int64(n)
	return n, err
}

func (w *writer) all(ctx context.Context, d *db.DB) error {
	if err := w.entry(markName, []byte(mark(Format))); err != nil {
		return err
	}
	release, err := w.o.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	var list []held
	err = d.Snapshot(ctx, func(ctx context.Context, s *db.Snapshot) (err error) {
		w.manifest = newManifest(w.o, d, s)
		if len(s.Steps) == 0 {
			return fault.New(fault.Conflict, "The database is empty. Start the server once, or name the right directory with --data.")
		}
		for _, t := range s.Tables {
			if left(t.Name) {
				continue
			}
			if err := w.table(ctx, s, t); err != nil {
				return err
			}
		}
		list, err = books(ctx, s)
		return err
	})
	if err == nil {
		err = w.files(ctx, list)
	}
	if err != nil {
		return err
	}
	release()
	text, err := w.manifest.encode()
	if err != nil {
		return err
	}
	if err := w.entry(manifestName, text); err != nil {
		return err
	}
	if err := w.tar.Flush(); err != nil {
		return err
	}
	end, err := seal(w.sum.Sum(nil))
	if err != nil {
		return err
	}
	_, err = w.Write(end)
	return err
}

// table writes one table in parts.
func (w *writer) table(ctx context.Context, s *db.Snapshot, t db.TableInfo) error {
	table := Table{Name: t.Name, Columns: t.Columns, Parts: []Part{}}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	var rows int64
	flush := func() error {
		if rows == 0 {
			return nil
		}
		part, err := w.part(fmt.Sprintf("tables/%s/%06d.jsonl.gz", t.Name, len(table.Parts)+1), text.Bytes())
		part.Rows = rows
		table.Parts, table.Rows = append(table.Parts, part), table.Rows+rows
		w.rows += rows
		rows = 0
		text.Reset()
		w.o.tell("writing "+t.Name, w.rows, 0)
		return err
	}
	err := s.Rows(ctx, t, func(row []any) error {
		rows++
		if err := encodeRow(lines, row); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		if text.Len() < partSize {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	w.manifest.Tables = append(w.manifest.Tables, table)
	return err
}

// part packs a text and writes it as one file of the archive.
func (w *writer) part(name string, text []byte) (Part, error) {
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return Part{}, err
	}
	sum := sha256.Sum256(packed.Bytes())
	return Part{Name: name, Bytes: int64(packed.Len()), SHA256: hex.EncodeToString(sum[:])}, w.entry(name, packed.Bytes())
}

func (w *writer) entry(name string, content []byte) error { return entry(w.tar, name, content) }

// entry writes one file of the archive. Its head has nothing that varies.
func entry(w *tar.Writer, name string, content []byte) error {
	head := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
	if err := w.WriteHeader(head); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

// mark opens every backup, so that a later program's is told from a broken one.
func mark(format int) string { return fmt.Sprintf("or3 backup, format %d\n", format) }

// seal is how an archive ends: the sum of all that comes before, and the end
// of a tar. It is the same for every program that writes this format.
func seal(sum []byte) ([]byte, error) {
	var end bytes.Buffer
	w := tar.NewWriter(&end)
	if err := entry(w, sealName, []byte(hex.EncodeToString(sum)+"\n")); err != nil {
		return nil, err
	}
	err := w.Close()
	return end.Bytes(), err
}
