// Package archive is the gate that a plugin package passes before anything else
// looks at it. It reads the zip with a parser of its own, so that there is one
// reading of it and no other program's: whatever two parsers could understand
// differently is refused, and nothing is ever repaired. What passes is a list of
// plain files with their hashes, and is written out in one step or not at all.
package archive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// File is a file of a package.
type File struct {
	Path   string // from the package's top, with slashes
	Size   int64
	SHA256 [sha256.Size]byte
}

// Hex is the file's hash as signatures and manifests write it.
func (f File) Hex() string { return hex.EncodeToString(f.SHA256[:]) }

// Archive is a package that has passed the gate. It reads from where it was
// opened; that has to stay until the archive is no longer used.
type Archive struct {
	ra      io.ReaderAt
	size    int64
	sum     [sha256.Size]byte
	members []member // sorted by path
}

// Open judges a zip of so many bytes. Every file is unpacked once, into nothing,
// to count and hash it. The error is an *Error unless reading itself failed.
func Open(ra io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	if size > limits.Zip {
		return nil, refuse(Oversized, "")
	}
	e, err := readEnd(ra, size)
	if err != nil {
		return nil, err
	}
	entries, err := readCentral(ra, size, e, limits)
	if err != nil {
		return nil, err
	}
	if err := checkNames(entries, limits); err != nil {
		return nil, err
	}
	if err := checkLocal(ra, entries, e.directory); err != nil {
		return nil, err
	}
	members, err := arrange(entries, limits)
	if err != nil {
		return nil, err
	}
	if err := checkSizes(members, limits); err != nil {
		return nil, err
	}
	a := &Archive{ra: ra, size: size, members: members}
	if err := a.weigh(); err != nil {
		return nil, err
	}
	return a, nil
}

// arrange makes members of the entries that are files.
func arrange(entries []entry, limits Limits) ([]member, error) {
	wrapper, err := findWrapper(entries)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, e := range entries {
		path := strings.TrimPrefix(e.name, wrapper)
		if code := checkPlace(path, e.folder, limits); code != "" {
			return nil, refuse(code, e.name)
		}
		if !e.folder {
			members = append(members, member{entry: e, File: File{Path: path, Size: e.size}})
		}
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.Path, b.Path) })
	return members, nil
}

// weigh unpacks everything once and hashes it, then the zip as it is.
func (a *Archive) weigh() error {
	for i := range a.members {
		m := &a.members[i]
		look := newSniffer(m.Path)
		sum, err := m.copyTo(look, a.ra)
		if err != nil {
			return err
		}
		if code := look.verdict(); code != "" {
			return refuse(code, m.name)
		}
		m.SHA256 = sum
	}
	whole := sha256.New()
	if _, err := io.Copy(whole, io.NewSectionReader(a.ra, 0, a.size)); err != nil {
		return fmt.Errorf("reading the package: %w", err)
	}
	a.sum = [sha256.Size]byte(whole.Sum(nil))
	return nil
}

// Files are the files of the package, sorted by path. Each call makes a new list.
func (a *Archive) Files() []File {
	files := make([]File, len(a.members))
	for i, m := range a.members {
		files[i] = m.File
	}
	return files
}

// Sums are the files' hashes in hex, as signatures and manifests want them.
func (a *Archive) Sums() map[string]string {
	sums := make(map[string]string, len(a.members))
	for _, m := range a.members {
		sums[m.Path] = m.Hex()
	}
	return sums
}

// SHA256 is the hash of the zip itself: what an owner agrees to.
func (a *Archive) SHA256() [sha256.Size]byte { return a.sum }

// Size is the number of bytes of the zip.
func (a *Archive) Size() int64 { return a.size }

// Read gives a file's bytes, the same that Open has judged. A path that is not
// in the package is fs.ErrNotExist.
func (a *Archive) Read(path string) ([]byte, error) {
	i, found := slices.BinarySearchFunc(a.members, path, func(m member, p string) int { return cmp.Compare(m.Path, p) })
	if !found {
		return nil, fmt.Errorf("%s in the package: %w", path, fs.ErrNotExist)
	}
	var out bytes.Buffer
	out.Grow(int(a.members[i].size))
	if err := a.write(&out, i); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// write unpacks a member again and makes sure that it is still what was judged.
func (a *Archive) write(w io.Writer, i int) error {
	m := &a.members[i]
	sum, err := m.copyTo(w, a.ra)
	if err == nil && sum != m.SHA256 {
		err = fmt.Errorf("%s has changed in the package since it was checked", m.Path)
	}
	return err
}
