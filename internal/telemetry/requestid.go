package telemetry

import (
	"context"
	"crypto/rand"
)

type requestIDKey struct{}

// WithRequestID puts a request id into the context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the context's request id, "" when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// NewRequestID makes a random id of 26 characters from [A-Z2-7].
func NewRequestID() string { return rand.Text() }

// AcceptRequestID takes the id a proxy sent when it is 1–64 of [A-Za-z0-9_-],
// and makes a new one otherwise: what strangers send is never logged as it is.
// The result shares no memory with proposed.
func AcceptRequestID(proposed string) string {
	if len(proposed) == 0 || len(proposed) > 64 {
		return NewRequestID()
	}
	for _, c := range []byte(proposed) {
		if !(c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			return NewRequestID()
		}
	}
	return string([]byte(proposed))
}
