package server

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/ui"
)

// installPluginWithForm takes a package and goes on to what it asks for.
func (s *Server) installPluginWithForm(r *request, p packageForm) error {
	done, err := s.plugins.Install(r.Ctx(), r.Session(), p.zip, p.options())
	if err != nil {
		return s.refusePackage(r, p, err)
	}
	v := done.Plugin.Shown()
	switch {
	case done.AwaitingConsent:
		return r.Redirect(r.pluginURL(done.Plugin.ID, "/consent"))
	case done.Unchanged:
		return r.done(r.pluginURL(done.Plugin.ID, ""), "These very bytes of "+done.Plugin.Name+" are installed already.")
	case v != nil:
		return r.done(r.pluginURL(done.Plugin.ID, ""), done.Plugin.Name+" "+v.Version+" runs. It asks for nothing that was not granted before.")
	}
	return r.Redirect(r.pluginURL(done.Plugin.ID, ""))
}

// refusePackage says why a package was not taken: with every finding where the
// package is at fault.
func (s *Server) refusePackage(r *request, p packageForm, err error) error {
	if fault.Is(err, fault.Conflict) {
		form := ui.Form{ID: "package", Errors: map[string]string{"": publicError(err).Message}}
		if r.Partial() {
			return r.Fragment(fiber.StatusConflict, "admin/plugins#conflict", form)
		}
		return s.showPlugins(r, fiber.StatusConflict, form, true)
	}
	view, ok := refusedPackage(p, err)
	if !ok {
		if !r.Partial() {
			return err
		}
		e := publicError(err)
		return r.Fragment(statusOf(e), "admin/plugins#problem", e.Message)
	}
	view.Again = r.admin("/plugins#install")
	if r.Partial() {
		return r.Fragment(fiber.StatusUnprocessableEntity, "admin/plugin-refused#part", view)
	}
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "plugins")
	if err != nil {
		return err
	}
	return r.Page(fiber.StatusUnprocessableEntity, shell, view)
}

// refusedPackage is what is wrong with a package: every finding, where the error
// names the first one alone. False for an error that is not about the package.
func refusedPackage(p packageForm, err error) (ui.PackageRefused, bool) {
	view := ui.PackageRefused{File: p.name, Size: int64(len(p.zip)), Again: "#install"}
	var refused *plugins.Refusal
	if !errors.As(err, &refused) {
		return view, false
	}
	view.SHA256 = refused.Report.SHA256
	if m := refused.Report.Manifest; m != nil {
		view.Plugin = m.Name + " " + m.Version
	}
	for _, f := range refused.Report.Findings {
		view.Findings = append(view.Findings, ui.PackageFinding{Code: f.Code, At: f.At, Offset: f.Offset, Message: f.Message})
	}
	if view.Findings == nil {
		e := publicError(err)
		view.Findings = []ui.PackageFinding{{Code: e.Fields["archive"], Message: e.Message}}
	}
	return view, true
}
