package server

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
)

// pluginSettingsReply is what is set for a plugin in a workspace: with defaults,
// secrets masked.
type pluginSettingsReply struct {
	Settings map[string]any `json:"settings"`
	Set      []string       `json:"set"`    // names that were set here
	Schema   jsontext.Value `json:"schema"` // null where nothing can be set
}

type pluginSettingsBody struct {
	Settings map[string]any `json:"settings" validate:"required,max=200"`
}

// pluginSettings answers what is set.
func (s *Server) pluginSettings(r *request, q pluginQuery) (pluginSettingsReply, error) {
	got, err := s.plugins.Settings(r.Ctx(), r.Param("plugin"), q.of(r))
	if err != nil {
		return pluginSettingsReply{}, err
	}
	out := pluginSettingsReply{Settings: got.Values, Set: got.Set, Schema: jsontext.Value("null")}
	if got.Schema != nil {
		if out.Schema, err = json.Marshal(got.Schema); err != nil {
			return out, err
		}
	}
	return out, nil
}

// setPluginSettings replaces what is set; a secret that is the mask stays.
func (s *Server) setPluginSettings(r *request, in pluginSettingsBody) (pluginSettingsReply, error) {
	q := pluginQuery{WorkspaceID: r.Query("workspace_id")}
	workspaceID := q.of(r)
	if workspaceID == "" {
		return pluginSettingsReply{}, fault.Field("workspace_id", "is missing")
	}
	if err := s.plugins.SetSettings(r.Ctx(), r.Session(), r.Param("plugin"), workspaceID, in.Settings); err != nil {
		return pluginSettingsReply{}, err
	}
	return s.pluginSettings(r, q)
}
