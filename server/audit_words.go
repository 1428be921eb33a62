package server

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/ui"
)

// auditWords words entries of the audit log for people.
type auditWords struct {
	clock   ui.Clock
	here    string // the page's address without an open entry
	admin   func(path string) string
	names   map[string]string // workspace names by id
	several bool              // the page covers several workspaces: name them
	plugin  func(id string) ui.AuditPlugin
}

// row is an entry as the page lists it; open adds its details.
func (w auditWords) row(e audit.Stored, open bool) ui.AuditRow {
	seq := strconv.FormatInt(e.Seq, 10)
	row := ui.AuditRow{
		Seq: e.Seq, At: w.clock.At(e.At), ActorID: e.Actor.ID, Who: e.Actor.Name, Kind: string(e.Actor.Kind), Action: e.Action, Act: actName(e.Action),
		What: whatOf(e, w.about(e)), Result: string(e.Result), From: e.IP, URL: addQuery(w.here, "entry", seq) + "#entry-" + seq,
	}
	if w.several && e.WorkspaceID != "" {
		row.Workspace = w.names[e.WorkspaceID]
	}
	if id := pluginBehind(e); id != "" {
		p := w.plugin(id)
		row.Plugin, row.Through = &p, p.Name
		if row.Who == plugins.ActorOf(id) {
			row.Who, row.ByPlugin, row.Through = p.Name, true, ""
		}
		if said, own := strings.CutPrefix(e.Action, plugins.ActorOf(id)+"."); own {
			row.Act, row.Through = p.Name+": "+actName(said), ""
		}
	}
	if open {
		row.URL = w.here + "#entry-" + seq
		row.Detail = &ui.AuditDetail{
			Diff: diffOf(e.Details), RequestID: e.RequestID, Device: deviceOf(e), ActorID: e.Actor.ID, Target: strings.TrimSpace(e.TargetKind + " " + e.TargetID),
			Hash: e.Hash, PrevSeq: e.Seq - 1, PrevHash: e.PrevHash, Link: w.admin("/audit?entry=" + seq + "#entry-" + seq),
		}
	}
	return row
}

// about names the plugin that an act was about.
func (w auditWords) about(e audit.Stored) string {
	if e.TargetKind != "plugin" || e.TargetID == "" || pluginBehind(e) != "" {
		return ""
	}
	return w.plugin(e.TargetID).Name
}

// pluginBehind is the id of the plugin that did what an entry tells, "" if none did.
func pluginBehind(e audit.Stored) string {
	if !strings.HasPrefix(e.Action, "plugin") {
		return ""
	}
	var of struct {
		Plugin string `json:"plugin"`
	}
	if json.Unmarshal(e.Details, &of) != nil {
		return ""
	}
	return of.Plugin
}

// auditPlugins names plugins by id, each asked for once; the name leads to the
// plugin for whoever may see it.
func (s *Server) auditPlugins(r *request) func(id string) ui.AuditPlugin {
	seen := map[string]ui.AuditPlugin{}
	return func(id string) ui.AuditPlugin {
		out, ok := seen[id]
		if !ok {
			out = ui.AuditPlugin{Name: id}
			if p, err := s.plugins.Get(r.Ctx(), id); err == nil {
				out.Name = p.Name
				if s.maySeePlugin(r, &p) {
					out.URL = r.pluginURL(p.ID, "")
				}
			}
			seen[id] = out
		}
		return out
	}
}

func deviceOf(e audit.Stored) string {
	if e.UserAgent == "" {
		return ""
	}
	return ui.DeviceName(e.UserAgent)
}

func addQuery(address, key, value string) string {
	if strings.Contains(address, "?") {
		return address + "&" + key + "=" + value
	}
	return address + "?" + key + "=" + value
}

func sentenceCase(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
