package archivetest

import (
	"bytes"
	"strings"

	"or3.cloud/or3/plugins/archive"
)

func structureCases() []Case {
	text := []byte("a text that is deflated, a text that is deflated")
	return []Case{
		{"bytes before the zip", archive.Prefix, whole(func(f *forgery) { f.prefix = []byte("#!/bin/sh\n") })},
		{"bytes before the zip that offsets count", archive.Prefix, func() []byte {
			b := append(make([]byte, 100), Good()...)
			return shift(b, 100)
		}},
		{"two zips in a row", archive.Prefix, func() []byte { return append(Good(), Good()...) }},
		{"two zips in a row that offsets count", archive.Prefix, func() []byte {
			front := Good()
			return shift(append(front, Good()...), uint32(len(front)))
		}},
		{"bytes behind the zip", archive.Trailing, whole(func(f *forgery) { f.suffix = []byte("more") })},
		{"64 KiB behind the zip", archive.Trailing, whole(func(f *forgery) { f.suffix = make([]byte, 60<<10) })},
		{"bytes between files", archive.Gap, first(func(p *part) { p.between = []byte("hidden") })},
		{"bytes before the central directory", archive.Gap, adding(part{name: "assets/x.txt", content: text, between: []byte("hidden")})},
		{"bytes behind the central directory", archive.Gap, whole(func(f *forgery) { f.gap = []byte("hidden") })},
		{"a file that the central directory leaves out", archive.Gap, func() []byte {
			secret := part{name: "assets/x.txt", content: text}
			parts := goodParts()
			parts[1].between = append(secret.localHeader(), secret.packed()...)
			return forgery{parts: parts}.bytes()
		}},
		{"bytes behind deflated data", archive.Gap, adding(part{name: "assets/x.txt", content: text, data: append(deflated(text), "hidden"...)})},
		{"overlapping files", archive.Overlap, overlapping},
		{"two names for one file", archive.Overlap, adding(part{name: "assets/x.txt", content: text}, part{name: "assets/y.txt", content: text, alias: true})},
		{"data that runs into the next file", archive.Overlap, first(func(p *part) {
			p.central = func(b []byte) { little.PutUint32(b[20:], little.Uint32(b[20:])+20) }
			p.local = func(b []byte) { little.PutUint32(b[18:], little.Uint32(b[18:])+20) }
		})},
		{"data that runs into the central directory", archive.Overlap, adding(part{name: "assets/x.txt", content: text,
			central: func(b []byte) { little.PutUint32(b[20:], 1<<20) }, local: func(b []byte) { little.PutUint32(b[18:], 1<<20) }})},
		{"another local name", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[30] = 'x' } })},
		{"another length of the local name", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[26]-- } })},
		{"another local size", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[22]++ } })},
		{"another local packed size", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[18]++ } })},
		{"another local check sum", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[14]++ } })},
		{"another local method", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[8] = 0 } })},
		{"other local flags", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[6] |= 2 } })},
		{"no local header", archive.Mismatch, first(func(p *part) { p.local = func(b []byte) { b[0] = 'p' } })},
		{"another check sum in the descriptor", archive.Mismatch, first(func(p *part) {
			p.flags, p.descriptor = 8, descriptor(*p, true)
			p.descriptor[5]++
		})},
		{"no mark on the descriptor", archive.Mismatch, first(func(p *part) {
			p.flags, p.descriptor = 8, descriptor(*p, true)
			p.descriptor[0]++
		})},
		{"descriptor missing", archive.Overlap, first(func(p *part) { p.flags = 8 })},
		{"descriptor too long", archive.Gap, first(func(p *part) { p.flags, p.descriptor = 8, append(descriptor(*p, true), 0) })},
		{"end cut off", archive.Truncated, func() []byte { b := Good(); return b[:len(b)-1] }},
		{"half of it", archive.Truncated, func() []byte { b := Good(); return b[:len(b)/2] }},
		{"damaged text", archive.CRC, adding(part{name: "assets/x.txt", content: text, central: summed, local: summedLocally})},
		{"damaged deflate", archive.Data, adding(part{name: "assets/x.txt", content: text, data: bytes.Repeat([]byte{0xff}, 30)})},
		{"deflate that ends too soon", archive.Data, adding(part{name: "assets/x.txt", content: text, data: deflated(text)[:20]})},
	}
}

func summed(b []byte)        { b[16]++ }
func summedLocally(b []byte) { b[14]++ }

