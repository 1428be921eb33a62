package server

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/ui"
)

// sendToPluginPage takes a form that is sent to a page of a plugin itself.
func (s *Server) sendToPluginPage(r *request) error {
	form, err := r.readPluginForm()
	if err != nil {
		return err
	}
	return s.openPluginPage(r, &form)
}

// pluginAction is a form or a button of a plugin. Before the guest is called: the
// action is declared, the person may do it and may see where it stands, the form
// is one of ours, and its values are what it asked for.
func (s *Server) pluginAction(r *request) error {
	if s.plugins.SafeMode() {
		return s.showPluginFailure(r, &pluginPlace{admin: r.row.isAdmin()}, ui.PluginFailure{Text: safeModeWords}, fiber.StatusInternalServerError)
	}
	p, err := s.placeOf(r)
	if err != nil {
		return s.showPluginOff(r, err)
	}
	form, err := r.readPluginForm()
	if err != nil {
		return err
	}
	action, ok := p.action(r.Param("action"))
	if !ok {
		return notFound()
	}
	if err := p.stand(&form); err != nil {
		return err
	}
	if err := s.mayStand(r, &p); err != nil {
		return err
	}
	if err := r.need(action.Permission); err != nil {
		return err
	}
	values, again, err := s.judgeForm(r, &p, &form, action.ID)
	if err != nil {
		return err
	}
	if again != nil {
		return s.showPlugin(r, &p, *again)
	}
	if action.Confirm != "" && !form.confirmed {
		return s.askFirst(r, &p, &form, action, values)
	}
	return s.act(r, &p, &form, action, values)
}

func (p *pluginPlace) action(id string) (manifest.Action, bool) {
	list := p.Manifest.Contributes.Actions
	i := slices.IndexFunc(list, func(a manifest.Action) bool { return a.ID == id })
	if i < 0 {
		return manifest.Action{}, false
	}
	return list[i], true
}

// stand takes from a form where it stands.
func (p *pluginPlace) stand(form *pluginForm) error {
	path, err := pagePath(form.page)
	if err != nil || path != form.page || len(form.query) > 2000 {
		return unparsable("The form does not say where it stands.")
	}
	p.page, p.query, p.widget, p.size = form.page, form.query, form.widget, sizeOf(form.size)
	return nil
}

// mayStand asks whether the person may see the page or the widget that a form
// stands on: what they may not see they may not send.
func (s *Server) mayStand(r *request, p *pluginPlace) error {
	if p.widget != "" {
		if _, ok := p.widgetOf(p.widget); !ok {
			return notFound()
		}
		return r.need(widgetPermission(p.Manifest))
	}
	page, ok := p.declared(p.page)
	if !ok {
		return notFound()
	}
	return r.need(page.Permission)
}

const oldForm = "This form is of an earlier version of the page, or was changed on its way. Nothing was done: look at it again and send it once more."

// judgeForm holds what came against what was asked for. It gives the values for
// the guest, or how the page is shown again.
func (s *Server) judgeForm(r *request, p *pluginPlace, form *pluginForm, action string) (map[string]any, *showing, error) {
	key, of := s.config.Server.SecretKey, p.standing(r)
	if form.form < 0 {
		values, err := form.button()
		if err != nil || !s.pluginForms.marked(key, of, action, form.values, form.sealed) {
			return nil, &showing{status: http.StatusConflict, refused: -1, flash: &ui.Notice{Tone: ui.Danger, Role: "alert", Text: oldForm}}, nil
		}
		return values, nil, nil
	}
	sealed, err := s.pluginForms.open(key, of, form.sealed, r.Now())
	more, sends := sealed.sends(action)
	if err != nil || !sends {
		typed := map[string]string{}
		for name, value := range form.given {
			typed[name], _ = value.(string)
		}
		return nil, &showing{status: http.StatusConflict, refused: form.form, values: typed, errors: map[string]string{}, flash: &ui.Notice{Tone: ui.Danger, Role: "alert", Text: oldForm}}, nil
	}
	values, wrong := host.CheckValues(sealed.Elements, form.given)
	if err := s.checkPeople(r, p, sealed.Elements, values, wrong); err != nil {
		return nil, nil, err
	}
	if len(wrong) > 0 {
		return nil, &showing{status: http.StatusUnprocessableEntity, refused: form.form, values: form.typed(sealed.Elements), errors: wrong}, nil
	}
	maps.Copy(values, more)
	form.elements = sealed.Elements
	return values, nil, nil
}

// askFirst asks what the manifest wants asked, where no script has.
func (s *Server) askFirst(r *request, p *pluginPlace, form *pluginForm, action manifest.Action, values map[string]any) error {
	shell, err := r.inside(ui.LayoutPlain, p.workspace.ID, "")
	if err != nil {
		return err
	}
	fields := []ui.Hidden{{Name: "_page", Value: form.page}, {Name: "_query", Value: form.query}, {Name: "_sealed", Value: form.sealed}, {Name: "_confirmed", Value: "1"}}
	if form.widget != "" {
		fields = append(fields, ui.Hidden{Name: "_widget", Value: form.widget}, ui.Hidden{Name: "_size", Value: form.size})
	}
	if form.form < 0 {
		fields = append(fields, ui.Hidden{Name: "_values", Value: form.values})
	} else {
		fields = append(fields, ui.Hidden{Name: "_form", Value: ui.Number(form.form)})
	}
	for _, name := range slices.Sorted(maps.Keys(form.given)) {
		text, ok := form.given[name].(string)
		if !ok { // a file cannot be asked about: it would have to be chosen again
			return s.act(r, p, form, action, values)
		}
		fields = append(fields, ui.Hidden{Name: name, Value: text})
	}
	return r.Page(fiber.StatusOK, shell, ui.ConfirmPage{Back: p.here(), Confirm: ui.Confirm{
		ID: "act", Title: action.Confirm, Text: "From the plugin " + p.Manifest.Name + ".", URL: r.Path(), Keep: "Go back", Do: action.Title, Fields: fields,
	}})
}

