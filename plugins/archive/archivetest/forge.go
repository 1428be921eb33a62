// Package archivetest forges packages: good ones, and every kind of bad one
// that the gate of plugins/archive has a code for. It writes zips record by
// record, because no honest writer would.
package archivetest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// part is an entry and every lie that can be told about it.
type part struct {
	name    string
	content []byte

	stored     bool   // else deflated
	data       []byte // what stands in the zip instead of the packed content
	attrs      uint32 // 0 is a plain file made on Unix
	host       byte   // 0 is Unix
	flags      uint16
	needs      uint16 // 0 is 2.0
	extra      []byte // in both headers
	comment    string
	descriptor []byte // follows the data
	between    []byte // follows everything, and belongs to nothing
	alias      bool   // has no local header of its own but the part's before
	central    func(header []byte)
	local      func(header []byte)
}

// forgery is a whole zip and the lies about it.
type forgery struct {
	parts   []part
	prefix  []byte // before the first entry; offsets do not count it
	gap     []byte // between the central directory and the end record
	comment string
	suffix  []byte
	end     func(record []byte)
}

const (
	regular = 0o100644 << 16
	unix    = 3
)

var little = binary.LittleEndian

func (f forgery) bytes() []byte {
	var out, central bytes.Buffer
	at := 0
	for _, p := range f.parts {
		if !p.alias {
			at = out.Len()
			out.Write(p.localHeader())
			out.Write(p.packed())
			out.Write(p.descriptor)
			out.Write(p.between)
		}
		central.Write(p.centralHeader(at))
	}
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	little.PutUint16(end[8:], uint16(len(f.parts)))
	little.PutUint16(end[10:], uint16(len(f.parts)))
	little.PutUint32(end[12:], uint32(central.Len()))
	little.PutUint32(end[16:], uint32(out.Len()))
	little.PutUint16(end[20:], uint16(len(f.comment)))
	if f.end != nil {
		f.end(end)
	}
	return bytes.Join([][]byte{f.prefix, out.Bytes(), central.Bytes(), f.gap, end, []byte(f.comment), f.suffix}, nil)
}

// common are the fields that both headers have, from the version on.
func (p part) common() []byte {
	method := uint16(8)
	if p.stored {
		method = 0
	}
	needs := p.needs
	if needs == 0 {
		needs = 20
	}
	b := little.AppendUint16(nil, needs)
	b = little.AppendUint16(b, p.flags)
	b = little.AppendUint16(b, method)
	b = append(b, 0, 0, 0x21, 0) // 1980-01-01
	b = little.AppendUint32(b, crc32.ChecksumIEEE(p.content))
	b = little.AppendUint32(b, uint32(len(p.packed())))
	b = little.AppendUint32(b, uint32(len(p.content)))
	b = little.AppendUint16(b, uint16(len(p.name)))
	return little.AppendUint16(b, uint16(len(p.extra)))
}

func (p part) localHeader() []byte {
	b := append([]byte("PK\x03\x04"), p.common()...)
	b = append(append(b, p.name...), p.extra...)
	if p.local != nil {
		p.local(b)
	}
	return b
}

func (p part) centralHeader(at int) []byte {
	host, attrs := p.host, p.attrs
	if host == 0 {
		host = unix
	}
	if attrs == 0 {
		attrs = regular
	}
	b := append([]byte("PK\x01\x02"), 20, host)
	b = append(b, p.common()...)
	b = little.AppendUint16(b, uint16(len(p.comment)))
	b = append(b, 0, 0, 0, 0)
	b = little.AppendUint32(b, attrs)
	b = little.AppendUint32(b, uint32(at))
	b = append(append(append(b, p.name...), p.extra...), p.comment...)
	if p.central != nil {
		p.central(b)
	}
	return b
}

func (p part) packed() []byte {
	switch {
	case p.data != nil:
		return p.data
	case p.stored:
		return p.content
	}
	return deflated(p.content)
}

func deflated(content []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.DefaultCompression)
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}
