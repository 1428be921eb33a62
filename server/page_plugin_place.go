package server

import (
	"net/url"

	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/ui"
)

// standing is what the place's forms and buttons belong to.
func (p *pluginPlace) standing(r *request) standing {
	of := standing{plugin: p.ID, version: p.SHA256, workspace: p.workspace.ID, user: r.session.UserID, place: "page " + p.page}
	if p.widget != "" {
		of.place = "widget " + p.widget
	}
	if p.admin {
		of.place = "admin " + of.place
	}
	return of
}

// blockPlace is where the plugin's blocks are drawn. The people of the workspace
// are looked up where blocks name or ask for some.
func (s *Server) blockPlace(r *request, p *pluginPlace, blocks host.Blocks) (ui.BlockPlace, error) {
	key, of := s.config.Server.SecretKey, p.standing(r)
	at := ui.BlockPlace{
		ID: "plugin-" + p.ID, Base: p.base, Page: p.page, Query: p.query, Assets: "/assets/plugins/" + p.ID + "/" + p.SHA256[:12], Frames: "/assets/plugins/" + p.ID + "/" + s.framePass(&p.Active, r.Now()), Clock: r.clock(), Refused: -1,
		Seal:      func(f *host.Form) string { return s.pluginForms.seal(key, of, f, r.Now()) },
		Mark:      func(action, values string) string { return s.pluginForms.mark(key, of, action, values) },
		Questions: map[string]string{},
	}
	if p.widget != "" {
		at.ID = "widget-" + p.ID + "-" + p.widget
		at.Keep = []ui.Hidden{{Name: "_widget", Value: p.widget}, {Name: "_size", Value: p.size}}
	}
	for _, a := range p.Manifest.Contributes.Actions {
		at.Questions[a.ID] = a.Confirm
	}
	members, workspaces := asksFor(blocks)
	if members {
		list, _, err := s.workspaces.Members(r.Ctx(), p.workspace.ID, workspace.MemberQuery{Sort: "name"})
		if err != nil {
			return at, err
		}
		names := map[string]string{}
		for _, m := range list {
			names[m.UserID] = m.DisplayName
			at.Members = append(at.Members, ui.Option{Value: m.UserID, Label: m.DisplayName})
		}
		at.People = func(id string) string { return names[id] }
	}
	if workspaces {
		list, err := s.workspaces.List(r.Ctx(), r.session.UserID)
		if err != nil {
			return at, err
		}
		for _, w := range list {
			at.Workspaces = append(at.Workspaces, ui.Option{Value: w.ID, Label: w.Name})
		}
	}
	return at, nil
}

// asksFor tells whether blocks name or ask for people of the workspace, or ask for
// a workspace.
func asksFor(blocks host.Blocks) (members, workspaces bool) {
	within := func(inner host.Blocks) {
		m, w := asksFor(inner)
		members, workspaces = members || m, workspaces || w
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *host.Table:
			for _, c := range b.Columns {
				members = members || c.As == "member"
			}
		case *host.KeyValues:
			for _, kv := range b.Items {
				members = members || kv.As == "member"
			}
		case *host.Form:
			for _, e := range b.Elements {
				switch e.(type) {
				case *host.MemberField:
					members = true
				case *host.WorkspaceField:
					workspaces = true
				}
			}
		case *host.Tabs:
			for _, t := range b.Items {
				within(t.Blocks)
			}
		case *host.Accordion:
			for _, f := range b.Items {
				within(f.Blocks)
			}
		case *host.Columns:
			for _, c := range b.Columns {
				within(c)
			}
		case *host.Card:
			within(b.Blocks)
		}
	}
	return members, workspaces
}

// checkPeople judges the members and workspaces among a form's values: they have
// to be there, and the workspace has to be one of the person's.
func (s *Server) checkPeople(r *request, p *pluginPlace, elements host.Elements, values map[string]any, wrong map[string]string) error {
	for _, e := range elements {
		field, ok := e.(host.Fielded)
		if !ok {
			continue
		}
		name := field.FieldOf().Name
		id, _ := values[name].(string)
		if id == "" {
			continue
		}
		switch e.(type) {
		case *host.MemberField:
			list, _, err := s.workspaces.Members(r.Ctx(), p.workspace.ID, workspace.MemberQuery{})
			if err != nil {
				return err
			}
			found := false
			for _, m := range list {
				found = found || m.UserID == id
			}
			if !found {
				wrong[name] = "Choose a member of this workspace."
			}
		case *host.WorkspaceField:
			list, err := s.workspaces.List(r.Ctx(), r.session.UserID)
			if err != nil {
				return err
			}
			found := false
			for _, w := range list {
				found = found || w.ID == id
			}
			if !found {
				wrong[name] = "Choose one of your workspaces."
			}
		}
	}
	return nil
}

// widgetURL is where the place's widget is asked for.
func (p *pluginPlace) widgetURL() string {
	return p.base + "/-/widgets/" + url.PathEscape(p.widget) + "?size=" + url.QueryEscape(p.size)
}
