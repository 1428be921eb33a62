package server

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/ui"
)

// How much the page lists.
const (
	listedFiles      = 10
	listedRuns       = 8
	listedWorkspaces = 50
)

// looksPerMinute is how often a person may ask what a collection would delete:
// it reads every row of the workspace.
var looksPerMinute = routeRate{PerMinute: 10, By: perPerson}

// storagePage is /admin/storage: what files use, what can go, and whether their
// bytes are right.
func (s *Server) storagePage(r *request) error {
	return s.showStorage(r, fiber.StatusOK, nil)
}

// showStorage draws the page; typed is a form of a quota that came back.
func (s *Server) showStorage(r *request, status int, typed *ui.QuotaForm) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "storage")
	if err != nil {
		return err
	}
	view := ui.StoragePage{
		Workspace: shell.Workspace.Name, Retention: daysOf(s.config.Storage.Retention), CheckEvery: daysOf(s.config.Storage.CheckEvery),
		CanCollect: r.Can(policies.WorkspaceSettingsManage, policies.Resource{}), CanCheck: r.Can(policies.WorkspaceSettingsManage, policies.TheDeployment()),
		DryURL: r.admin("/storage?look=on#collect"), CollectURL: r.admin("/storage/collect"), CheckURL: r.admin("/storage/check"), RunsURL: r.admin("/storage"),
	}
	if view.Runs, err = s.fileRuns(r, shell); err != nil {
		return err
	}
	if r.Partial() && typed == nil {
		return r.Fragment(status, "admin/storage#runs", view)
	}
	if view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.active()); err != nil {
		return err
	}
	for _, fill := range []func(*request, *ui.StoragePage) error{s.fillUsage, s.fillUploads, s.fillWorkspaces, s.fillFiles, s.fillDry} {
		if err := fill(r, &view); err != nil {
			return err
		}
	}
	if view.QuotaForm, err = s.quotaForm(r, typed); err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

// daysOf words a duration: "30 days".
func daysOf(d time.Duration) string {
	if d < 48*time.Hour {
		return ui.Plural(int64(d/time.Hour), "hour", "hours")
	}
	return ui.Plural(int64(d/(24*time.Hour)), "day", "days")
}

func (s *Server) fillUsage(r *request, view *ui.StoragePage) error {
	usage, err := s.files.books.Usage(r.Ctx(), r.active())
	if err != nil {
		return err
	}
	types, err := db.UsageByType(r.Ctx(), s.db.Read(), r.active())
	if err != nil {
		return err
	}
	view.Types = typesOf(types)
	var files int64
	for _, t := range types {
		files += t.Files
	}
	view.Figures = []ui.Figure{{Name: "Files", Value: ui.Number(files)}, {Name: "Used", Value: ui.Bytes(usage.Used)}, {Name: "Being uploaded", Value: ui.Bytes(usage.Reserved)}}
	if usage.Quota < 0 {
		view.QuotaNote = "There is no bound on what this workspace may keep."
	} else {
		view.Quota = ui.QuotaProgress(usage.Used, usage.Reserved, usage.Quota)
	}
	return nil
}

