package inspect

import (
	"context"
	"errors"

	"or3.cloud/or3/plugins/runtime"
)

// Compile compiles the module of a package that has nothing against it, as the
// server does before it asks anybody: seconds of a core for a large one. What the
// engine refuses is a finding.
func (r *Report) Compile(ctx context.Context, o runtime.Options) (err error) {
	if !r.OK() || r.Module == nil {
		return nil
	}
	rt, err := runtime.Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	functions := map[string]runtime.HostFunc{}
	for _, name := range r.Module.Granted {
		functions[name] = nil // nothing is called
	}
	module, err := rt.Load(ctx, Spec(r.Manifest, r.wasm, functions))
	if err != nil {
		return r.refused(err)
	}
	return module.Close(context.WithoutCancel(ctx))
}
