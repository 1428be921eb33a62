package server

import (
	"or3.cloud/or3/ui"
)

// chips are the filters that are on, each with the address without it.
func (f logFilter) chips(r *request, view ui.AuditPage) []ui.Chip {
	var chips []ui.Chip
	without := func(key, text string) {
		v := f.values()
		if !v.Has(key) {
			return
		}
		v.Del(key)
		chips = append(chips, ui.Chip{Text: text, URL: withQuery(r.admin("/audit"), v)})
	}
	without("action", "Action "+f.Action)
	without("actor", "By "+labelOf(view.Actors, f.Actor))
	without("result", labelOf(view.Results(), f.Result))
	without("workspace", "In "+labelOf(view.Workspaces, f.Workspace))
	without("since", "From "+f.Since)
	without("until", "To "+f.Until)
	return chips
}

func labelOf(options []ui.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

// pageWithout is the page's own address without one query value.
func (r *request) pageWithout(key string) string {
	v := map[string][]string{}
	for k, values := range r.c.Queries() {
		if k != key {
			v[k] = []string{values}
		}
	}
	return withQuery(r.Path(), v)
}