func recordCases() []Case {
	end := func(title string, code archive.Code, change func(b []byte)) Case {
		return Case{title, code, whole(func(f *forgery) { f.end = change })}
	}
	central := func(title string, code archive.Code, change func(b []byte)) Case {
		return Case{title, code, first(func(p *part) { p.central = change })}
	}
	both := func(title string, code archive.Code, change func(p *part)) Case {
		return Case{title, code, first(change)}
	}
	return []Case{
		end("count of 0", archive.Count, func(b []byte) { clear(b[8:12]) }),
		end("count of 1", archive.Count, func(b []byte) { b[8], b[10] = 1, 1 }),
		end("count of one too many", archive.Count, func(b []byte) { b[8]++; b[10]++ }),
		end("two counts", archive.Count, func(b []byte) { b[8]-- }),
		end("central directory beyond the file", archive.CentralDirectory, func(b []byte) { little.PutUint32(b[16:], 1<<30) }),
		end("central directory too long", archive.CentralDirectory, func(b []byte) { b[12]++ }),
		end("central directory of 1 GiB", archive.CentralDirectory, func(b []byte) { little.PutUint32(b[12:], 1<<30) }),
		central("no mark in the central directory", archive.CentralDirectory, func(b []byte) { b[1] = 'k' }),
		central("name beyond the central directory", archive.CentralDirectory, func(b []byte) { little.PutUint16(b[28:], 0xfff0) }),
		{"comment of the zip", archive.Comment, whole(func(f *forgery) { f.comment = "hello" })},
		{"comment of a file", archive.Comment, first(func(p *part) { p.comment = "hello" })},
		{"end record in a comment", archive.Comment, func() []byte {
			return forgery{parts: goodParts(), comment: string(forgery{parts: goodParts()[:1]}.bytes())}.bytes()
		}},
		{"end record in a comment that offsets count", archive.Comment, func() []byte {
			inner := Good()
			outer := forgery{parts: goodParts(), comment: string(inner)}.bytes()
			return shift(outer, uint32(len(outer)-len(inner)))
		}},
		{"locator of zip64", archive.Zip64, whole(func(f *forgery) { f.gap = append([]byte("PK\x06\x07"), make([]byte, 16)...) })},
		end("count for zip64", archive.Zip64, func(b []byte) { copy(b[8:], "\xff\xff\xff\xff") }),
		end("offset for zip64", archive.Zip64, func(b []byte) { copy(b[16:], "\xff\xff\xff\xff") }),
		central("size for zip64", archive.Zip64, func(b []byte) { copy(b[24:], "\xff\xff\xff\xff") }),
		end("second of two disks", archive.Split, func(b []byte) { b[4] = 1 }),
		central("file on the second disk", archive.Split, func(b []byte) { b[34] = 1 }),
		both("encrypted", archive.Encrypted, func(p *part) { p.flags = 1 }),
		both("strongly encrypted", archive.Encrypted, func(p *part) { p.flags = 1 << 6 }),
		both("masked headers", archive.Encrypted, func(p *part) { p.flags = 1 << 13 }),
		both("patch data", archive.Flags, func(p *part) { p.flags = 1 << 5 }),
		both("from the future", archive.Flags, func(p *part) { p.needs = 63 }),
		both("method 99", archive.Method, func(p *part) {
			p.central = func(b []byte) { b[10] = 99 }
			p.local = func(b []byte) { b[8] = 99 }
		}),
		both("bzip2", archive.Method, func(p *part) {
			p.central = func(b []byte) { b[10] = 12 }
			p.local = func(b []byte) { b[8] = 12 }
		}),
	}
}

// shift moves all offsets of the zip at the end of b.
func shift(b []byte, by uint32) []byte {
	end := len(b) - 22
	start := int(little.Uint32(b[end+16:]))
	length := int(little.Uint32(b[end+12:]))
	little.PutUint32(b[end+16:], uint32(start)+by)
	dir := b[start+int(by):][:length]
	for len(dir) > 0 {
		little.PutUint32(dir[42:], little.Uint32(dir[42:])+by)
		dir = dir[46+int(little.Uint16(dir[28:]))+int(little.Uint16(dir[30:]))+int(little.Uint16(dir[32:])):]
	}
	return b
}

// overlapping is a bomb of a few files that share one deflated kernel: each
// file's data are the next local header, quoted, and all that follows.
func overlapping() []byte {
	parts := goodParts()
	kernel := part{name: "assets/z.txt", content: []byte(strings.Repeat("z", 60<<10))}
	inner := append(kernel.localHeader(), kernel.packed()...)
	outer := part{name: "assets/y.txt", content: inner, stored: true}
	parts = append(parts, outer, kernel)
	f := forgery{parts: parts}
	b := f.bytes()
	// The kernel's own copy is cut out; its entry points into the one inside the outer file.
	at := bytes.LastIndex(b, inner)
	b = append(b[:at:at], b[at+len(inner):]...)
	end := len(b) - 22
	start := little.Uint32(b[end+16:]) - uint32(len(inner))
	little.PutUint32(b[end+16:], start)
	last := bytes.LastIndex(b, []byte("PK\x01\x02"))
	little.PutUint32(b[last+42:], start-uint32(len(inner)))
	return b
}
