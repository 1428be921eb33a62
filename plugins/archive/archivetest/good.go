package archivetest

import "maps"

// Wasm is the smallest module there is: it does nothing.
const Wasm = "\x00asm\x01\x00\x00\x00"

// Manifest is the manifest of Good; the gate does not read it.
const Manifest = `{"schema":1,"kind":"theme","id":"kestrel.dusk","name":"Dusk","version":"1.0.0","api":"1"}`

// Files is a small package that has a file of every kind.
func Files() map[string]string {
	return map[string]string{
		"or3.manifest.json": Manifest,
		"plugin.wasm":       Wasm,
		"README.md":         "# Dusk\n\nColours for the evening — soft ones.\n",
		"i18n/de.json":      `{"dusk":"Dämmerung"}`,
		"assets/dusk.svg":   `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>`,
	}
}

// Good is a zip of Files as a careful person would make it.
func Good() []byte { return forgery{parts: goodParts()}.bytes() }

// Wrapped is Good in one folder, made by a program that writes folders too.
func Wrapped() []byte {
	parts := []part{folder("dusk/"), folder("dusk/assets/"), folder("dusk/i18n/")}
	for _, p := range goodParts() {
		p.name = "dusk/" + p.name
		parts = append(parts, p)
	}
	return forgery{parts: parts}.bytes()
}

// Streamed is Good as a program makes it that does not know sizes beforehand:
// headers of zeros, descriptors behind the data, and times as extra data.
func Streamed() []byte {
	parts := goodParts()
	for i := range parts {
		p := &parts[i]
		p.flags, p.extra = 8, []byte("UT\x05\x00\x01\x00\x00\x00\x00")
		p.descriptor = descriptor(*p, i%2 == 0)
		p.local = func(b []byte) { clear(b[14:26]) }
	}
	return forgery{parts: parts}.bytes()
}

// descriptor says again what the central directory says, with a mark or without.
func descriptor(p part, marked bool) []byte {
	b := p.common()[10:22]
	if marked {
		b = append([]byte("PK\x07\x08"), b...)
	}
	return b
}

func goodParts() []part {
	files := Files()
	var parts []part
	for _, name := range []string{"or3.manifest.json", "plugin.wasm", "README.md", "i18n/de.json", "assets/dusk.svg"} {
		parts = append(parts, part{name: name, content: []byte(files[name]), stored: name == "plugin.wasm"})
	}
	return parts
}

func folder(name string) part {
	return part{name: name, stored: true, attrs: 0o040755<<16 | 0x10}
}

// With is a zip of Files and more, stored. A file that is given replaces one of
// its name; an empty one is taken out.
func With(more map[string]string) []byte {
	files := Files()
	maps.Copy(files, more)
	var parts []part
	for _, name := range sorted(files) {
		if files[name] != "" {
			parts = append(parts, part{name: name, content: []byte(files[name]), stored: true})
		}
	}
	return forgery{parts: parts}.bytes()
}
