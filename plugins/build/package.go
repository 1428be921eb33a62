package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/manifest"
)

// Manifest reads the manifest in a plugin's folder.
func Manifest(dir string) (*manifest.Manifest, []byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.Newf(fault.NotFound, "There is no %s in %s: name the folder of a plugin, or make one with or3 plugin new.", manifest.Name, dir)
	}
	if err != nil {
		return nil, nil, err
	}
	m, err := manifest.Parse(text)
	return m, text, err
}

// Package makes the package of a folder in memory. A manifest that names the
// module's hash gets the right one. edit may be nil; it changes the manifest that
// goes into the package, and not the one in the folder.
func Package(ctx context.Context, dir string, edit func([]byte) ([]byte, error)) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifest.Name))
	if errors.Is(err, fs.ErrNotExist) {
		_, _, err := Manifest(dir)
		return nil, err
	} else if err != nil {
		return nil, err
	}
	if err := fresh(dir); err != nil {
		return nil, err
	}
	if text, err = withHash(dir, text); err == nil && edit != nil {
		text, err = edit(text)
	}
	if err != nil {
		return nil, err
	}
	var zip bytes.Buffer
	if err := archive.Pack(&zip, withManifest{os.DirFS(dir), text}); err != nil {
		return nil, fmt.Errorf("packing %s: %w", dir, err)
	}
	return zip.Bytes(), ctx.Err()
}

// withHash puts the module's hash into a manifest that names one.
func withHash(dir string, text []byte) ([]byte, error) {
	m, err := manifest.Parse(text)
	if err != nil || m.Runtime == nil || m.Runtime.SHA256 == "" {
		return text, nil // what is wrong with it, the gate says
	}
	module, err := os.ReadFile(filepath.Join(dir, manifest.Wasm))
	if errors.Is(err, fs.ErrNotExist) {
		return text, nil
	}
	sum := sha256.Sum256(module)
	return bytes.ReplaceAll(text, []byte(`"`+m.Runtime.SHA256+`"`), []byte(`"`+hex.EncodeToString(sum[:])+`"`)), err
}

// withManifest is a folder with another manifest in it.
type withManifest struct {
	fs.FS
	text []byte
}

// ReadFile implements fs.ReadFileFS.
func (f withManifest) ReadFile(name string) ([]byte, error) {
	if name == manifest.Name {
		return f.text, nil
	}
	return fs.ReadFile(f.FS, name)
}

// fresh refuses a module that is older than its source: whoever tests or packs it
// would look at something else than they wrote.
func fresh(dir string) error {
	module, err := os.Stat(filepath.Join(dir, manifest.Wasm))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	newest, name := time.Time{}, ""
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		switch {
		case d.IsDir() && !IsSource(path, true):
			return fs.SkipDir
		case d.IsDir() || !IsSource(path, false):
			return nil
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(newest) {
			newest, name = info.ModTime(), path
		}
		return err
	})
	if err != nil || !newest.After(module.ModTime()) {
		return err
	}
	return fault.Newf(fault.Conflict, "%s is newer than %s: run or3 plugin build first.", name, manifest.Wasm)
}

// IsSource reports whether a module is built of a file, or of what lies in a folder.
func IsSource(path string, folder bool) bool {
	base := filepath.Base(path)
	if folder {
		return !strings.HasPrefix(base, ".") && base != "testdata" && base != "node_modules" && base != archive.AssetsFolder && base != archive.TextsFolder
	}
	if strings.HasSuffix(base, "_test.go") {
		return false
	}
	return base == "go.mod" || filepath.Ext(base) == ".go" || filepath.Ext(base) == ".ts"
}
