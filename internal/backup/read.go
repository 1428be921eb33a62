package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// largestEntry is more than any file of the archive may hold.
const largestEntry = 64 << 20

// File is a backup that was read once from beginning to end and found whole.
// Close it.
type File struct {
	Path     string
	Manifest Manifest
	Bytes    int64
	SHA256   string // of the whole file

	file *os.File
	body int64 // bytes before the seal
}

// Open reads a backup and holds every byte against its seal and its manifest.
// A file that is torn, altered, newer than this program or something else is
// refused with words that say which.
func Open(ctx context.Context, path string, o Options) (_ *File, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.NotFound, fmt.Sprintf("There is no file %s. Check its name.", path))
	} else if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The file %s cannot be read.", path))
	}
	f := &File{Path: path, file: file}
	defer func() {
		if err != nil {
			_ = file.Close()
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Newf(fault.Invalid, "%s is not a file.", path)
	}
	f.Bytes = info.Size()
	if err := f.readMark(); err != nil {
		return nil, err
	}
	sealed, err := f.readSeal(ctx, o)
	if err != nil {
		return nil, err
	}
	seen, err := f.readParts(ctx, o)
	if err != nil {
		return nil, f.damaged(err.Error())
	}
	if !sealed {
		return nil, f.damaged("bytes between its parts are not those that were written")
	}
	if err := f.compare(seen); err != nil {
		return nil, f.damaged(err.Error())
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

func (f *File) damaged(how string) error {
	return fault.Newf(fault.Invalid, "The backup %s is damaged: %s. Nothing was changed. Fetch the file again, or take another backup.", f.Path, how)
}

// readMark tells a backup from anything else, and its format.
func (f *File) readMark() error {
	head := make([]byte, 1024)
	n, err := f.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The file %s cannot be read.", f.Path))
	}
	if !strings.HasPrefix(string(head[:n]), markName+"\x00") {
		return fault.Newf(fault.Invalid, "The file %s is not a backup made by or3 backup.", f.Path)
	}
	if n < len(head) {
		return f.damaged(fmt.Sprintf("it is cut off after %d bytes", f.Bytes))
	}
	var format int
	if _, err := fmt.Sscanf(string(head[512:]), "or3 backup, format %d\n", &format); err != nil {
		return f.damaged("its first part is not what was written")
	}
	if format > Format {
		return fault.Newf(fault.Unsupported, "The backup %s has format %d, which is newer than this program. Restore it with the version of or3 that made it, or a newer one.", f.Path, format)
	}
	return nil
}

// readSeal hashes the file and tells whether its end is the seal of the rest.
// A file without one at its end was cut off.
func (f *File) readSeal(ctx context.Context, o Options) (bool, error) {
	blank, err := seal(make([]byte, sha256.Size))
	if err != nil {
		return false, err
	}
	f.body = f.Bytes - int64(len(blank))
	body, whole := sha256.New(), sha256.New()
	if f.body < 0 {
		return false, f.damaged(fmt.Sprintf("it is cut off after %d bytes", f.Bytes))
	}
	buffer := make([]byte, 1<<20)
	for at := int64(0); at < f.body; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := f.file.ReadAt(buffer[:min(int64(len(buffer)), f.body-at)], at)
		if n == 0 && err != nil {
			return false, fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The file %s cannot be read to its end.", f.Path))
		}
		body.Write(buffer[:n])
		whole.Write(buffer[:n])
		at += int64(n)
		o.tell("checking the backup", at, f.Bytes)
	}
	end := make([]byte, len(blank))
	if _, err := f.file.ReadAt(end, f.body); err != nil {
		return false, fault.Wrap(err, fault.Unavailable, fmt.Sprintf("The file %s cannot be read to its end.", f.Path))
	}
	whole.Write(end)
	f.SHA256 = hex.EncodeToString(whole.Sum(nil))
	if !bytes.Equal(end[:len(sealName)+1], blank[:len(sealName)+1]) {
		return false, f.damaged(fmt.Sprintf("it has no seal at its end, so it is cut off or altered there (it has %d bytes)", f.Bytes))
	}
	want, err := seal(body.Sum(nil))
	return bytes.Equal(end, want), err
}

