package server

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
)

// installReply tells what became of a package. While it waits for consent,
// capabilities and diff say what has to be agreed to.
type installReply struct {
	State        string            `json:"state"`
	Unchanged    bool              `json:"unchanged"`
	ID           string            `json:"id"`
	Version      string            `json:"version"`
	SHA256       string            `json:"sha256"`
	Signature    signatureReply    `json:"signature"`
	Capabilities []capabilityReply `json:"capabilities"`
	Diff         []pluginDiffReply `json:"diff"`
	Replaces     []replacedReply   `json:"replaces"` // whose place it takes once somebody agrees, or has taken
	Plugin       pluginReply       `json:"plugin"`
}

// replacedReply is a plugin whose data, settings and places another one takes.
type replacedReply struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// installPlugin takes a package: 202 when it waits for consent, 201 when a plugin
// is new and runs, 200 when one is updated or the same bytes were there.
func (s *Server) installPlugin(r *request, in packageForm) error {
	got, err := s.plugins.Install(r.Ctx(), r.Session(), in.zip, in.options())
	if err != nil {
		return err
	}
	out := installReply{State: string(got.Plugin.State), Unchanged: got.Unchanged, ID: got.Plugin.ID, Capabilities: []capabilityReply{}, Diff: []pluginDiffReply{}, Replaces: []replacedReply{}}
	for i := range got.Replaces {
		out.Replaces = append(out.Replaces, replacedReply{ID: got.Replaces[i].ID, Name: got.Replaces[i].Name})
	}
	v, status := got.Plugin.Active, fiber.StatusOK
	switch {
	case got.AwaitingConsent:
		v, status, out.State = got.Plugin.Waiting, fiber.StatusAccepted, string(plugins.StateAwaiting)
	case got.New && !got.Unchanged:
		status = fiber.StatusCreated
	}
	if v != nil {
		out.Version, out.SHA256, out.Signature = v.Version, v.SHA256, signatureOf(v.Signature)
		out.Capabilities, out.Diff = capabilitiesOf(v), pluginDiffOf(v.Diff)
	}
	if out.Plugin, err = s.pluginReply(r, got.Plugin, r.session.WorkspaceID); err != nil {
		return err
	}
	r.c.Status(status)
	return r.writeJSON(out)
}

// consentBody agrees to the version that waits: these very bytes.
type consentBody struct {
	Version string         `json:"version" validate:"required,max=100"`
	SHA256  string         `json:"sha256" validate:"required,len=64"`
	Grant   jsontext.Value `json:"grant"`
}

// consentPlugin agrees to what the waiting version asks for.
func (s *Server) consentPlugin(r *request, in consentBody) (pluginReply, error) {
	var g grant
	var all string
	var names []string
	switch {
	case len(in.Grant) == 0:
		return pluginReply{}, fault.Field("grant", `is missing: "all" or a list of capabilities`)
	case json.Unmarshal(in.Grant, &all) == nil && all == "all":
		g.all = true
	case in.Grant.Kind() == '[' && json.Unmarshal(in.Grant, &names) == nil:
		if err := g.add(names); err != nil {
			return pluginReply{}, err
		}
		g.all = false
		if slices.Contains(names, "all") {
			return pluginReply{}, fault.Field("grant", fmt.Sprintf("The plugin does not ask for %q.", "all"))
		}
	default:
		return pluginReply{}, fault.Field("grant", `has to be "all" or a list of capabilities`)
	}
	p, err := s.plugins.Consent(r.Ctx(), r.Session(), r.Param("plugin"), plugins.ConsentOptions{Version: in.Version, SHA256: in.SHA256, Grant: g.names, All: g.all})
	if err != nil {
		return pluginReply{}, err
	}
	return s.pluginReply(r, p, r.session.WorkspaceID)
}
