package archivetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"or3.cloud/or3/plugins/archive"
)

// Case is a hostile or broken package and the code it has to be refused with.
type Case struct {
	Name string
	Code archive.Code
	Zip  func() []byte
}

// Cases are all of them.
func Cases() []Case {
	return slices.Concat(nameCases(), kindCases(), structureCases(), recordCases(), sizeCases(), contentCases())
}

func sorted(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }

// adding is a good package with more in it.
func adding(parts ...part) func() []byte {
	return func() []byte { return forgery{parts: append(goodParts(), parts...)}.bytes() }
}

// first is a good package whose first entry is changed.
func first(change func(p *part)) func() []byte {
	return func() []byte {
		parts := goodParts()
		change(&parts[0])
		return forgery{parts: parts}.bytes()
	}
}

// whole is a good package with something wrong about the zip.
func whole(change func(f *forgery)) func() []byte {
	return func() []byte {
		f := forgery{parts: goodParts()}
		change(&f)
		return f.bytes()
	}
}

func nameCases() []Case {
	named := func(title, name string, code archive.Code) Case {
		return Case{title, code, adding(part{name: name, content: []byte("x")})}
	}
	cases := []Case{
		named("dot dot", "../evil.txt", archive.Traversal),
		named("dot dot below", "assets/../../evil.txt", archive.Traversal),
		named("dot dot at the end", "assets/..", archive.Traversal),
		named("three dots", "assets/.../x.txt", archive.Traversal),
		named("dots and a space", "assets/.. /x.txt", archive.Traversal),
		named("absolute", "/etc/cron.d/evil", archive.Absolute),
		named("drive", "C:/Windows/evil.txt", archive.Drive),
		named("drive with backslash", `C:\evil.txt`, archive.Drive),
		named("relative to a drive", "C:evil.txt", archive.Drive),
		named("share", `\\server\share\evil.txt`, archive.UNC),
		named("share with slashes", "//server/share/evil.txt", archive.UNC),
		named("backslash", `..\..\evil.txt`, archive.Backslash),
		named("backslash below", `assets\evil.txt`, archive.Backslash),
		named("NUL", "assets/x.txt\x00.png", archive.NUL),
		named("not UTF-8", "assets/\xff\xfe.txt", archive.NonASCII),
		named("right to left", "assets/\u202egnp.txt", archive.NonASCII),
		named("umlaut", "assets/ä.txt", archive.NonASCII),
		named("stream of NTFS", "assets/x.txt:evil", archive.Character),
		named("wildcard", "assets/*.txt", archive.Character),
		named("newline", "assets/a\nb.txt", archive.Character),
		named("space", "assets/a b.txt", archive.Character),
		named("no name", "", archive.EmptyName),
		named("two slashes", "assets//x.txt", archive.EmptyName),
		named("dot", "assets/./x.txt", archive.DotSegment),
		named("dot first", "./README.md", archive.DotSegment),
		named("hidden", ".git/config", archive.HiddenName),
		named("hidden below", "assets/.DS_Store", archive.HiddenName),
		named("dot last", "assets/x.txt.", archive.TrailingDot),
		named("space last", "assets/x.txt ", archive.TrailingDot),
		named("folder with dot last", "assets./x.txt", archive.TrailingDot),
		named("device", "assets/CON", archive.DeviceName),
		named("device with ending", "assets/aux.txt", archive.DeviceName),
		named("numbered device", "assets/Com1.tar", archive.DeviceName),
		named("twice", "README.md", archive.Duplicate),
		named("twice but for case", "readme.MD", archive.Duplicate),
		named("folder twice but for case", "Assets/x.txt", archive.Duplicate),
		named("file and folder", "README.md/x.txt", archive.FileAndFolder),
		named("file and folder but for case", "PLUGIN.WASM/x.txt", archive.FileAndFolder),
		named("name of 65535 bytes", "assets/"+strings.Repeat("x", 65528), archive.NameLength),
		named("depth 2000", strings.Repeat("a/", 2000)+"x", archive.NameLength),
		named("depth 9", "assets/"+strings.Repeat("a/", 7)+"x.txt", archive.Depth),
		named("depth 60", "assets/"+strings.Repeat("a/", 60)+"x.txt", archive.Depth),
	}
	return append(cases,
		Case{"folder under a file", archive.FileAndFolder, adding(folder("README.md/"))},
		Case{"folder twice", archive.Duplicate, adding(folder("assets/"), folder("ASSETS/"))})
}

