package ui

import (
	"encoding/json"
	"unicode/utf8"
)

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// Manifest tells a browser how the app is installed. start is where it begins;
// address says how an asset's address is written.
func (a *Assets) Manifest(name, start string, address func(string) string) ([]byte, error) {
	if name == "" {
		name = product
	}
	var icons []manifestIcon
	for _, i := range []manifestIcon{
		{"favicon.svg", "any", "image/svg+xml", "any"}, {"icon-192.png", "192x192", "image/png", "any"},
		{"icon-512.png", "512x512", "image/png", "any"}, {"icon-mask.png", "512x512", "image/png", "maskable"},
	} {
		at, err := a.URL(i.Source)
		if err != nil {
			return nil, err
		}
		i.Source = address(at)
		icons = append(icons, i)
	}
	return json.Marshal(struct {
		ID          string         `json:"id"`
		Name        string         `json:"name"`
		Short       string         `json:"short_name"`
		Description string         `json:"description"`
		Start       string         `json:"start_url"`
		Scope       string         `json:"scope"`
		Display     string         `json:"display"`
		Background  string         `json:"background_color"`
		Theme       string         `json:"theme_color"`
		Icons       []manifestIcon `json:"icons"`
	}{start, name, short(name), "Threads, documents and files that are on this device too.", start, start, "standalone", "#fdfcfb", "#f6f5f1", icons})
}

// short is a name that fits below an icon.
func short(name string) string {
	for len(name) > 12 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}
