package server

import (
	"slices"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// pluginNeed is a plugin that waits for somebody who can do something about it.
type pluginNeed struct {
	plugin  *plugins.Plugin
	consent bool // else it failed too often, or cannot be loaded
	here    bool // in the active workspace
}

// pluginNeeds are those that wait for whoever asks.
func (s *Server) pluginNeeds(r *request) ([]pluginNeed, error) {
	packages, own := r.managesPackages(), r.active() != "" && r.Can(policies.PluginsManage, policies.Resource{})
	if !packages && !own {
		return nil, nil
	}
	list, err := s.plugins.List(r.Ctx())
	if err != nil {
		return nil, err
	}
	var needs []pluginNeed
	for i := range list {
		p := &list[i]
		here := own && slices.Contains(p.Quarantined, r.active())
		switch {
		case p.State == plugins.StateUninstalled, p.State == plugins.StateStopped:
		case here, packages && (len(p.Quarantined) > 0 || p.State == plugins.StateFailing):
			needs = append(needs, pluginNeed{plugin: p, here: here})
		case packages && p.Waiting != nil:
			needs = append(needs, pluginNeed{plugin: p, consent: true})
		}
	}
	return needs, nil
}

// adminCounts are the numbers beside the entries of the admin pages' sidebar.
func (s *Server) adminCounts(r *request) (map[string]int, error) {
	needs, err := s.pluginNeeds(r)
	return map[string]int{"plugins": len(needs)}, err
}

// pluginWarnings are the same as the overview shows them.
func (s *Server) pluginWarnings(r *request) ([]ui.Warning, error) {
	needs, err := s.pluginNeeds(r)
	var warnings []ui.Warning
	for _, n := range needs {
		p := n.plugin
		w := ui.Warning{Tone: ui.Danger, Title: p.Name + " is quarantined", Text: "It failed too often and was stopped where it did.", Action: &ui.Action{Label: "See it", URL: r.pluginURL(p.ID, ""), Small: true}}
		switch {
		case n.consent:
			w.Tone, w.Title, w.Text = ui.Warn, p.Name+" "+p.Waiting.Version+" waits for an answer", "Nothing of it runs before you have agreed to what it asks for."
			if p.Active != nil {
				w.Text = p.Active.Version + " runs until you have agreed to what the newer one asks for."
			}
			w.Action = &ui.Action{Label: "See what it asks for", URL: r.pluginURL(p.ID, "/consent"), Small: true}
		case p.State == plugins.StateFailing:
			w.Title, w.Text = p.Name+" cannot be loaded", p.LastError
		}
		warnings = append(warnings, w)
	}
	slices.SortStableFunc(warnings, func(a, b ui.Warning) int { return boolRank(a.Tone != ui.Danger) - boolRank(b.Tone != ui.Danger) })
	return warnings, err
}