func kindCases() []Case {
	typed := func(title string, attrs uint32, code archive.Code) Case {
		return Case{title, code, adding(part{name: "assets/x.txt", content: []byte("../../etc/passwd"), attrs: attrs})}
	}
	extra := func(title, bytes string, code archive.Code) Case {
		return Case{title, code, adding(part{name: "assets/x.txt", content: []byte("x"), extra: []byte(bytes)})}
	}
	return []Case{
		typed("symbolic link", 0o120777<<16, archive.Symlink),
		typed("reparse point", 0x400, archive.Symlink),
		{"symbolic link and a file through it", archive.Symlink, adding(
			part{name: "assets/out", content: []byte("/tmp"), attrs: 0o120777 << 16}, part{name: "assets/out/x.txt", content: []byte("x")})},
		{"symbolic link from another system", archive.Symlink, adding(part{name: "assets/x", content: []byte("/"), attrs: 0o120777 << 16, host: 10})},
		extra("symbolic link in extra data", "\x6e\x75\x0e\x00"+strings.Repeat("\x00", 14), archive.Symlink),
		extra("hard link", "\x0d\x00\x10\x00"+strings.Repeat("\x00", 12)+"/etc", archive.Hardlink),
		typed("character device", 0o020666<<16, archive.Device),
		typed("block device", 0o060666<<16, archive.Device),
		typed("device of DOS", 0x40, archive.Device),
		typed("pipe", 0o010644<<16, archive.FIFO),
		typed("socket", 0o140755<<16, archive.Socket),
		typed("setuid", 0o104755<<16, archive.Setuid),
		typed("setgid", 0o102755<<16, archive.Setuid),
		typed("sticky", 0o101755<<16, archive.Setuid),
		typed("volume label", 0x08, archive.FileType),
		typed("unknown type", 0o150644<<16, archive.FileType),
		typed("folder without a slash", 0o040755<<16, archive.Folder),
		{"folder with data", archive.Folder, adding(part{name: "assets/", content: []byte("hidden"), attrs: 0o040755 << 16, stored: true})},
		{"file with a slash", archive.Folder, adding(part{name: "assets/", stored: true, attrs: 0o100644 << 16})},
		extra("another name in extra data", "\x75\x70\x09\x00\x01\x00\x00\x00\x00evil", archive.Extra),
		extra("extra data cut short", "UT\x05", archive.Extra),
		extra("extra data longer than it is", "UT\xff\x00\x01", archive.Extra),
		extra("AES", "\x01\x99\x07\x00\x02\x00AE\x03\x08\x00", archive.Encrypted),
		extra("zip64 in extra data", "\x01\x00\x08\x00"+strings.Repeat("\x00", 8), archive.Zip64),
	}
}

func contentCases() []Case {
	with := func(title string, code archive.Code, name, content string) Case {
		return Case{title, code, func() []byte { return With(map[string]string{name: content}) }}
	}
	inner := string(Good())
	deep := map[string]string{"or3.manifest.json": "", "a/b/or3.manifest.json": Manifest}
	return []Case{
		{"nothing in it", archive.Empty, func() []byte { return forgery{}.bytes() }},
		with("no manifest", archive.ManifestMissing, "or3.manifest.json", ""),
		{"manifest too deep", archive.ManifestMissing, func() []byte { return With(deep) }},
		{"manifest in capitals", archive.ManifestMissing, func() []byte {
			return With(map[string]string{"or3.manifest.json": "", "OR3.manifest.json": Manifest})
		}},
		with("two manifests", archive.ManifestTwice, "assets/or3.manifest.json", Manifest),
		with("two manifests but for case", archive.ManifestTwice, "assets/Or3.Manifest.json", Manifest),
		with("unknown file", archive.UnknownFile, "main.go", "package main\n"),
		with("unknown folder", archive.UnknownFile, "src/main.go", "package main\n"),
		with("text that is no JSON", archive.UnknownFile, "i18n/de.txt", "x"),
		with("texts too deep", archive.UnknownFile, "i18n/de/at.json", "{}"),
		{"file beside the wrapping folder", archive.UnknownFile, func() []byte {
			return forgery{parts: []part{{name: "dusk/or3.manifest.json", content: []byte(Manifest)}, {name: "README.md", content: []byte("x")}}}.bytes()
		}},
		with("zip in it", archive.Nested, "assets/more.bin", inner),
		with("zip called a picture", archive.Nested, "assets/more.png", inner),
		with("zip behind a picture", archive.Nested, "assets/more.png", "\x89PNG\r\n\x1a\n"+inner),
		with("zip with comment behind a text", archive.Nested, "assets/more.txt", "hello"+string(forgery{parts: []part{{name: "a", stored: true}}, comment: "x"}.bytes())),
		with("gzip in it", archive.Nested, "assets/more.bin", "\x1f\x8b\x08\x00"),
		with("tar in it", archive.Nested, "assets/more.bin", "more"+strings.Repeat("\x00", 253)+"ustar\x0000"),
		with("page called a picture", archive.Polyglot, "assets/x.png", "<html><script>alert(1)</script>"),
		with("program called a text", archive.Polyglot, "assets/x.txt", "MZ\x90\x00"),
		with("text cut inside a character", archive.Polyglot, "assets/x.txt", "caf\xc3"),
		with("module that is none", archive.Polyglot, "plugin.wasm", "#!/bin/sh"),
		{"picture before the zip", archive.Prefix, func() []byte { return append([]byte("\x89PNG\r\n\x1a\n"), Good()...) }},
		{"page before the zip", archive.Prefix, whole(func(f *forgery) { f.prefix = []byte("<html><script>alert(1)</script>") })},
		{"picture alone", archive.NotZip, func() []byte { return []byte("\x89PNG\r\n\x1a\nand more than twenty-two bytes") }},
		{"no bytes", archive.NotZip, func() []byte { return nil }},
	}
}

