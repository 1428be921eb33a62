package server

import (
	"io"
	"slices"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

type pluginQuery struct {
	WorkspaceID string `query:"workspace_id" validate:"omitempty,id"`
}

// of is the workspace that was asked for, by default the active one.
func (q pluginQuery) of(r *request) string {
	if q.WorkspaceID != "" {
		return q.WorkspaceID
	}
	return r.session.WorkspaceID
}

type pluginsReply struct {
	Plugins  []pluginReply `json:"plugins"`
	SafeMode bool          `json:"safe_mode"`
}

// listPlugins answers what is installed and what is enabled in a workspace. Who
// does not see the deployment sees what can be enabled.
func (s *Server) listPlugins(r *request, q pluginQuery) (pluginsReply, error) {
	out := pluginsReply{Plugins: []pluginReply{}, SafeMode: s.plugins.SafeMode()}
	list, err := s.plugins.List(r.Ctx())
	if err != nil {
		return out, err
	}
	all := r.Can(policies.AdminAccess, policies.TheDeployment())
	for _, p := range list {
		if !all && (p.Active == nil || p.State == plugins.StateUninstalled) {
			continue
		}
		if !all {
			p = forOthers(p)
		}
		shown, err := s.pluginReply(r, p, q.of(r))
		if err != nil {
			return out, err
		}
		out.Plugins = append(out.Plugins, shown)
	}
	return out, nil
}

// forOthers is a plugin for owners of a workspace who do not run the server: what
// it may do where they switch it on. What else was asked for, what waits and where
// it fails is not theirs to decide.
func forOthers(p plugins.Plugin) plugins.Plugin {
	p.Waiting, p.LastError, p.Earlier = nil, "", nil
	if p.Active != nil {
		active := *p.Active
		active.Asks = slices.DeleteFunc(slices.Clone(active.Asks), func(a inspect.Ask) bool { return !active.Has(a.Name) })
		p.Active = &active
	}
	return p
}

// tellPlugin answers one plugin.
func (s *Server) tellPlugin(r *request) (pluginReply, error) {
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil {
		return pluginReply{}, err
	}
	return s.pluginReply(r, p, r.session.WorkspaceID)
}

// changedPlugin answers a plugin after an act.
func (s *Server) changedPlugin(r *request, err error) (pluginReply, error) {
	if err != nil {
		return pluginReply{}, err
	}
	return s.tellPlugin(r)
}

type pluginPlaceBody struct {
	WorkspaceID string `json:"workspace_id" validate:"required,id"`
}

type pluginPlaceReply struct {
	ID          string `json:"id"`
	WorkspaceID string `json:"workspace_id"`
	Enabled     bool   `json:"enabled"`
}

func (s *Server) enablePlugin(r *request, in pluginPlaceBody) (pluginPlaceReply, error) {
	id := r.Param("plugin")
	return pluginPlaceReply{id, in.WorkspaceID, true}, s.plugins.Enable(r.Ctx(), r.Session(), id, in.WorkspaceID)
}

func (s *Server) disablePlugin(r *request, in pluginPlaceBody) (pluginPlaceReply, error) {
	id := r.Param("plugin")
	return pluginPlaceReply{id, in.WorkspaceID, false}, s.plugins.Disable(r.Ctx(), r.Session(), id, in.WorkspaceID)
}

func (s *Server) releasePlugin(r *request, in pluginPlaceBody) (pluginPlaceReply, error) {
	id := r.Param("plugin")
	return pluginPlaceReply{id, in.WorkspaceID, true}, s.plugins.Release(r.Ctx(), r.Session(), id, in.WorkspaceID)
}

type rollbackBody struct {
	Version string `json:"version,omitzero" validate:"max=100"` // "" is the one before
}

func (rollbackBody) optional() {}

func (s *Server) rollbackPlugin(r *request, in rollbackBody) (pluginReply, error) {
	_, err := s.plugins.Rollback(r.Ctx(), r.Session(), r.Param("plugin"), in.Version)
	return s.changedPlugin(r, err)
}

func (s *Server) stopPlugin(r *request, _ nothing) (pluginReply, error) {
	return s.changedPlugin(r, s.plugins.Stop(r.Ctx(), r.Session(), r.Param("plugin")))
}

func (s *Server) startPlugin(r *request, _ nothing) (pluginReply, error) {
	return s.changedPlugin(r, s.plugins.Start(r.Ctx(), r.Session(), r.Param("plugin")))
}

func (s *Server) refusePlugin(r *request, _ nothing) (nothing, error) {
	return nothing{}, s.plugins.Refuse(r.Ctx(), r.Session(), r.Param("plugin"))
}

func (s *Server) uninstallPlugin(r *request, _ nothing) (nothing, error) {
	return nothing{}, s.plugins.Uninstall(r.Ctx(), r.Session(), r.Param("plugin"))
}

func (s *Server) reinstatePlugin(r *request, _ nothing) (pluginReply, error) {
	return s.changedPlugin(r, s.plugins.Reinstate(r.Ctx(), r.Session(), r.Param("plugin")))
}

func (s *Server) purgePlugin(r *request, _ nothing) (nothing, error) {
	return nothing{}, s.plugins.Purge(r.Ctx(), r.Session(), r.Param("plugin"))
}

// exportPlugin answers what a plugin has stored as lines of JSON.
func (s *Server) exportPlugin(r *request) error {
	id := r.Param("plugin")
	return r.sendWritten(written{
		name: id + ".jsonl", media: "application/jsonl; charset=utf-8",
		write: func(w io.Writer) error { return s.plugins.Export(r.Ctx(), id, w) },
		done: func(size int64) error {
			return s.audit.Record(r.Ctx(), audit.Entry{Action: plugins.ActExport, TargetKind: "plugin", TargetID: id, Details: map[string]int64{"bytes": size}})
		},
	})
}

// manifestSchema answers the JSON Schema of manifests, for editors.
func (s *Server) manifestSchema(r *request) error {
	r.c.Set(fiber.HeaderContentType, "application/schema+json")
	r.c.Set(fiber.HeaderCacheControl, "no-store")
	return r.c.Send(manifest.Schema())
}
