package server

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/ui"
)

// syncFind is the row somebody looks for, which lives in the address.
type syncFind struct {
	Table string `query:"table"`
	PK    string `query:"pk"`
}

// syncPage is /admin/sync: the active workspace's devices, its log, and what
// was written to a row.
func (s *Server) syncPage(r *request) error {
	shell, err := r.inside(ui.LayoutAdmin, r.active(), "sync")
	if err != nil {
		return err
	}
	over, err := s.engine.Overview(r.Ctx(), r.active())
	if err != nil {
		return err
	}
	view := ui.SyncPage{
		Workspace: shell.Site, Retention: "30 days",
		CanCollect: r.Can(policies.WorkspaceSettingsManage, policies.Resource{}), CanWrite: r.Can(policies.WorkspaceWrite, policies.Resource{}),
		DigestURL: r.admin("/sync?digest=on#digest"), CollectURL: r.admin("/sync/collect"), BringURL: r.admin("/sync/bring-back"),
		Tables: tableOptions(), Figures: s.syncFigures(r, over), Runs: syncRuns(r, shell, over),
	}
	for _, w := range shell.Workspaces {
		if w.Current {
			view.Workspace = w.Name
		}
	}
	view.Devices = syncDevices(r, over)
	if view.ReadOnly, err = r.readOnly(policies.WorkspaceSettingsManage, r.active()); err != nil {
		return err
	}
	if r.Query("digest") == "on" {
		if err := s.fillDigest(r, &view); err != nil {
			return err
		}
	}
	status, err := s.fillWrites(r, &view)
	if err != nil {
		return err
	}
	return r.Page(status, shell, view)
}

func tableOptions() []ui.Option {
	return []ui.Option{
		{Value: string(wire.Threads), Label: "Threads"}, {Value: string(wire.Messages), Label: "Messages"}, {Value: string(wire.Posts), Label: "Documents and prompts"},
		{Value: string(wire.Projects), Label: "Projects"}, {Value: string(wire.KV), Label: "Settings (kv)"}, {Value: string(wire.FileMeta), Label: "Files"},
		{Value: string(wire.Notifications), Label: "Notifications"},
	}
}

func (s *Server) syncFigures(r *request, o engine.Overview) []ui.Figure {
	figures := []ui.Figure{
		{Name: "Newest version", Value: ui.Number(o.Head)},
		{Name: "Floor", Value: ui.Number(o.Floor), Note: "who is below starts over"},
		{Name: "Writes kept", Value: ui.Number(o.Log.Changes)},
		{Name: "Rows", Value: ui.Number(o.Log.Rows), Note: "and " + ui.Plural(o.Log.Tombstones, "deletion", "deletions") + " remembered"},
		{Name: "Lost writes kept", Value: ui.Number(o.Log.Superseded)},
	}
	if o.Log.OldestAt != 0 {
		figures[2].Note = "all of the last 24 hours"
		if days := int(r.Now().Sub(time.UnixMilli(o.Log.OldestAt)) / (24 * time.Hour)); days > 0 {
			figures[2].Note = "the oldest is " + ui.Plural(days, "day", "days") + " old"
		}
	}
	if r.readsDeployment() {
		figures = append(figures, ui.Figure{Name: "Streams open", Value: ui.Number(s.streams.count()), Note: "on this server, all workspaces"})
	}
	return figures
}

func syncDevices(r *request, o engine.Overview) []ui.SyncDevice {
	devices := make([]ui.SyncDevice, 0, len(o.Devices))
	for _, d := range o.Devices {
		devices = append(devices, ui.SyncDevice{ID: d.DeviceID, OwnerID: d.UserID, Owner: d.UserName, Cursor: d.Version,
			Lag: max(0, o.Head-d.Version), Seen: r.clock().AtMillis(d.UpdatedAt), Below: d.Version < o.Floor})
	}
	return devices
}

func syncRuns(r *request, shell ui.Shell, o engine.Overview) []ui.SyncRun {
	what := map[string]string{engine.KindChangeLog: "Changes", engine.KindTombstones: "Deletions", engine.KindSuperseded: "Lost writes"}
	runs := make([]ui.SyncRun, 0, len(o.Runs))
	for _, c := range o.Runs {
		runs = append(runs, ui.SyncRun{What: what[c.Kind], At: r.clock().AtMillis(c.StartedAt), Deleted: c.Deleted, By: askedBy(shell, c), Error: c.Error})
	}
	return runs
}

func askedBy(shell ui.Shell, c db.Collection) string {
	switch c.ActorID {
	case "":
		return ""
	case shell.Person.ID:
		return "you"
	}
	return "somebody"
}

// fillDigest sums up what the visitor sees.
func (s *Server) fillDigest(r *request, view *ui.SyncPage) error {
	d, err := s.engine.Digest(r.Ctx(), r.syncActor(r.active()), wire.DigestRequest{WorkspaceID: r.active()})
	view.Digest = &ui.SyncDigest{Rows: d.Rows, Version: d.ServerVersion, Digest: d.Digest}
	return err
}

// fillWrites adds the history of the row that was asked for.
func (s *Server) fillWrites(r *request, view *ui.SyncPage) (int, error) {
	f := syncFind{Table: r.Query("table"), PK: strings.TrimSpace(r.Query("pk"))}
	view.Find = formOf("find", f)
	if f.PK == "" && f.Table == "" {
		return fiber.StatusOK, nil
	}
	if !wire.Table(f.Table).Known() || f.PK == "" || len(f.PK) > 128 {
		view.Find.Errors = map[string]string{"pk": "Say which table, and the row's id."}
		return fiber.StatusUnprocessableEntity, nil
	}
	view.Asked = true
	writes, err := s.engine.Writes(r.Ctx(), r.syncActor(r.active()), r.active(), wire.Table(f.Table), f.PK)
	for i := range writes {
		view.Writes = append(view.Writes, rowWrite(r, f, &writes[i], view.CanWrite))
	}
	return fiber.StatusOK, err
}

func rowWrite(r *request, f syncFind, w *engine.RowWrite, mayWrite bool) ui.RowWrite {
	deleted := w.Op == wire.Delete
	return ui.RowWrite{
		Table: f.Table, PK: f.PK, OpID: w.Stamp.OpID, Version: w.Version, Deleted: deleted, Current: w.Current, Who: w.UserName, WhoID: w.UserID,
		Device: w.Stamp.DeviceID, At: r.clock().At(w.At), Clock: w.Stamp.Clock, Payload: indented(w.Payload),
		CanTake: mayWrite && !deleted && !w.Current && !wire.Reserved(wire.Table(f.Table), f.PK),
	}
}

func indented(payload []byte) string {
	if len(payload) == 0 {
		return ""
	}
	var b bytes.Buffer
	if err := json.Indent(&b, payload, "", "  "); err != nil {
		return string(payload)
	}
	return b.String()
}

// rowAddress is the page with a row's history open.
func (r *request) rowAddress(table, pk string) string {
	return withQuery(r.admin("/sync"), url.Values{"table": {table}, "pk": {pk}}) + "#row"
}
