package archive

import "strings"

// The names of a package.
const (
	ManifestName  = "or3.manifest.json"
	WasmName      = "plugin.wasm"
	SignatureName = "SIGNATURE"
	AssetsFolder  = "assets"
	TextsFolder   = "i18n"
)

// checkNames judges all names, each alone and against the others.
func checkNames(entries []entry, limits Limits) error {
	seen := make(map[string]bool, len(entries)) // in lower case, without the slash of a folder → is a folder
	for i := range entries {
		e := &entries[i]
		if code := checkName(e.name, limits); code != "" {
			return refuse(code, e.name)
		}
		if code := e.checkKind(); code != "" {
			return refuse(code, e.name)
		}
		folded := strings.ToLower(strings.TrimSuffix(e.name, "/"))
		folder, there := seen[folded]
		if there && folder != e.folder {
			return refuse(FileAndFolder, e.name)
		} else if there {
			return refuse(Duplicate, e.name)
		}
		seen[folded] = e.folder
	}
	spelled := map[string]string{}
	for i := range entries {
		for at, name := 0, entries[i].name; ; {
			slash := strings.IndexByte(name[at:], '/')
			if slash < 0 {
				break
			}
			at += slash + 1
			above := name[:at-1]
			folded := strings.ToLower(above)
			if folder, there := seen[folded]; there && !folder {
				return refuse(FileAndFolder, name)
			}
			if before, there := spelled[folded]; there && before != above {
				return refuse(Duplicate, name) // two folders that one file system takes for one
			}
			spelled[folded] = above
		}
	}
	return nil
}

// findWrapper finds the manifest and so the folder that everything lies in: ""
// or a name ending in a slash.
func findWrapper(entries []entry) (string, error) {
	found, wrapper, placed := 0, "", false
	for i := range entries {
		folder, base := "", entries[i].name
		if slash := strings.LastIndexByte(base, '/'); slash >= 0 {
			folder, base = base[:slash+1], base[slash+1:]
		}
		if !strings.EqualFold(base, ManifestName) {
			continue
		}
		if found++; found > 1 {
			return "", refuse(ManifestTwice, "")
		}
		wrapper, placed = folder, base == ManifestName && strings.Count(folder, "/") <= 1
	}
	if !placed {
		return "", refuse(ManifestMissing, "")
	}
	for i := range entries {
		if !strings.HasPrefix(entries[i].name, wrapper) {
			return "", refuse(UnknownFile, entries[i].name)
		}
	}
	return wrapper, nil
}

// Belongs reports whether a file of this path may be in a package.
func Belongs(path string) bool { return checkPlace(path, false, DefaultLimits()) == "" }

// checkPlace judges where a path, the wrapping folder taken off, lies.
func checkPlace(path string, folder bool, limits Limits) Code {
	path = strings.TrimSuffix(path, "/")
	top, rest, below := strings.Cut(path, "/")
	switch {
	case 1+strings.Count(path, "/") > limits.Depth:
		return Depth
	case path == "" && folder: // the wrapping folder itself
		return ""
	case folder:
		if top == AssetsFolder || path == TextsFolder {
			return ""
		}
	case top == AssetsFolder && below:
		return ""
	case top == TextsFolder && below:
		if strings.HasSuffix(rest, ".json") && !strings.Contains(rest, "/") {
			return ""
		}
	default:
		switch path {
		case ManifestName, WasmName, SignatureName, "README.md", "CHANGELOG.md", "LICENSE":
			return ""
		}
	}
	return UnknownFile
}
