package services

import (
	"context"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
)

// clock implements host.Clock.
type clock struct{ *service }

// Now implements host.Clock.
func (s clock) Now(ctx context.Context, _ host.Caller) (host.Now, error) {
	zone := "UTC"
	if call, ok := plugins.RunningCall(ctx); ok && call.Actor.TimeZone != "" {
		zone = call.Actor.TimeZone
	}
	return host.Now{Unix: s.service.Now().UnixMilli(), TimeZone: zone}, nil
}
