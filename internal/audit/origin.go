package audit

import (
	"context"

	"or3.cloud/or3/policies"
)

// ActorKind tells how an actor reached the program.
type ActorKind string

// Kinds of actors.
const (
	User      ActorKind = "user"      // a person in a browser
	Token     ActorKind = "token"     // a person's API token
	Command   ActorKind = "command"   // the or3 command
	System    ActorKind = "system"    // the program itself
	Anonymous ActorKind = "anonymous" // nobody signed in
)

// Actor is who did it. ID is a user's id, or "" for a command, the system and
// anonymous visitors.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id"`
	Name string    `json:"name"`
}

// ActorOf names the person behind a session; nil is Anonymous.
func ActorOf(s *policies.Session) Actor {
	if s == nil {
		return Actor{Kind: Anonymous}
	}
	kind := User
	switch s.Kind {
	case policies.TokenSession:
		kind = Token
	case policies.CommandSession:
		kind = Command
	}
	return Actor{Kind: kind, ID: s.UserID, Name: or(s.DisplayName, s.Email)}
}

// Origin is where a request comes from. The server and the commands put it
// into the context once; everything below reads it there.
type Origin struct {
	Actor     Actor
	IP        string
	UserAgent string
	RequestID string
}

type originKey struct{}

// WithOrigin puts an origin into the context.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginFrom gives the context's origin; the zero Origin when there is none,
// which the log writes down as the system itself.
func OriginFrom(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey{}).(Origin)
	return o
}
