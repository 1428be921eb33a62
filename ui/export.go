package ui

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// ExportSite is what the exported app calls itself unless it was given a name.
const ExportSite = "OR3"

// Export makes the app without accounts as plain files, by their path. They can
// lie in any folder of any file server: every address is relative, and a page
// is index.html?p=/w/local/….
func Export(site, version string) (map[string][]byte, error) {
	assets, err := EmbeddedAssets()
	if err != nil {
		return nil, err
	}
	r, err := NewRenderer(Options{Assets: assets})
	if err != nil {
		return nil, err
	}
	page, err := r.LocalPage(Local{Site: site, Version: version, Foot: LocalFoot{Files: true}})
	if err != nil {
		return nil, err
	}
	page = bytes.ReplaceAll(page, []byte(`"`+AssetPrefix), []byte(`"`+strings.TrimPrefix(AssetPrefix, "/")))
	page = bytes.Replace(page, []byte(`"/manifest.webmanifest"`), []byte(`"manifest.webmanifest"`), 1)
	files := map[string][]byte{"index.html": page}
	for _, at := range assets.Offline(WithoutAccounts) {
		a, _ := assets.Lookup(at)
		files[relative(at)] = relativeStyles(a)
	}
	if err := addLicenses(files); err != nil {
		return nil, err
	}
	if files["manifest.webmanifest"], err = assets.Manifest(site, "./", relative); err != nil {
		return nil, err
	}
	if files["sw.js"], err = exportedWorker(assets, page); err != nil {
		return nil, err
	}
	return files, nil
}

func relative(address string) string { return strings.TrimPrefix(address, "/") }

// relativeStyles makes the addresses of fonts relative to the stylesheet.
func relativeStyles(a *Asset) []byte {
	if path.Ext(a.Name) != ".css" {
		return a.Data
	}
	return bytes.ReplaceAll(a.Data, []byte("url("+AssetPrefix), []byte("url("))
}

func exportedWorker(assets *Assets, page []byte) ([]byte, error) {
	script, ok := assets.Named("sw.js")
	if !ok {
		return nil, fmt.Errorf("no asset sw.js")
	}
	keep := assets.Offline(WithoutAccounts)
	for i := range keep {
		keep[i] = relative(keep[i])
	}
	return ServiceWorker(Offline{Shell: "index.html", Keep: keep, Page: page}, script.Data)
}

// addLicenses takes along the notices of what the app is made of.
func addLicenses(files map[string][]byte) error {
	return fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".txt" || path.Base(name) == "htmx.txt" { // htmx is not in it
			return err
		}
		files["assets/"+strings.TrimPrefix(name, "static/")], err = fs.ReadFile(staticFiles, name)
		return err
	})
}
