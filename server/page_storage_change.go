package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// Audit actions of the page Storage, besides file.ActCollect.
const (
	actFileQuota = "storage.quota_changed"
	actFileCheck = "storage.checked"
)

// outliving is a context for what goes on after the answer, in the name of
// whoever asked, until the server ends.
func (s *Server) outliving(r *request) context.Context {
	return audit.WithOrigin(s.life, audit.OriginFrom(r.Ctx()))
}

// collectFilesPage asks before files go.
func (s *Server) collectFilesPage(r *request) error {
	shell, err := r.inside(ui.LayoutPlain, r.active(), "")
	if err != nil {
		return err
	}
	done, err := s.files.keeper.Collect(r.Ctx(), file.CollectRequest{WorkspaceID: r.active(), Retention: -1, Dry: true})
	if err != nil {
		return err
	}
	text := "Nothing is old enough to go just now; what nothing names is marked."
	if done.Deleted > 0 {
		text = ui.Plural(done.Deleted, "file goes", "files go") + ", " + ui.Bytes(done.Freed) + ", that nothing has named for " + daysOf(s.config.Storage.Retention) + ". This cannot be undone."
	}
	page := ui.ConfirmPage{Back: r.admin("/storage#collect"), Points: []string{"A file that any message, document or setting names stays."}, Confirm: ui.Confirm{
		ID: "collect", Title: "Collect files of " + shell.Workspace.Name + " now?", URL: r.admin("/storage/collect"), Keep: "Not now", Do: "Collect", Text: text,
	}}
	waits := ui.Plural(done.Waiting, "file", "files") + ", " + ui.Bytes(done.WaitingBytes) + "."
	switch {
	case done.Waiting == 0:
	case done.Held:
		page.Points = append(page.Points, "The server was restored from a backup lately, and devices may still name what waits for the end of the "+daysOf(s.config.Storage.Retention)+": "+waits+" It stays until then.")
	default:
		page.Choice = &ui.ConfirmChoice{Name: "early", Label: "Also what waits for the end of the " + daysOf(s.config.Storage.Retention) + ": " + waits, Note: "Nobody can bring these back then."}
	}
	return r.Page(fiber.StatusOK, shell, page)
}

type collectForm struct {
	Early bool `form:"early"`
}

// collectFilesWithForm begins a collection; the page tells how far it is.
func (s *Server) collectFilesWithForm(r *request, f submitted[collectForm]) error {
	req := file.CollectRequest{WorkspaceID: r.active(), Retention: -1, Early: f.Values.Early, ActorID: r.Session().UserID}
	if _, err := s.files.keeper.StartCollect(s.outliving(r), req, s.inBackground); err != nil {
		return err
	}
	return r.Redirect(r.admin("/storage#runs"))
}

// checkFilesWithForm begins to read every file.
func (s *Server) checkFilesWithForm(r *request, _ submitted[nothing]) error {
	_, err := s.files.keeper.StartCheck(s.outliving(r), r.Session().UserID, s.inBackground)
	if fault.Is(err, fault.Conflict) {
		return r.done(r.admin("/storage#runs"), "All files are being checked already.")
	}
	if err != nil {
		return err
	}
	if err := s.audit.Record(r.Ctx(), audit.Entry{Action: actFileCheck, TargetKind: "deployment"}); err != nil {
		r.log.Error("audit of a check", "error", err)
	}
	return r.Redirect(r.admin("/storage#runs"))
}

// quotaForm is the form of one workspace's quota, when it was asked for.
func (s *Server) quotaForm(r *request, typed *ui.QuotaForm) (*ui.QuotaForm, error) {
	id := r.Query("quota")
	if typed != nil || id == "" || !r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment()) {
		return typed, nil
	}
	usage, err := s.files.books.Usage(r.Ctx(), id)
	if err != nil {
		return nil, err
	}
	v := quotaValues{}
	if usage.Own {
		v.Quota = quotaText(&usage.Quota)
		if usage.Quota >= 0 {
			v.Quota = config.SizeText(usage.Quota)
		}
	}
	return s.newQuotaForm(r, id, formOf("quota", v))
}

func (s *Server) newQuotaForm(r *request, id string, form ui.Form) (*ui.QuotaForm, error) {
	w, err := s.workspaces.Get(r.Ctx(), id)
	if err != nil {
		return nil, err
	}
	return &ui.QuotaForm{Form: form, URL: r.admin("/storage/quota/" + w.ID), Workspace: w.Name, Default: s.quotaWords(nil)}, nil
}

type quotaValues struct {
	Quota string `form:"quota" label:"The quota" validate:"max=40"`
}

// saveQuota gives a workspace a quota of its own, or takes it away.
func (s *Server) saveQuota(r *request, f submitted[quotaValues]) error {
	id := r.Param("id")
	w, err := s.workspaces.Get(r.Ctx(), id)
	if err != nil {
		return err
	}
	quota, ok := parseQuota(f.Values.Quota)
	if f.OK() && !ok {
		f.Fields = map[string]string{"quota": "Write a size such as 500 MB or 10 GB, none, or nothing at all."}
	}
	if !f.OK() {
		form, err := s.newQuotaForm(r, id, f.again("quota"))
		if err != nil {
			return err
		}
		return s.showStorage(r, fiber.StatusUnprocessableEntity, form)
	}
	usage, err := s.files.books.Usage(r.Ctx(), id)
	if err != nil {
		return err
	}
	var before *int64
	if usage.Own {
		before = &usage.Quota
	}
	if err := s.files.books.SetQuota(r.Ctx(), id, quota); err != nil {
		return err
	}
	entry := audit.Entry{Action: actFileQuota, WorkspaceID: id, TargetKind: "workspace", TargetID: id,
		Details: map[string]any{"name": w.Name, "before": map[string]string{"quota": quotaText(before)}, "after": map[string]string{"quota": quotaText(quota)}}}
	if err := s.audit.Record(r.Ctx(), entry); err != nil {
		r.log.Error("audit of a quota", "error", err)
	}
	return r.done(r.admin("/storage"), w.Name+" may now keep: "+quotaSentence(s.quotaWords(quota)))
}

func quotaSentence(words string) string {
	if words == "none" {
		return "as much as there is room for."
	}
	return words + "."
}

func quotaText(q *int64) string {
	switch {
	case q == nil:
		return "the server's"
	case *q < 0:
		return "none"
	}
	return strconv.FormatInt(*q, 10)
}

// parseQuota reads what was typed: nothing is the deployment's quota, "none" no
// bound.
func parseQuota(text string) (*int64, bool) {
	switch text = strings.TrimSpace(text); strings.ToLower(text) {
	case "":
		return nil, true
	case "none", "no bound", "unlimited":
		n := int64(-1)
		return &n, true
	}
	n, err := config.ParseSize(text)
	return &n, err == nil
}