// act calls the guest and answers with what it says.
func (s *Server) act(r *request, p *pluginPlace, form *pluginForm, action manifest.Action, values map[string]any) error {
	answer, err := s.plugins.Action(r.Ctx(), r.pluginCall(p), host.ActionInput{ID: action.ID, Values: values})
	if err != nil {
		words, status, err := s.failedWords(r, p, err)
		if err != nil {
			return err
		}
		return s.showAgain(r, p, form, status, map[string]string{"": words})
	}
	return s.answerForm(r, p, form, &answer)
}

// answerForm answers what was sent to an action or to a page.
func (s *Server) answerForm(r *request, p *pluginPlace, form *pluginForm, answer *host.Answer) error {
	switch {
	case answer.Error != nil:
		wrong := maps.Clone(answer.Error.Fields)
		if len(wrong) == 0 {
			wrong = map[string]string{"": answer.Error.Message}
		}
		return s.showAgain(r, p, form, http.StatusUnprocessableEntity, wrong)
	case answer.Redirect != "":
		return s.followPlugin(r, p, answer)
	case answer.Blocks != nil:
		return s.showPlugin(r, p, showing{status: fiber.StatusOK, answer: answer, refused: -1})
	}
	return s.showChanged(r, p, noticeOf(answer.Flash))
}

// showAgain shows the page once more with what is wrong: beside the form it was
// sent from, or above the page for a button.
func (s *Server) showAgain(r *request, p *pluginPlace, form *pluginForm, status int, wrong map[string]string) error {
	if form.form < 0 {
		words := wrong[""]
		for _, name := range slices.Sorted(maps.Keys(wrong)) {
			if words == "" {
				words = wrong[name]
			}
		}
		return s.showPlugin(r, p, showing{status: status, refused: -1, flash: &ui.Notice{Tone: ui.Danger, Role: "alert", Text: words}})
	}
	return s.showPlugin(r, p, showing{status: status, refused: form.form, values: form.typed(form.elements), errors: wrong})
}

// showChanged shows the page as it is after an action that says no more than that:
// htmx swaps it, everybody else goes there.
func (s *Server) showChanged(r *request, p *pluginPlace, flash *ui.Notice) error {
	if r.Partial() {
		return s.showPlugin(r, p, showing{status: fiber.StatusOK, refused: -1, flash: flash})
	}
	if flash != nil {
		if err := r.Say(*flash); err != nil {
			return err
		}
	}
	if p.widget != "" {
		return r.Redirect(r.cameFrom("/w/"+p.workspace.ID+"/dashboard", r.admin("")))
	}
	return r.Redirect(p.here())
}

// sendToPage takes a form without an action: the page gets it.
func (s *Server) sendToPage(r *request, p *pluginPlace, form *pluginForm) error {
	page := p.page
	if err := p.stand(form); err != nil {
		return err
	}
	if p.page != page || form.form < 0 || p.widget != "" {
		return unparsable("The form does not say where it stands.")
	}
	values, again, err := s.judgeForm(r, p, form, "")
	if err != nil {
		return err
	}
	if again != nil {
		return s.showPlugin(r, p, *again)
	}
	answer, err := s.askPlugin(r, p, values)
	if err != nil {
		words, status, err := s.failedWords(r, p, err)
		if err != nil {
			return err
		}
		return s.showAgain(r, p, form, status, map[string]string{"": words})
	}
	return s.answerForm(r, p, form, &answer)
}

// proposalsOf answers what a combobox proposes for what was typed: the titles of
// the list that its action answers with.
func (s *Server) proposalsOf(r *request) error {
	p, err := s.placeOf(r)
	if err != nil {
		return err
	}
	form, err := r.readPluginForm()
	if err != nil {
		return err
	}
	action, ok := p.action(r.Param("action"))
	if !ok || s.plugins.SafeMode() {
		return notFound()
	}
	if err := p.stand(&form); err != nil {
		return err
	}
	if err := s.mayStand(r, &p); err != nil {
		return err
	}
	if err := r.need(action.Permission); err != nil {
		return err
	}
	sealed, err := s.pluginForms.open(s.config.Server.SecretKey, p.standing(r), form.sealed, r.Now())
	if err != nil || !sealed.proposes(action.ID) {
		return fault.New(fault.Conflict, oldForm)
	}
	typed, _ := form.given["query"].(string)
	answer, err := s.plugins.Action(r.Ctx(), r.pluginCall(&p), host.ActionInput{ID: action.ID, Values: map[string]any{"query": cut(typed, 200)}})
	if err != nil {
		r.log.Info("proposals of a plugin", "plugin", p.ID, "error", err)
		return r.Fragment(fiber.StatusOK, "partials/blocks#proposals", []ui.Option(nil))
	}
	var options []ui.Option
	for _, b := range answer.Blocks {
		if list, ok := b.(*host.List); ok {
			for _, item := range list.Items {
				options = append(options, ui.Option{Value: item.Title, Label: item.Text})
			}
		}
	}
	return r.Fragment(fiber.StatusOK, "partials/blocks#proposals", options)
}
