package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Offline is what the service worker keeps, so that the app starts without a
// server.
type Offline struct {
	Shell string   // address of the page that starts the app
	Guest string   // address of the app without accounts, where a server has both
	Keep  []string // addresses of assets
	Page  []byte   // the shell itself: a new one is a new version
}

// ServiceWorker is the worker's script with the list of what it keeps before
// it. Its bytes change when anything in that list does, which is how browsers
// notice a new version.
func ServiceWorker(o Offline, script []byte) ([]byte, error) {
	sum := sha256.Sum256(append([]byte(strings.Join(o.Keep, "\n")+"\n"+o.Shell+"\n"+o.Guest+"\n"), o.Page...))
	facts, err := json.Marshal(struct {
		Build string   `json:"build"`
		Shell string   `json:"shell"`
		Guest string   `json:"guest"`
		Keep  []string `json:"keep"`
	}{hex.EncodeToString(sum[:8]), o.Shell, o.Guest, o.Keep})
	return slices.Concat([]byte("self.OR3="), facts, []byte(";\n"), script), err
}

// Kind is which app an asset is for.
type Kind int

// The kinds of app.
const (
	WithAccounts    Kind = 1 << iota // signed in
	WithoutAccounts                  // on this device alone
)

// Offline lists the hashed addresses of what the app needs without a server.
func (a *Assets) Offline(kinds Kind) []string {
	var keep []string
	for _, f := range a.byName {
		if kindOf(f.Name)&kinds != 0 {
			keep = append(keep, f.Path)
		}
	}
	slices.Sort(keep)
	return keep
}

// kindOf tells which app needs an asset; 0 is none.
func kindOf(name string) Kind {
	switch {
	case slices.Contains([]string{"sw.js", "admin.js", "plugins.js"}, name) || strings.HasPrefix(name, "licenses/"): // pages that only a server draws
		return 0
	case strings.HasPrefix(name, "local."):
		return WithoutAccounts
	case slices.Contains([]string{"app.js", "app.css", "cloud.js", "more.js", "files.js", "early_look.js", "htmx.js", "offer.js", "adopt.js", "unsent.js"}, name):
		return WithAccounts
	}
	return WithAccounts | WithoutAccounts
}