// entries calls part with each file before the seal, and bytes with each that
// holds the bytes of a person's file; either may be nil.
func (f *File) entries(ctx context.Context, part func(name string, content []byte) error, bytes func(key storage.Key, size int64, body io.Reader) error) error {
	archive := tar.NewReader(io.NewSectionReader(f.file, 0, f.body))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		head, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the head of a part cannot be read (%w)", err)
		}
		if strings.HasPrefix(head.Name, filesPrefix) {
			key, err := keyOf(head.Name)
			if err == nil && bytes != nil {
				err = bytes(key, head.Size, archive)
			}
			if err != nil {
				return err
			}
			continue
		}
		if part == nil {
			continue
		}
		if head.Size > largestEntry {
			return fmt.Errorf("the part %s is too large", head.Name)
		}
		content := make([]byte, head.Size)
		if _, err := io.ReadFull(archive, content); err != nil {
			return fmt.Errorf("the part %s is cut off", head.Name)
		}
		if err := part(head.Name, content); err != nil {
			return err
		}
	}
}

// readParts hashes every part, and reads the manifest, which comes last.
func (f *File) readParts(ctx context.Context, o Options) (seen []Part, err error) {
	found, carried := false, int64(0)
	err = f.entries(ctx, func(name string, content []byte) error {
		switch {
		case found:
			return fmt.Errorf("the part %s comes after the manifest", name)
		case name == markName:
			return nil
		case name == manifestName:
			found = true
			if err := json.Unmarshal(content, &f.Manifest); err != nil {
				return errors.New("its manifest cannot be read")
			}
			return nil
		}
		sum := sha256.Sum256(content)
		seen = append(seen, Part{Name: name, Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])})
		return nil
	}, func(key storage.Key, _ int64, _ io.Reader) error {
		if found {
			return fmt.Errorf("the file %s comes after the manifest", key.Ref)
		}
		carried++
		return nil
	})
	if err == nil && !found {
		err = errors.New("its manifest is missing")
	}
	if files := f.Manifest.Files; err == nil && files != nil && files.Carried && carried != files.Count-files.absent() {
		err = fmt.Errorf("it has the bytes of %d files instead of %d", carried, files.Count-files.absent())
	}
	return seen, err
}

// compare holds the parts against the manifest.
func (f *File) compare(seen []Part) error {
	for _, t := range f.Manifest.Tables {
		var rows int64
		for _, p := range t.Parts {
			rows += p.Rows
			i := slices.IndexFunc(seen, func(s Part) bool { return s.Name == p.Name })
			if i < 0 {
				return fmt.Errorf("the part %s is missing", p.Name)
			}
			if seen[i].Bytes != p.Bytes || seen[i].SHA256 != p.SHA256 {
				return fmt.Errorf("the part %s is not the one that was written", p.Name)
			}
			seen = slices.Delete(seen, i, i+1)
		}
		if rows != t.Rows {
			return fmt.Errorf("the rows of %s do not add up", t.Name)
		}
	}
	if len(seen) > 0 {
		return fmt.Errorf("the part %s is not in its manifest", seen[0].Name)
	}
	return nil
}

// rows calls fn with the content of each part of a table, in the order of the
// file, having held it against the manifest again.
func (f *File) rows(ctx context.Context, fn func(t Table, p Part, content []byte) error) error {
	type place struct {
		table Table
		part  Part
	}
	places := map[string]place{}
	for _, t := range f.Manifest.Tables {
		for _, p := range t.Parts {
			places[p.Name] = place{t, p}
		}
	}
	return f.entries(ctx, func(name string, content []byte) error {
		at, ok := places[name]
		if !ok {
			return nil
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != at.part.SHA256 {
			return f.damaged("the part " + name + " changed while it was read")
		}
		return fn(at.table, at.part, content)
	}, nil)
}
