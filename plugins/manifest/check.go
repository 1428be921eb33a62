package manifest

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// check judges what a schema cannot: versions, and what has to agree.
func (m *Manifest) check(f *found) {
	if strings.Contains(m.ID, "..") {
		f.add(WrongForm, "/id", "Two dots in a row are not allowed in an id.")
	}
	if _, err := semver.StrictNewVersion(m.Version); err != nil {
		f.add(Version, "/version", "%s is no version by semver.org: write three numbers such as 1.4.0.", quoted(m.Version))
	}
	if m.Host != "" {
		if _, err := semver.NewConstraint(m.Host); err != nil {
			f.add(Version, "/host", "%s is no range of versions: write one such as \">=1.4 <2\".", quoted(m.Host))
		}
	}
	for i, id := range m.Replaces {
		switch {
		case id == m.ID:
			f.add(Unlike, pointer("replaces", i), "A plugin does not replace itself.")
		case strings.Contains(id, ".."):
			f.add(WrongForm, pointer("replaces", i), "Two dots in a row are not allowed in an id.")
		}
	}
	for _, field := range []struct{ at, text string }{{"/name", m.Name}, {"/license", m.License}, {"/publisher/name", m.Publisher.Name}} {
		if strings.ContainsAny(field.text, "\n\t") || strings.TrimSpace(field.text) != field.text {
			f.add(WrongForm, field.at, "Write it on one line, without spaces at its ends.")
		}
	}
	if strings.Contains(m.Icon, "..") {
		f.add(WrongForm, "/icon", "A path does not lead upwards.")
	}
	if m.Theme != nil {
		for _, p := range m.Theme.Check() {
			code := WrongForm
			if p.Unreadable {
				code = Contrast
			}
			f.add(code, "/theme/"+p.At, "%s", p.Message)
		}
		if strings.Contains(m.Theme.Logo, "..") {
			f.add(WrongForm, "/theme/logo", "A path does not lead upwards.")
		}
	}
	m.checkCapabilities(f)
	m.checkContributes(f)
}

func (m *Manifest) checkCapabilities(f *found) {
	seen := map[string]int{}
	for i, c := range m.Capabilities {
		if first, twice := seen[c.Name]; twice {
			f.add(Duplicate, pointer("capabilities", i, "name"), "%s is asked for in entry %d already. Ask once, with all of it.", c.Name, first)
		}
		seen[c.Name] = i
		if strings.TrimSpace(c.Reason) == "" {
			f.add(Length, pointer("capabilities", i, "reason"), "Say why the plugin needs it: the owner who is asked reads this.")
		}
	}
	secrets, asks := m.Capability("secrets.use")
	if asks {
		for i, name := range secrets.Names {
			if !m.Settings.isSecret(name) {
				f.add(Unlike, pointer("capabilities", seen["secrets.use"], "names", i), "%s is no secret of the settings: add it there with \"x-secret\": true.", quoted(name))
			}
		}
		if _, fetches := m.Capability("http.fetch"); !fetches {
			f.add(NotAsked, pointer("capabilities", seen["secrets.use"]), "Secrets are put into requests: ask for http.fetch too.")
		}
	}
}

func (m *Manifest) checkContributes(f *found) {
	c := m.Contributes
	needs := func(n int, key, capability string) bool {
		if n == 0 {
			return false
		}
		_, asked := m.Capability(capability)
		if !asked {
			f.add(NotAsked, pointer("contributes", key), "Ask for the capability %s to add %s.", capability, key)
		}
		return asked
	}
	needs(len(c.Pages), "pages", "ui.page")
	needs(len(c.Widgets), "widgets", "ui.widget")
	needs(len(c.Filters), "filters", "filter.decision")
	if needs(len(c.Events), "events", "events.subscribe") {
		asked, _ := m.Capability("events.subscribe")
		for i, event := range c.Events {
			if !slices.Contains(asked.Types, event) {
				f.add(NotAsked, pointer("contributes", "events", i), "Ask for %s in the types of events.subscribe.", quoted(event))
			}
		}
	}
	if needs(len(c.Schedules), "schedules", "schedule") {
		asked, _ := m.Capability("schedule")
		for i, s := range c.Schedules {
			if s.EveryS < asked.MinIntervalS {
				f.add(Unlike, pointer("contributes", "schedules", i, "every_s"), "The capability schedule asks for at most one run in %d seconds.", asked.MinIntervalS)
			}
		}
	}
	unique(f, c.Pages, "pages", "path", func(p Page) string { return p.Path })
	unique(f, c.Widgets, "widgets", "id", func(w Widget) string { return w.ID })
	unique(f, c.Actions, "actions", "id", func(a Action) string { return a.ID })
	unique(f, c.Schedules, "schedules", "id", func(s Schedule) string { return s.ID })
	for i, link := range c.Nav {
		if !slices.ContainsFunc(c.Pages, func(p Page) bool { return p.Path == link.Path }) {
			f.add(Unlike, pointer("contributes", "nav", i, "path"), "There is no page with this path.")
		}
	}
	for i, page := range c.Pages {
		if strings.Contains(page.Icon, "..") {
			f.add(WrongForm, pointer("contributes", "pages", i, "icon"), "A path does not lead upwards.")
		}
	}
	for i, link := range c.Nav {
		if strings.Contains(link.Icon, "..") {
			f.add(WrongForm, pointer("contributes", "nav", i, "icon"), "A path does not lead upwards.")
		}
	}
}

func unique[T any](f *found, list []T, key, name string, of func(T) string) {
	seen := map[string]int{}
	for i, v := range list {
		if first, twice := seen[of(v)]; twice {
			f.add(Duplicate, pointer("contributes", key, i, name), "Entry %d has the same.", first)
		} else {
			seen[of(v)] = i
		}
	}
}

// RunsOn fails where the manifest asks for other versions of or3 than this one.
// A version that is none (a build from source) runs everything.
func (m *Manifest) RunsOn(version string) error {
	if m.Host == "" {
		return nil
	}
	here, err := semver.NewVersion(version)
	if err != nil {
		return nil
	}
	wanted, err := semver.NewConstraint(m.Host)
	if err != nil {
		return err
	}
	wanted.IncludePrerelease = true
	if wanted.Check(here) {
		return nil
	}
	var f found
	f.add(HostVersion, "/host", "It runs on or3 %s, and this is %s. Take another version of the plugin, or update the server.", m.Host, version)
	return f.error()
}
