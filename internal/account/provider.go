package account

import (
	"context"
	"net/http"
	"time"

	"or3.cloud/or3/policies"
)

// Provider proves who people are. One is chosen per deployment. Whatever the
// provider, the browser carries our own session cookie: a foreign credential
// is looked at once, at sign-in, and asked about again in the background.
//
// accounttest.Provider is the contract as a test suite.
type Provider interface {
	// ID is the configuration's name of the provider: lower-case letters,
	// digits and hyphens, always the same.
	ID() string
	// Routes are the provider's own addresses (start, callback, webhook); none
	// for a provider that has no protocol of its own.
	Routes() []Route
	// Identify reads a foreign credential from a request. Nil, nil means that
	// the request carries none of this provider's; an Unauthenticated fault
	// that it carries one that is wrong; any other error that the provider
	// cannot tell just now, which must not look like a refusal.
	Identify(ctx context.Context, r *http.Request) (*Identity, error)
	// Recheck asks whether the person may still be signed in. An error means
	// unknown, and the session stays.
	Recheck(ctx context.Context, s ForeignSession) (Verdict, error)
	// SignOut ends the provider's own session, if it has one, and gives the
	// address to send the browser to, "" for none. Our session is over by then.
	SignOut(ctx context.Context, s ForeignSession) (redirect string, err error)
}

// PasswordProvider is a Provider that takes an e-mail address and a password.
type PasswordProvider interface {
	Provider
	// Authenticate gives the person whose credentials these are. Wrong address,
	// wrong password and disabled person are one Unauthenticated fault, in the
	// same words and time.
	Authenticate(ctx context.Context, email, password string) (*Identity, error)
}

// Route is one address of a provider, e.g. GET /api/auth/oidc/callback. It is
// public: the provider itself judges who calls.
type Route struct {
	Method, Path string
	Handler      http.Handler
}

// Identity is what a provider knows of a person. Provider, Issuer and Subject
// together are the person; the e-mail address never is.
type Identity struct {
	Provider      string
	Issuer        string // "" when the provider has only one
	Subject       string
	SID           string // the provider's own session, "" when it has none
	Email         string
	EmailVerified bool // false: treat the address as a wish
	Name          string
	Groups        []string
	GroupsKnown   bool      // false: Groups says nothing, not "none"
	Expires       time.Time // of the credential; zero when it does not say
	Actor         string    // somebody who impersonates the person, "" normally
}

// Key is the identity's id at the provider as it is stored: the subject, after
// its issuer if there is one.
func (i Identity) Key() string {
	if i.Issuer == "" {
		return i.Subject
	}
	return i.Issuer + " " + i.Subject
}

// ForeignSession is a session of ours as its provider knows it.
type ForeignSession struct {
	Provider string
	Key      string // Identity.Key
	UserID   string // ours
	Since    time.Time
}

// Verdict is what a provider says about a session.
type Verdict string

// The verdicts.
const (
	Alive Verdict = "alive"
	Gone  Verdict = "gone"
)

// WorkspaceStore is the canonical source of people and their workspaces. The
// one built in is the program's own database; see NewStore.
//
// accounttest.WorkspaceStore is the contract as a test suite.
type WorkspaceStore interface {
	// User finds the person behind an account without making one; NotFound
	// when there is none.
	User(ctx context.Context, provider, key string) (Person, error)
	// Provision finds the person behind an identity or makes everything a
	// newcomer needs in one transaction. Any number of parallel first calls
	// make one person and one workspace.
	Provision(ctx context.Context, a Arrival) (Arrived, error)
	// WorkspaceRole is the person's role, "" for strangers, missing and deleted
	// workspaces and disabled people.
	WorkspaceRole(ctx context.Context, userID, workspaceID string) (policies.Role, error)
	// Workspaces lists the person's undeleted workspaces, newest first.
	Workspaces(ctx context.Context, userID string) ([]OwnWorkspace, error)
	// SetActiveWorkspace says where the person's next session begins; NotFound
	// for strangers, missing and deleted workspaces.
	SetActiveWorkspace(ctx context.Context, userID, workspaceID string) error
}

// OwnWorkspace is a workspace as one of its members sees it.
type OwnWorkspace struct {
	ID          string
	Name        string
	Description string
	Role        policies.Role
	CreatedAt   time.Time
	IsActive    bool
}

// TokenBroker makes short-lived tokens with which a browser talks to a foreign
// sync or storage backend directly.
//
// accounttest.TokenBroker is the contract as a test suite.
type TokenBroker interface {
	// ProviderToken makes a token for the session's person. Nil, nil means that
	// there is no direct way and the browser goes through this server, which is
	// never an error. A token carries neither role nor workspace rights: the
	// backend looks those up, or a removal would live on in it. Personal API
	// tokens get none.
	ProviderToken(ctx context.Context, s *policies.Session, r TokenRequest) (*ProviderToken, error)
}

// TokenRequest says what a token is for.
type TokenRequest struct {
	Provider    string // id of the sync or storage provider, e.g. convex
	WorkspaceID string
	Template    string // name of the token's form at the provider; "" = its own
}

// ProviderToken is a token for a foreign backend.
type ProviderToken struct {
	Token     string
	URL       string // the backend's address
	ExpiresAt time.Time
}

// Gateway is the TokenBroker of deployments whose backends are this server.
type Gateway struct{}

// ProviderToken always says that the browser goes through this server.
func (Gateway) ProviderToken(context.Context, *policies.Session, TokenRequest) (*ProviderToken, error) {
	return nil, nil
}

// Broker is the deployment's token broker.
func (s *Service) Broker() TokenBroker { return s.broker }

// Store is the deployment's store of people and workspaces.
func (s *Service) Store() WorkspaceStore { return s.store }

// Provider is the deployment's provider.
func (s *Service) Provider() Provider { return s.provider }
