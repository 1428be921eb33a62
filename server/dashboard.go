package server

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
)

// DashboardKV is the synced setting in which a workspace's dashboard is arranged.
// The server alone writes it, as all of admin.*.
const DashboardKV = "admin.dashboard"

// mostWidgets bounds an arrangement.
const mostWidgets = 60

// arranged is one widget of an arrangement.
type arranged struct {
	Plugin string `json:"plugin"`
	Widget string `json:"widget"`
	Size   string `json:"size"`
}

func (a arranged) key() string { return a.Plugin + "/" + a.Widget }

// arrangement is the value of DashboardKV.
type arrangement struct {
	Widgets []arranged `json:"widgets"`
}

// board is a workspace's dashboard: what is on it, and what could be.
type board struct {
	list    []arranged // as it is stored; what has no plugin just now keeps its place
	stored  bool       // somebody has arranged it
	shown   []placedWidget
	missing []placedWidget // of enabled plugins, and not on it
}

// board puts together what is arranged and what the enabled plugins have. Where
// nobody has arranged anything all widgets are on it.
func (s *Server) board(ctx context.Context, workspaceID string) (b board, err error) {
	list, err := s.plugins.EnabledIn(ctx, workspaceID)
	if err != nil {
		return b, err
	}
	text, stored, err := s.engine.KV(ctx, workspaceID, DashboardKV)
	if err != nil {
		return b, err
	}
	var kept arrangement
	if stored && json.Unmarshal([]byte(text), &kept) == nil { // what cannot be read was written by hand
		b.list, b.stored = kept.Widgets, true
	}
	all := availableWidgets(list)
	if !b.stored {
		for _, w := range all {
			b.list = append(b.list, w.arranged)
		}
	}
	for _, a := range b.list {
		i := slices.IndexFunc(all, func(w placedWidget) bool { return w.key() == a.key() })
		if i < 0 || slices.ContainsFunc(b.shown, func(w placedWidget) bool { return w.key() == a.key() }) {
			continue
		}
		w := all[i]
		w.Size = sizeOf(a.Size)
		b.shown = append(b.shown, w)
	}
	for _, w := range all {
		if !slices.ContainsFunc(b.list, func(a arranged) bool { return a.key() == w.key() }) {
			b.missing = append(b.missing, w)
		}
	}
	return b, nil
}

// availableWidgets are those of the enabled plugins, each as its manifest wants it.
func availableWidgets(list []plugins.Active) []placedWidget {
	var all []placedWidget
	for _, a := range list {
		if !a.Has("ui.widget") {
			continue
		}
		for _, w := range a.Manifest.Contributes.Widgets {
			all = append(all, placedWidget{arranged: arranged{a.ID, w.ID, sizeOf(w.Size)}, plugin: a, widget: w})
		}
	}
	return all
}

// change does to an arrangement what somebody pressed, and says what it did.
func (b *board) change(do, key string) (said string, err error) {
	at := slices.IndexFunc(b.list, func(a arranged) bool { return a.key() == key })
	if do == "reset" {
		b.list, b.stored = nil, false
		return "All widgets are shown.", nil
	}
	if do == "add" {
		i := slices.IndexFunc(b.missing, func(w placedWidget) bool { return w.key() == key })
		if i < 0 || len(b.list) >= mostWidgets {
			return "", gone()
		}
		b.list = append(b.list, b.missing[i].arranged)
		return b.missing[i].widget.Title + " is at the end of the dashboard.", nil
	}
	shown := slices.IndexFunc(b.shown, func(w placedWidget) bool { return w.key() == key })
	if at < 0 || shown < 0 {
		return "", gone()
	}
	title := b.shown[shown].widget.Title
	switch do {
	case "up":
		return b.move(key, shown-1)
	case "down":
		return b.move(key, shown+1)
	case "remove":
		b.list = slices.Delete(b.list, at, at+1)
		return title + " is off the dashboard.", nil
	case "small", "medium", "large":
		b.list[at].Size = do
		return title + " is " + do + " now.", nil
	}
	return "", fault.Field("do", "is nothing that can be done to a widget")
}

// move puts a widget to a place among those that are seen: what has no plugin just
// now does not count.
func (b *board) move(key string, to int) (said string, err error) {
	at := slices.IndexFunc(b.list, func(a arranged) bool { return a.key() == key })
	shown := slices.IndexFunc(b.shown, func(w placedWidget) bool { return w.key() == key })
	if at < 0 || shown < 0 {
		return "", gone()
	}
	title := b.shown[shown].widget.Title
	if to < 0 || to >= len(b.shown) || to == shown {
		return title + " is there already.", nil
	}
	moved, passed := b.list[at], b.shown[to].key()
	target := slices.IndexFunc(b.list, func(a arranged) bool { return a.key() == passed })
	b.list = slices.Insert(slices.Delete(b.list, at, at+1), target, moved)
	return fmt.Sprintf("%s is now %d of %d.", title, to+1, len(b.shown)), nil
}

func gone() error {
	return fault.New(fault.Conflict, "This widget is not there any more: somebody has arranged the dashboard, or its plugin was disabled. Load the page again.")
}

// saveBoard stores an arrangement for everybody in the workspace.
func (s *Server) saveBoard(ctx context.Context, workspaceID string, b board) error {
	value := ""
	if b.stored {
		text, err := json.Marshal(arrangement{Widgets: b.list})
		if err != nil {
			return err
		}
		value = string(text)
	}
	return s.engine.SetKV(ctx, workspaceID, DashboardKV, value)
}

// hasWidgets reports whether a plugin of the workspace has widgets at all.
func hasWidgets(list []plugins.Active) bool {
	return slices.ContainsFunc(list, func(a plugins.Active) bool { return a.Has("ui.widget") && len(a.Manifest.Contributes.Widgets) > 0 })
}
