package manifest

import "strings"

// Wasm is the module's file in a package.
const Wasm = "plugin.wasm"

// Fits compares the manifest with the files of its package, each a path and its
// SHA-256 in hex.
func (m *Manifest) Fits(files map[string]string) error {
	var f found
	sum, there := files[Wasm]
	switch {
	case m.Kind == Theme && there:
		f.add(Unlike, "/kind", "A theme has no %s: leave it out, or make it a plugin.", Wasm)
	case m.Runtime != nil && !there:
		f.add(Unlike, "/runtime/entry", "There is no %s in the package: build it first.", Wasm)
	case m.Runtime != nil && m.Runtime.SHA256 != "" && m.Runtime.SHA256 != sum:
		f.add(Unlike, "/runtime/sha256", "%s in the package has the SHA-256 %s. Make the package again with or3 plugin pack.", Wasm, sum)
	}
	icon := func(at, name string) {
		if _, there := files[name]; strings.HasPrefix(name, "assets/") && !there {
			f.add(Unlike, at, "There is no %s in the package.", quoted(name))
		}
	}
	icon("/icon", m.Icon)
	if m.Theme != nil {
		icon("/theme/logo", m.Theme.Logo)
	}
	for i, p := range m.Contributes.Pages {
		icon(pointer("contributes", "pages", i, "icon"), p.Icon)
	}
	for i, l := range m.Contributes.Nav {
		icon(pointer("contributes", "nav", i, "icon"), l.Icon)
	}
	return f.error()
}
