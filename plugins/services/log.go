package services

import (
	"context"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/runtime"
)

// lines implements host.Log. Whoever may be called may write lines; the runtime
// bounds and cleans them.
type lines struct{}

// Write implements host.Log.
func (lines) Write(ctx context.Context, _ host.Caller, in host.LogLine) (host.Done, error) {
	level := runtime.Level(in.Level)
	if level == "" {
		level = runtime.Info
	}
	runtime.Log(ctx, level, in.Message)
	return host.Done{}, nil
}
