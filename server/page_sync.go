package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

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
// was written to a row. htmx gets the devices alone, again and again.
func (s *Server) syncPage(r *request) error {
	if r.Partial() {
		progress, err := s.engine.Progress(r.Ctx(), r.active())
		if err != nil {
			return err
		}
		return r.Fragment(fiber.StatusOK, "admin/sync#devices", syncDevices(r, progress))
	}
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
		Tables: tableOptions(), Figures: s.syncFigures(r, over), Runs: syncRuns(r, shell, over), SyncDevices: syncDevices(r, over.Progress),
	}
	for _, w := range shell.Workspaces {
		if w.Current {
			view.Workspace = w.Name
		}
	}
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
		{Name: "Floor", Value: ui.Number(o.Floor), Note: "who is below starts over"},
		{Name: "Writes kept", Value: ui.Number(o.Log.Changes)},
		{Name: "Rows", Value: ui.Number(o.Log.Rows), Note: "and " + ui.Plural(o.Log.Tombstones, "deletion", "deletions") + " remembered"},
		{Name: "Lost writes kept", Value: ui.Number(o.Log.Superseded)},
	}
	if o.Log.OldestAt != 0 {
		figures[1].Note = "all of the last 24 hours"
		if days := int(r.Now().Sub(time.UnixMilli(o.Log.OldestAt)) / (24 * time.Hour)); days > 0 {
			figures[1].Note = "the oldest is " + ui.Plural(days, "day", "days") + " old"
		}
	}
	if r.readsDeployment() {
		figures = append(figures, ui.Figure{Name: "Streams open", Value: ui.Number(s.streams.count()), Note: "on this server, all workspaces"})
	}
	return figures
}

func syncDevices(r *request, p engine.Progress) ui.SyncDevices {
	view := ui.SyncDevices{URL: r.admin("/sync"), Head: p.Head, Checked: r.clock().At(r.Now())}
	for _, d := range p.Devices {
		device := ui.SyncDevice{ID: d.DeviceID, OwnerID: d.UserID, Owner: d.UserName, Cursor: d.Version, Lag: max(0, p.Head-d.Version),
			Seen: r.clock().AtMillis(d.UpdatedAt), Below: d.Version < p.Floor, Removed: d.Removed != 0, SignedOut: d.SignedOut != 0}
		if d.Agent != "" {
			device.Name = ui.DeviceName(d.Agent)
		}
		view.Devices = append(view.Devices, device)
	}
	return view
}

// deviceOfWrite names what a write was made from.
func deviceOfWrite(devices []ui.SyncDevice, w *engine.RowWrite) ui.SyncDevice {
	switch w.Stamp.DeviceID {
	case engine.WebDevice:
		return ui.SyncDevice{Name: "the server’s pages"}
	case engine.ServerDevice:
		return ui.SyncDevice{Name: "the server"}
	}
	for _, d := range devices {
		if d.ID == w.Stamp.DeviceID && d.OwnerID == w.UserID {
			return d
		}
	}
	return ui.SyncDevice{ID: w.Stamp.DeviceID}
}

func syncRuns(r *request, shell ui.Shell, o engine.Overview) []ui.SyncRun {
	what := map[string]string{engine.KindChangeLog: "Changes", engine.KindTombstones: "Deletions", engine.KindSuperseded: "Lost writes"}
	runs := make([]ui.SyncRun, 0, len(o.Runs))
	for _, c := range o.Runs {
		runs = append(runs, ui.SyncRun{What: what[c.Kind], At: r.clock().AtMillis(c.StartedAt), Deleted: c.Deleted, By: askedBy(shell, c.ActorID, c.ActorName), Error: c.Error})
	}
	return runs
}

// askedBy names who asked for a run; "" is nobody.
func askedBy(shell ui.Shell, actorID, name string) string {
	switch actorID {
	case "":
		return ""
	case shell.Person.ID:
		return "you"
	}
	return cmp.Or(name, "somebody")
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
		view.Writes = append(view.Writes, rowWrite(r, f, &writes[i], view))
	}
	return fiber.StatusOK, err
}

func rowWrite(r *request, f syncFind, w *engine.RowWrite, page *ui.SyncPage) ui.RowWrite {
	deleted := w.Op == wire.Delete
	return ui.RowWrite{
		Table: f.Table, PK: f.PK, OpID: w.Stamp.OpID, Version: w.Version, Deleted: deleted, Current: w.Current, Said: w.Said, Who: w.UserName, WhoID: w.UserID,
		Device: deviceOfWrite(page.Devices, w), At: r.clock().At(w.At), Clock: w.Stamp.Clock, Payload: indented(w.Payload),
		CanTake: page.CanWrite && !deleted && !w.Current && !w.Said && !wire.Reserved(wire.Table(f.Table), f.PK),
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
