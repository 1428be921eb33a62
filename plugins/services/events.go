package services

import (
	"context"
	"encoding/json"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/policies"
)

// Emitted tells that a plugin told of something. It fires after all checks; who
// brings events to other plugins listens to it.
var Emitted = hook.Action[EmittedEvent]{Name: "plugins.event:action:emitted"}

// EmittedEvent is an event of a plugin. Depth is how many events led to it: an
// event that a plugin emits while it handles one of depth 1 has depth 2.
type EmittedEvent struct {
	WorkspaceID string          `json:"workspace_id"`
	Plugin      string          `json:"plugin"`
	Actor       string          `json:"actor"` // a user's id, or "plugin:<id>"
	Type        string          `json:"type"`
	Payload     json.RawMessage `json:"payload"`
	Depth       int             `json:"depth"`
	At          time.Time       `json:"at"`
}

// events implements host.Events.
type events struct{ *service }

// Emit implements host.Events.
func (s events) Emit(ctx context.Context, by host.Caller, in host.Event) (host.Done, error) {
	a, err := s.admit(ctx, by, "events.emit", policies.WorkspaceRead)
	if err != nil {
		return host.Done{}, err
	}
	switch no, err := manifest.RefuseEvent(by.Plugin.ID, in.Type, in.Payload, s.installed(ctx)); {
	case err != nil:
		return host.Done{}, inWords(err)
	case no.Code != "":
		return host.Done{}, refuse(no.Code, "%s", no.Message)
	}
	depth := plugins.EventDepth(ctx)
	switch {
	case depth >= plugins.MaxEventDepth:
		return host.Done{}, refuse(TooMany, "Events led to each other %d times: this one is not told.", plugins.MaxEventDepth)
	case again(ctx, "or3_event_emit") >= manifest.MaxEvents:
		return host.Done{}, refuse(TooMany, "A call tells of at most %d events.", manifest.MaxEvents)
	}
	if len(in.Payload) == 0 {
		in.Payload = json.RawMessage("null")
	}
	if err := s.record(ctx, ActEvent, a.entry(ctx, ActEvent, "event", in.Type, map[string]any{"size": len(in.Payload)})); err != nil {
		return host.Done{}, inWords(err)
	}
	Emitted.Fire(ctx, s.Bus, EmittedEvent{WorkspaceID: by.Workspace, Plugin: by.Plugin.ID, Actor: by.Actor, Type: in.Type, Payload: in.Payload, Depth: depth + 1, At: s.Now().UTC()})
	return host.Done{}, nil
}

// installed tells whether there is a plugin of an id.
func (s *service) installed(ctx context.Context) manifest.Installed {
	return func(id string) (bool, error) {
		_, err := db.FindPlugin(ctx, s.DB.Read(), id)
		if fault.Is(err, fault.NotFound) {
			return false, nil
		}
		return err == nil, err
	}
}