func sizeCases() []Case {
	zeros := make([]byte, 8<<20)
	many := func(n int) func() []byte {
		return func() []byte {
			parts := goodParts()
			for i := range n {
				parts = append(parts, part{name: fmt.Sprintf("assets/%d.txt", i), stored: true})
			}
			return forgery{parts: parts}.bytes()
		}
	}
	return []Case{
		{"8 MiB of zeros", archive.Ratio, adding(part{name: "assets/x.bin", content: zeros})},
		{"1 MiB of zeros", archive.Ratio, adding(part{name: "assets/x.bin", content: zeros[:1<<20]})},
		{"2001 files", archive.TooManyFiles, many(2001 - 5)},
		{"65000 files", archive.TooManyFiles, many(65000)},
		{"more than 25 MiB", archive.Oversized, adding(part{name: "assets/x.bin", content: make([]byte, 26<<20), stored: true})},
		{"more than 200 MiB by its headers", archive.Unpacked, func() []byte {
			parts := goodParts()
			for i := range 5 {
				parts = append(parts, lying(fmt.Sprintf("assets/%d.bin", i), 50<<20, 600<<10))
			}
			return forgery{parts: parts}.bytes()
		}},
		{"module of more than 32 MiB", archive.WasmSize, func() []byte {
			parts := goodParts()
			parts[1] = lying("plugin.wasm", 33<<20, 400<<10)
			return forgery{parts: parts}.bytes()
		}},
		{"second module of more than 32 MiB", archive.WasmSize, adding(lying("assets/more.wasm", 33<<20, 400<<10))},
		{"manifest of 10 MiB", archive.ManifestSize, first(func(p *part) { p.content = []byte(strings.Repeat(" ", 10<<20)) })},
		{"signature of 2 MiB", archive.SignatureSize, adding(part{name: "SIGNATURE", content: []byte(strings.Repeat(" ", 2<<20))})},
		{"smaller than it is", archive.Size, adding(lying("assets/x.bin", 10, 100))},
		{"larger than it is", archive.Size, adding(part{name: "assets/x.bin", content: []byte("abc"), central: sized(4000), local: sizedLocally(4000)})},
		{"stored with two sizes", archive.Size, adding(part{name: "assets/x.bin", content: []byte("abc"), stored: true, central: sized(2), local: sizedLocally(2)})},
	}
}

// lying says a size other than that of what is in it, which cannot be packed.
func lying(name string, said, is int) part {
	content := noise(is)
	return part{name: name, content: content, data: deflated(content), central: sized(uint32(said)), local: sizedLocally(uint32(said))}
}

func sized(n uint32) func([]byte)        { return func(b []byte) { little.PutUint32(b[24:], n) } }
func sizedLocally(n uint32) func([]byte) { return func(b []byte) { little.PutUint32(b[22:], n) } }

// noise is always the same and cannot be packed.
func noise(n int) []byte {
	out, x := make([]byte, n), uint64(88172645463325252)
	for i := range out {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		out[i] = byte(x)
	}
	return out
}
