package server

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

const entriesPerPage = 50

// readsDeployment reports whether the caller sees what concerns the server itself.
func (r *request) readsDeployment() bool {
	return r.Can(policies.AdminAccess, policies.TheDeployment())
}

// auditPage is /admin/audit: newest first, one entry open at a time.
func (s *Server) auditPage(r *request) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "audit")
	if err != nil {
		return err
	}
	f := r.logFilter()
	view := ui.AuditPage{Scope: shell.Site, Zone: r.clock().Zone(), Filter: formOf("filter", f), Filtered: len(f.values()) > 0, ClearURL: r.admin("/audit")}
	if r.readsDeployment() {
		view.Scope = "the whole deployment"
	}
	view.Chain = s.chainOf(r)
	if err := s.fillFilter(r, &view); err != nil {
		return err
	}
	view.Chips = f.chips(r, view)
	view.ExportCSV, view.ExportJSON = f.export(r, "csv"), f.export(r, "json")
	status, err := s.fillEntries(r, &view, f)
	if err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

// fillFilter offers the people and workspaces one can filter by.
func (s *Server) fillFilter(r *request, view *ui.AuditPage) error {
	scope := r.active()
	if r.readsDeployment() {
		scope = ""
	}
	facets, err := s.audit.Facets(r.Ctx(), scope)
	if err != nil {
		return err
	}
	view.Actions = facets.Actions
	view.Actors = []ui.Option{{Value: "", Label: "Everyone"}}
	for _, a := range facets.Actors {
		view.Actors = append(view.Actors, actorOption(a))
	}
	if actor := view.Filter.Value("actor"); actor != "" && labelOf(view.Actors, actor) == actor {
		view.Actors = append(view.Actors, ui.Option{Value: actor, Label: actor})
	}
	if !r.readsDeployment() {
		return nil
	}
	view.Workspaces = []ui.Option{{Value: "", Label: "Every workspace"}}
	all, _, err := s.workspaces.All(r.Ctx(), workspace.AllQuery{IncludeDeleted: true, PerPage: 100})
	for _, w := range all {
		view.Workspaces = append(view.Workspaces, ui.Option{Value: w.ID, Label: w.Name})
	}
	return err
}

// actorOption offers somebody who acted: by id, or by name for those without.
func actorOption(a audit.Actor) ui.Option {
	o := ui.Option{Value: a.ID, Label: a.Name}
	if o.Value == "" {
		o.Value = a.Name
	}
	if o.Label == "" {
		o.Label = a.ID
	}
	return o
}

// fillEntries adds the entries; a filter that means nothing is said in the form.
func (s *Server) fillEntries(r *request, view *ui.AuditPage, f logFilter) (int, error) {
	selects, err := f.selects(r)
	var page audit.Page
	newest := false
	if err == nil {
		page, newest, err = s.entries(r, selects)
	}
	if fault.Is(err, fault.Invalid) {
		view.Filter.Errors = publicError(err).Fields
		return fiber.StatusUnprocessableEntity, nil
	}
	if err != nil {
		return 0, err
	}
	words := auditWords{clock: r.clock(), here: r.pageWithout("entry"), admin: r.admin, names: namesOf(view.Workspaces), several: selects.WorkspaceID == "", plugin: s.auditPlugins(r)}
	for _, e := range page.Entries {
		view.Rows = append(view.Rows, words.row(e, strconv.FormatInt(e.Seq, 10) == r.Query("entry")))
	}
	view.Pager = logPager(r, f, page, newest)
	return fiber.StatusOK, nil
}

// entries reads the page that the address names: older than a cursor, newer
// than an entry, around the entry of a link, or the newest.
func (s *Server) entries(r *request, selects audit.Filter) (page audit.Page, newest bool, err error) {
	if after := r.Query("after"); after != "" {
		return s.audit.ListNewer(r.Ctx(), selects, after)
	}
	selects.Cursor = r.Query("cursor")
	if selects.Cursor == "" {
		selects.Cursor = besideEntry(r.Query("entry"))
	}
	page, err = s.audit.List(r.Ctx(), selects)
	return page, selects.Cursor == "", err
}

// besideEntry is the cursor of the page that has an entry near its top, "" for
// none: the newest page.
func besideEntry(entry string) string {
	seq, err := strconv.ParseInt(entry, 10, 64)
	if err != nil || seq < 1 {
		return ""
	}
	return strconv.FormatInt(seq+5, 10)
}

func namesOf(options []ui.Option) map[string]string {
	names := map[string]string{}
	for _, o := range options {
		names[o.Value] = o.Label
	}
	return names
}

// logPager leads to newer and older entries and says which are shown.
func logPager(r *request, f logFilter, page audit.Page, newest bool) ui.Pager {
	p := ui.Pager{Log: true}
	if len(page.Entries) == 0 {
		return p
	}
	first, last := page.Entries[0].Seq, page.Entries[len(page.Entries)-1].Seq
	p.Text = "Entries " + ui.Number(first) + " to " + ui.Number(last)
	if !newest {
		v := f.values()
		v.Set("after", strconv.FormatInt(first, 10))
		p.PrevURL = withQuery(r.admin("/audit"), v)
	}
	if page.Next != "" {
		v := f.values()
		v.Set("cursor", page.Next)
		p.NextURL = withQuery(r.admin("/audit"), v)
	}
	return p
}

// exportAuditPage answers what the page's filter selects, as a file.
func (s *Server) exportAuditPage(r *request) error {
	format := known(r.Query("format"), string(audit.CSV), string(audit.JSON))
	if format == "" {
		return fault.Field("format", "Use csv or json.")
	}
	selects, err := r.logFilter().selects(r)
	if err != nil {
		return err
	}
	return s.sendAudit(r, selects, audit.Format(format))
}

// chainOf is what is known of the log's soundness. How many entries there are
// is for those who read the deployment.
func (s *Server) chainOf(r *request) ui.ChainState {
	found, at := s.chainState(r.Ctx())
	state := ui.ChainState{Checked: !at.IsZero(), Sound: found.OK(), At: r.clock().At(at)}
	if r.readsDeployment() {
		state.Entries = found.Entries
	}
	if !state.Sound {
		state.Problem = sentenceCase(found.Break.Problem) + "."
	}
	return state
}
