package server

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// settingsForm is what was typed into a form whose fields the plugin's manifest
// names.
type settingsForm struct{ Typed url.Values }

// take implements anyFields.
func (f *settingsForm) take(values url.Values) { f.Typed = values }

// anyFields is a form whose fields are known only when it comes.
type anyFields interface{ take(values url.Values) }

// pluginSettingsPage is /admin/plugins/ID/settings, for the active workspace.
func (s *Server) pluginSettingsPage(r *request) error {
	return s.showPluginSettings(r, fiber.StatusOK, r.active(), nil, nil)
}

// showPluginSettings draws the form; typed and wrong are of one that came back.
func (s *Server) showPluginSettings(r *request, status int, workspaceID string, typed url.Values, wrong map[string]string) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	shell, err := r.inside(ui.LayoutAdmin, workspaceID, "plugins")
	if err != nil {
		return err
	}
	head, _, err := s.pluginHead(r, &p, shell, "settings")
	if err != nil {
		return err
	}
	view := ui.PluginSettingsPage{PluginHead: head}
	set, err := s.settingSheet(r, p.ID, workspaceID)
	if err != nil {
		return err
	}
	if set.schema == nil {
		return notFound()
	}
	view.Title, view.Description = set.schema.Title, set.schema.Description
	if r.Can(policies.PluginsManage, policies.Workspace(workspaceID)) {
		view.URL = r.pluginURL(p.ID, "/workspaces/"+workspaceID+"/settings")
		set.check = view.URL + "/check"
	} else if view.ReadOnly, err = r.readOnly(policies.PluginsManage, workspaceID); err != nil {
		return err
	}
	view.Form = set.form(typed, wrong)
	view.Fields = set.fields(set.schema.Fields, "", view.Form, typed)
	return r.Page(status, shell, view)
}

// settingSheet gathers what a form of settings is made of.
func (s *Server) settingSheet(r *request, id, workspaceID string) (*settingSheet, error) {
	settings, err := s.plugins.Settings(r.Ctx(), id, workspaceID)
	if err != nil {
		return nil, err
	}
	sheet := &settingSheet{schema: settings.Schema, values: settings.Values, mask: plugins.Mask}
	if sheet.schema == nil {
		return sheet, nil
	}
	if sheet.picks("member") {
		members, _, err := s.workspaces.Members(r.Ctx(), workspaceID, workspace.MemberQuery{})
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			sheet.members = append(sheet.members, ui.Option{Value: m.UserID, Label: m.DisplayName})
		}
	}
	if sheet.picks("workspace") {
		list, err := s.workspaces.List(r.Ctx(), r.session.UserID)
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			sheet.workspaces = append(sheet.workspaces, ui.Option{Value: w.ID, Label: w.Name})
		}
	}
	return sheet, nil
}

// savePluginSettings keeps a form, or gives it back with what is wrong.
func (s *Server) savePluginSettings(r *request, f submitted[settingsForm]) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	where := r.Param("id")
	sheet, err := s.settingSheet(r, p.ID, where)
	if err != nil {
		return err
	}
	if sheet.schema == nil {
		return notFound()
	}
	values, wrong := sheet.read(f.Values.Typed)
	if len(wrong) == 0 {
		err := s.plugins.SetSettings(r.Ctx(), r.Session(), p.ID, where, values)
		if err == nil {
			back := r.pluginURL(p.ID, "/settings")
			if where != r.active() {
				back = r.pluginURL(p.ID, "")
			}
			return r.done(back, "Saved "+clockTime(r.Now(), r.clock().Zone())+".")
		}
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) == 0 {
			return err
		}
		wrong = sheet.wrong(e.Fields, values)
	}
	return s.showPluginSettings(r, fiber.StatusUnprocessableEntity, where, f.Values.Typed, wrong)
}

// checkPluginSetting judges one field as it is typed: htmx gets the field again.
func (s *Server) checkPluginSetting(r *request, f submitted[settingsForm]) error {
	p, err := s.seenPlugin(r)
	if err != nil {
		return err
	}
	sheet, err := s.settingSheet(r, p.ID, r.Param("id"))
	if err != nil {
		return err
	}
	name := r.Query("field")
	field, ok := sheet.find(name)
	if !ok || field.Secret {
		return notFound()
	}
	values, wrong := sheet.read(f.Values.Typed)
	if len(wrong) == 0 {
		text, err := json.Marshal(sheet.shown(values))
		if err != nil {
			return err
		}
		var e *fault.Error
		if err := sheet.schema.Check(text); errors.As(err, &e) {
			wrong = sheet.wrong(e.Fields, values)
		} else if err != nil {
			return err
		}
	}
	only := map[string]string{}
	if words := wrong[name]; words != "" {
		only[name] = words
	}
	sheet.check = r.pluginURL(p.ID, "/workspaces/"+r.Param("id")+"/settings/check")
	form := sheet.form(f.Values.Typed, only)
	prefix, _, nested := strings.Cut(name, ".")
	if !nested {
		prefix = ""
	}
	out := sheet.field(field, prefix, form, f.Values.Typed)
	out.Focus = false // whoever types goes on where they are
	return r.Fragment(fiber.StatusOK, "admin/plugin-settings#field", out)
}
