// Package scaffold makes the folder a new plugin begins with. It works at once:
// what it is written with lies in it as source, so that nothing of ours has to be
// fetched.
package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

//go:embed all:go all:assemblyscript all:theme
var templates embed.FS

// SDK is where the SDK lies in the folder.
const SDK = ".or3/or3"

// Languages that a plugin can begin in.
func Languages() []string { return []string{"go", "assemblyscript"} }

var idForm = regexp.MustCompile(`^[a-z0-9](?:\.?[a-z0-9_-])*?\.?[a-z0-9]$`)

// CheckID says what is wrong with an id, which is also the name of the folder.
func CheckID(id string) error {
	if len(id) > 64 || !idForm.MatchString(id) {
		return fault.Newf(fault.Invalid, "%q cannot be the id of a plugin: take 2 to 64 of a-z, 0-9, dot, - and _, with a letter or digit at both ends, as in kestrel.tides.", id)
	}
	return nil
}

// Files gives the files of a new plugin by their paths, with slashes.
func Files(id, language string) (map[string][]byte, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	if !slices.Contains(Languages(), language) {
		return nil, fault.Newf(fault.Invalid, "There is no template for %q; there are %s.", language, strings.Join(Languages(), ", "))
	}
	files := map[string][]byte{}
	if err := fill(files, language, id); err != nil || language != "go" {
		return files, err
	}
	for name, source := range map[string]fs.FS{"host": host.Source(), "sdk": sdk.Source()} {
		if err := add(files, path.Join(SDK, "plugins", name), source); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Theme gives the files of a new theme.
func Theme(id string) (map[string][]byte, error) {
	if err := CheckID(id); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	return files, fill(files, "theme", id)
}

// fill writes the templates of a language, or of a theme, out. One that ends in .tmpl gets the
// plugin's names.
func fill(files map[string][]byte, language, id string) error {
	return fs.WalkDir(templates, language, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := templates.ReadFile(at)
		if err != nil {
			return err
		}
		to, filled := strings.CutSuffix(strings.TrimPrefix(at, language+"/"), ".tmpl")
		if !filled {
			files[to] = text
			return nil
		}
		t, err := template.New(at).Delims("<%", "%>").Parse(string(text))
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := t.Execute(&out, struct{ ID, Name, SDK string }{id, name(id), SDK}); err != nil {
			return fmt.Errorf("filling %s: %w", at, err)
		}
		if below, of := strings.CutPrefix(to, "sdk/"); of {
			to = path.Join(SDK, below)
		}
		files[to] = out.Bytes()
		return nil
	})
}

// add puts the source of a package into the folder, without its tests and without
// the file that embeds it.
func add(files map[string][]byte, folder string, source fs.FS) error {
	names, err := fs.Glob(source, "*.go")
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "source.go" {
			continue
		}
		if files[path.Join(folder, name)], err = fs.ReadFile(source, name); err != nil {
			return err
		}
	}
	return nil
}

// name makes what people call a plugin of its id: the last part, capitalised.
func name(id string) string {
	words := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return ' '
		}
		return r
	}, id[strings.LastIndexByte(id, '.')+1:])
	words = strings.Join(strings.Fields(words), " ")
	return string(unicode.ToUpper(rune(words[0]))) + words[1:]
}
