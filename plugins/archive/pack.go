package archive

import (
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Pack writes a package of the files in a folder: those that a package has, and
// everything in assets/ and i18n/; whatever else lies there, such as the
// plugin's source, is left out. Equal files make equal bytes, whatever their
// times, modes and order. It packs and does not judge: Open does.
func Pack(w io.Writer, folder fs.FS) error {
	names, err := packed(folder)
	if err != nil {
		return err
	}
	return pack(w, names, func(name string) ([]byte, error) { return fs.ReadFile(folder, name) })
}

// PackFiles does the same with files in memory, all of them.
func PackFiles(w io.Writer, files map[string][]byte) error {
	return pack(w, slices.Sorted(maps.Keys(files)), func(name string) ([]byte, error) { return files[name], nil })
}

func pack(w io.Writer, names []string, read func(name string) ([]byte, error)) error {
	out := &packer{to: w}
	for _, name := range names {
		content, err := read(name)
		if err != nil {
			return err
		}
		if err := out.add(name, content); err != nil {
			return err
		}
	}
	return out.finish()
}

// packed lists what goes into the package, sorted as bytes.
func packed(files fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		top, _, below := strings.Cut(path, "/")
		if top != AssetsFolder && top != TextsFolder && (below || d.IsDir() || checkPlace(path, false, DefaultLimits()) != "") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a plain file: a package holds plain files only", path)
		}
		names = append(names, path)
		return nil
	})
	slices.Sort(names)
	return names, err
}

// packer writes a zip that has nothing in it but what a zip must have.
type packer struct {
	to      io.Writer
	at      int
	central bytes.Buffer
	count   int
}

const (
	packedDate    = 0x0021 // the first of January 1980, the earliest day of a zip
	packedVersion = 20
	packedHost    = 3 // Unix, so that whoever unpacks it gets plain files
)

func (p *packer) add(name string, content []byte) error {
	method, data := uint16(methodStore), content
	if small := deflate(content); len(small) < len(content) {
		method, data = methodDeflate, small
	}
	if len(content) >= 0xffffffff || p.at >= 0xffffffff || len(name) > 0xffff || p.count == 0xffff-1 {
		return fmt.Errorf("%s does not fit into a package", name)
	}
	common := little.AppendUint16(nil, packedVersion)
	common = little.AppendUint16(common, 0) // flags
	common = little.AppendUint16(common, method)
	common = little.AppendUint16(common, 0) // time
	common = little.AppendUint16(common, packedDate)
	common = little.AppendUint32(common, crc32.ChecksumIEEE(content))
	common = little.AppendUint32(common, uint32(len(data)))
	common = little.AppendUint32(common, uint32(len(content)))
	common = little.AppendUint16(common, uint16(len(name)))
	common = little.AppendUint16(common, 0) // extra data

	p.central.WriteString(centralMark)
	p.central.Write([]byte{packedVersion, packedHost})
	p.central.Write(common)
	p.central.Write(make([]byte, 2+2+2)) // comment, disk, kind of text
	attrs := little.AppendUint32(nil, (unixRegular|uint32(fileMode))<<16)
	p.central.Write(little.AppendUint32(attrs, uint32(p.at)))
	p.central.WriteString(name)
	p.count++
	return p.write([]byte(localMark), common, []byte(name), data)
}

func (p *packer) finish() error {
	tail := append([]byte(endMark), 0, 0, 0, 0)
	tail = little.AppendUint16(tail, uint16(p.count))
	tail = little.AppendUint16(tail, uint16(p.count))
	tail = little.AppendUint32(tail, uint32(p.central.Len()))
	tail = little.AppendUint32(tail, uint32(p.at))
	return p.write(p.central.Bytes(), append(tail, 0, 0))
}

func (p *packer) write(parts ...[]byte) error {
	for _, part := range parts {
		n, err := p.to.Write(part)
		p.at += n
		if err != nil {
			return err
		}
	}
	return nil
}

func deflate(content []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return content
	}
	_, _ = w.Write(content) // into memory
	_ = w.Close()
	return out.Bytes()
}
