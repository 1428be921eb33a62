package plugins

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/runtime"
)

// invocation is one call of a version, whether it is the active one or not.
type invocation struct {
	run       *run
	call      Call
	bare      bool // nothing is granted
	live      bool // of the version that runs there, and only as long as it does
	migrating bool
	read      func(out []byte) *runtime.Failure // as [runtime.Call] has it
}

// invoke calls an export with the envelope of host.Call.
func (m *Manager) invoke(ctx context.Context, i invocation, export string, in any) ([]byte, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	r, c := i.run, i.call
	c.RequestID = cmp.Or(c.RequestID, telemetry.RequestID(ctx))
	if c.RequestID == "" {
		c.RequestID = telemetry.NewRequestID()
	}
	ctx = telemetry.WithRequestID(ctx, c.RequestID) // of whatever the call leads to
	settings := r.settings[c.Workspace.ID]
	if settings == nil {
		settings = withDefaults(r.Manifest, "")
	}
	envelope, err := json.Marshal(host.Call{API: host.API, RequestID: c.RequestID, Workspace: c.Workspace, Actor: c.Actor,
		Plugin: host.Plugin{ID: r.Manifest.ID, Version: r.Manifest.Version}, Settings: settings, Input: input})
	if err != nil {
		return nil, err
	}
	caller := host.Caller{RequestID: c.RequestID, Workspace: c.Workspace.ID, Plugin: host.Plugin{ID: r.Manifest.ID, Version: r.Manifest.Version}, Actor: c.Actor.ID}
	if !i.bare {
		caller.Granted = r.caps
	}
	if m.o.Begin != nil {
		ctx = m.o.Begin(ctx)
	}
	ctx = context.WithValue(ctx, callerKey{}, caller)
	ctx = context.WithValue(ctx, liveKey{}, i.live)
	ctx = WithRunningCall(ctx, Running{Call: c, Data: r.data, Migrating: i.migrating})
	out, _, err := r.module.Call(ctx, runtime.Call{Workspace: c.Workspace.ID, Export: export, About: about(in), Input: envelope, Budget: budget(r.Manifest, export), Read: i.read})
	return out, err
}

// about is what of an export's a call is for, in the trace.
func about(in any) string {
	switch in := in.(type) {
	case host.PageInput:
		return in.Path
	case host.WidgetInput:
		return in.ID
	case host.ActionInput:
		return in.ID
	case host.EventInput:
		return in.Type
	case host.JobInput:
		return in.ID
	case host.FilterInput:
		return in.Decision.Permission
	}
	return ""
}

// budget is what the manifest asks for; jobs and migrations have their own.
func budget(text *manifest.Manifest, export string) time.Duration {
	if export == host.ExportJob || export == host.ExportMigrate {
		return 0
	}
	return time.Duration(text.Runtime.TimeoutMS) * time.Millisecond
}

// probe asks a package how it does before anybody agreed to anything. That it
// cannot do without what it asks for is no fault of its own: only that it does
// not run is.
func (m *Manager) probe(ctx context.Context, text *manifest.Manifest, mod *module) error {
	if !mod.Exports(host.ExportHealth) {
		return nil
	}
	r := invocation{bare: true, run: &run{Version: Version{Manifest: text}, module: mod},
		call: Call{Plugin: text.ID, Actor: host.Actor{ID: ActorOf(text.ID)}}}
	_, err := m.invoke(ctx, r, host.ExportHealth, struct{}{})
	mod.Release("") // this was a trial: it counts against nobody
	var failed *runtime.Failure
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Outcome {
	case runtime.GuestError:
		return nil
	case runtime.Busy, runtime.Canceled, runtime.HostError, runtime.Paused:
		return &fault.Error{Kind: fault.Unavailable, Message: "The plugin could not be tried just now. Try again in a moment.", Retry: 2 * time.Second, Err: err}
	}
	return &fault.Error{Kind: fault.Invalid, Message: fmt.Sprintf("plugin.wasm does not run: its %s ended with %s.", host.ExportHealth, failed.Outcome),
		Fields: map[string]string{"archive": "module/probe"}, Err: err}
}

// notGranted is what a guest reads of a function that nobody agreed to.
func notGranted(f host.Function) ([]byte, error) {
	return refusal("not_granted", f.Name+" needs the capability "+f.Capability+", which was not granted.")
}

// refusal is what a guest reads where the answer would be.
func refusal(code, message string) ([]byte, error) {
	return json.Marshal(struct {
		Error *host.Error `json:"error"`
	}{&host.Error{Code: code, Message: message}})
}