// typesOf puts media types together as people tell them apart.
func typesOf(list []db.TypeUsage) ui.Usage {
	u := ui.Usage{Of: "Type"}
	for _, t := range list {
		name := typeName(t.MediaType)
		i := slices.IndexFunc(u.Rows, func(r ui.UsageRow) bool { return r.Name == name })
		if i < 0 {
			u.Rows = append(u.Rows, ui.UsageRow{Name: name})
			i = len(u.Rows) - 1
		}
		u.Rows[i].Files += t.Files
		u.Rows[i].Bytes += t.Bytes
	}
	slices.SortStableFunc(u.Rows, func(a, b ui.UsageRow) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return u.Shared()
}

func typeName(mediaType string) string {
	kind, _, _ := strings.Cut(mediaType, "/")
	switch {
	case mediaType == "application/pdf":
		return "PDF documents"
	case kind == "image":
		return "Images"
	case kind == "text":
		return "Text"
	case kind == "audio":
		return "Audio"
	case kind == "video":
		return "Video"
	}
	return "Other files"
}

// fillWorkspaces adds the server's workspaces, for who may read them.
func (s *Server) fillWorkspaces(r *request, view *ui.StoragePage) error {
	if !r.readsDeployment() {
		return nil
	}
	list, all, err := db.UsageByWorkspace(r.Ctx(), s.db.Read(), listedWorkspaces)
	if err != nil {
		return err
	}
	u := ui.Usage{Of: "Workspace", Quota: true}
	for _, w := range list {
		row := ui.UsageRow{Name: w.Name, Files: w.Files, Bytes: w.Bytes, Quota: s.quotaWords(w.QuotaBytes)}
		if w.Deleted {
			row.Note = "deleted, can be restored"
		}
		if view.CanCheck && !w.Deleted { // its quota is set again once it is restored
			row.QuotaURL = r.admin("/storage?quota=" + url.QueryEscape(w.WorkspaceID) + "#quota")
		}
		u.Rows = append(u.Rows, row)
	}
	u = u.Shared()
	view.Workspaces, view.More = &u, all-len(list)
	return nil
}

// quotaWords words a workspace's own quota, or the deployment's.
func (s *Server) quotaWords(own *int64) string {
	quota := s.config.Storage.WorkspaceQuota
	if own != nil {
		quota = *own
	}
	if quota < 0 {
		return "none"
	}
	return ui.Bytes(quota)
}

func (s *Server) fillFiles(r *request, view *ui.StoragePage) error {
	largest, err := db.LargestFiles(r.Ctx(), s.db.Read(), r.active(), listedFiles)
	if err != nil {
		return err
	}
	for i := range largest {
		view.Largest = append(view.Largest, storedFile(r, &largest[i]))
	}
	damaged, all, err := db.DamagedFiles(r.Ctx(), s.db.Read(), r.active(), listedFiles)
	if err != nil {
		return err
	}
	view.DamagedAll = all
	for i := range damaged {
		view.Damaged = append(view.Damaged, storedFile(r, &damaged[i]))
	}
	if r.readsDeployment() {
		_, everywhere, err := db.DamagedFiles(r.Ctx(), s.db.Read(), "", 1)
		if err != nil {
			return err
		}
		view.Elsewhere = everywhere - all
	}
	return nil
}

func storedFile(r *request, f *db.LargeFile) ui.StoredFile {
	var facts struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal([]byte(f.Facts), &facts) // what is no name is none
	out := ui.StoredFile{Name: engine.PlainName(facts.Name), Hash: f.Hash, Type: f.MediaType, Bytes: f.SizeBytes, Who: f.Owner, WhoID: f.CreatedBy, At: r.clock().AtMillis(f.CreatedAt), Damage: f.Damage}
	if f.DamagedAt != nil {
		out.FoundAt = r.clock().AtMillis(*f.DamagedAt)
	}
	return out
}

// fillDry adds what a collection would delete, when it was asked for.
func (s *Server) fillDry(r *request, view *ui.StoragePage) error {
	if r.Query("look") != "on" {
		return nil
	}
	if err := r.spend("GET /admin/storage?look", looksPerMinute); err != nil {
		return err
	}
	done, err := s.files.keeper.Collect(r.Ctx(), file.CollectRequest{WorkspaceID: r.active(), Retention: -1, Dry: true})
	if err != nil {
		return err
	}
	view.Dry = &ui.DryCollection{Files: done.Deleted, Bytes: done.Freed, Waiting: done.Waiting, Waits: done.WaitingBytes}
	for _, f := range done.Files[:min(len(done.Files), 50)] {
		one := ui.StoredFile{Hash: f.Hash, Type: f.MediaType, Bytes: f.Size, At: r.clock().At(f.Since)}
		if f.Stray {
			one.Type = "Sent and never committed"
		}
		view.Dry.Listed = append(view.Dry.Listed, one)
	}
	return nil
}

// fileRuns are the latest runs of the workspace and, for who may read the
// deployment, of all.
func (s *Server) fileRuns(r *request, shell ui.Shell) ([]ui.FileRun, error) {
	list, err := s.files.keeper.Runs(r.Ctx(), r.active(), r.readsDeployment(), listedRuns)
	runs := make([]ui.FileRun, 0, len(list))
	for i := range list {
		runs = append(runs, fileRun(r, shell, &list[i]))
	}
	return runs, err
}

func fileRun(r *request, shell ui.Shell, f *db.ListedFileRun) ui.FileRun {
	out := ui.FileRun{ID: f.ID, What: "Collection", At: r.clock().AtMillis(f.StartedAt), By: askedBy(shell, f.ActorID, f.ActorName), Failed: f.Error, Stopped: f.State == db.RunStopped}
	out.Result = ui.Plural(f.Found, "file", "files") + " deleted, " + ui.Bytes(f.Bytes) + " freed"
	if f.Marked > 0 {
		out.Result += ", " + ui.Number(f.Marked) + " marked"
	}
	if f.Kind == db.FileScrub {
		out.What = "Check of all files"
		out.Result = ui.Plural(f.Looked, "file", "files") + " read, " + ui.Number(f.Found) + " damaged"
	}
	if f.State == db.RunRunning {
		out.Progress = ui.RunProgress(out.What, f.Looked, f.Total)
	}
	return out
}
