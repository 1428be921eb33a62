package account

import (
	"context"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/excerpt"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/plain"
)

// FirstWorkspace is the name of the workspace somebody gets who comes without
// an invite.
const FirstWorkspace = "My Workspace"

// Arrival is somebody at the door.
type Arrival struct {
	Identity     Identity
	Registration string  // who may become new: Open, InviteOnly or Disabled
	InviteToken  string  // an invite to redeem on the way in; "" for none
	PasswordHash *string // of a newcomer who chose a password
	MustBeNew    bool    // registering: an existing person is a Conflict
}

// Arrived is what Provision found or made.
type Arrived struct {
	UserID           string
	WorkspaceID      string // where the session begins
	UserCreated      bool
	WorkspaceCreated bool
	Joined           *Membership
}

// Provision implements WorkspaceStore. A newcomer's person, account, workspace
// and membership are one transaction: with an invite the membership is the
// invite's, else they own a workspace of their own. Somebody known who belongs
// nowhere gets one too.
func (s *Store) Provision(ctx context.Context, a Arrival) (Arrived, error) {
	if known, ok, err := s.atHome(ctx, a); err != nil || ok {
		return known, err
	}
	for attempt := 1; ; attempt++ {
		p := arrival{Arrival: a, store: s}
		err := s.db.Write(ctx, p.run)
		// Two first calls at once: the other has made the person meanwhile.
		if (db.IsUnique(err) || errors.Is(err, errAppeared)) && attempt < 3 {
			continue
		}
		if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Conflict) {
			s.refused(ctx, audit.Entry{Action: ActRegister, Details: map[string]string{"provider": a.Identity.Provider, "email": a.Identity.Email}}, err)
		}
		if err != nil {
			return Arrived{}, err
		}
		p.tell(ctx)
		return p.arrived, nil
	}
}

// atHome is the everyday case, without a transaction: somebody known who
// belongs somewhere and brings no invite.
func (s *Store) atHome(ctx context.Context, a Arrival) (Arrived, bool, error) {
	if a.InviteToken != "" || a.MustBeNew {
		return Arrived{}, false, nil
	}
	u, err := db.UserByAccount(ctx, s.db.Read(), a.Identity.Provider, a.Identity.Key())
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return Arrived{}, false, err
	}
	if u.DisabledAt != nil {
		return Arrived{}, false, fault.New(fault.Unauthenticated, wrongCredentials)
	}
	workspaceID, err := db.StartingWorkspace(ctx, s.db.Read(), u.ID)
	return Arrived{UserID: u.ID, WorkspaceID: workspaceID}, workspaceID != "", err
}

// arrival is one run of Provision's transaction.
type arrival struct {
	Arrival
	store   *Store
	user    db.User
	space   db.Workspace
	arrived Arrived
}

func (p *arrival) run(ctx context.Context, tx bun.Tx) error {
	p.arrived = Arrived{} // run may run again
	home, err := db.HomeWorkspaceID(ctx, tx)
	if err != nil {
		return err
	}
	if home == "" {
		return fault.New(fault.Forbidden, "This server is not set up yet. The person who runs it finds a link for that in its terminal.")
	}
	p.user, err = db.UserByAccount(ctx, tx, p.Identity.Provider, p.Identity.Key())
	isNew := fault.Is(err, fault.NotFound)
	if err != nil && !isNew {
		return err
	}
	invite, err := p.invite(ctx, tx, isNew)
	if err != nil {
		return err
	}
	if p.MustBeNew && invite != nil && invite.EmailKey != db.EmailKey(p.Identity.Email) {
		// Before anything is looked up: an invite must not tell who has an account.
		return foreignInvite()
	}
	if isNew {
		if err := p.create(ctx, tx, invite); err != nil {
			return err
		}
	} else if p.user, err = db.LockUser(ctx, tx, p.user.ID); err != nil {
		return err
	} else if p.MustBeNew {
		return taken()
	} else if p.user.DisabledAt != nil {
		return fault.New(fault.Unauthenticated, wrongCredentials)
	}
	p.arrived.UserID = p.user.ID
	if err := p.settle(ctx, tx, invite); err != nil {
		return err
	}
	if err := p.store.db.BumpAccess(ctx, tx, db.AccessChange{UserID: p.user.ID}); err != nil {
		return err
	}
	return p.record(ctx, tx)
}

// invite finds the invite they bring: by its token or, for a newcomer whose
// provider has verified the address, the oldest one for it.
func (p *arrival) invite(ctx context.Context, tx bun.IDB, isNew bool) (*db.ListedInvite, error) {
	now := p.store.now().UnixMilli()
	var i db.ListedInvite
	var err error
	switch {
	case p.InviteToken != "":
		i, err = db.OpenInviteByToken(ctx, tx, db.SecretHash(p.InviteToken), now)
		if err != nil {
			return nil, err
		}
	case isNew && p.Identity.EmailVerified:
		i, err = db.OldestOpenInviteFor(ctx, tx, db.EmailKey(p.Identity.Email), now)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
	default:
		return nil, nil
	}
	return &i, err
}

func (p *arrival) create(ctx context.Context, tx bun.IDB, invite *db.ListedInvite) error {
	if p.Registration == Disabled || p.Registration != Open && invite == nil {
		return fault.New(fault.Forbidden, registrationClosed(p.Registration))
	}
	email, err := checkEmail(p.Identity.Email)
	if err != nil {
		return err
	}
	// Linking by address alone would hand the account to whoever registered it first.
	if _, err := db.UserByEmail(ctx, tx, db.EmailKey(email)); err == nil {
		if _, err := db.UserByAccount(ctx, tx, p.Identity.Provider, p.Identity.Key()); err == nil {
			return errAppeared
		}
		return taken()
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	name := strings.TrimSpace(strings.Map(func(r rune) rune { // a provider's name is no reason to keep somebody out
		if plain.Unseen(r) {
			return -1
		}
		return r
	}, p.Identity.Name))
	if name == "" {
		name = email
	}
	if name, err = checkName("display_name", "your name", excerpt.Begin(name, maxDisplayName), maxDisplayName); err != nil {
		return err
	}
	id, err := newID()
	if err != nil {
		return err
	}
	p.user = db.User{ID: id, Email: email, EmailKey: db.EmailKey(email), DisplayName: name, PasswordHash: p.PasswordHash, CreatedAt: p.store.now().UnixMilli()}
	p.arrived.UserCreated = true
	return insertPerson(ctx, tx, &p.user, p.Identity)
}

// settle gives them a place: the invite's, the one they have, or a new one.
func (p *arrival) settle(ctx context.Context, tx bun.IDB, invite *db.ListedInvite) error {
	if invite != nil {
		joined, err := redeem(ctx, tx, *invite, p.user, p.store.now())
		if err != nil {
			return err
		}
		p.arrived.Joined, p.arrived.WorkspaceID = joined, joined.WorkspaceID
	} else {
		id, err := db.StartingWorkspace(ctx, tx, p.user.ID)
		if err != nil {
			return err
		}
		p.arrived.WorkspaceID = id
	}
	if p.arrived.WorkspaceID == "" {
		var err error
		if p.space, err = insertWorkspace(ctx, tx, FirstWorkspace, p.user.ID, p.store.now().UnixMilli()); err != nil {
			return err
		}
		p.arrived.WorkspaceID, p.arrived.WorkspaceCreated = p.space.ID, true
	}
	return db.SetUserWorkspace(ctx, tx, p.user.ID, p.arrived.WorkspaceID)
}

// errAppeared means that a parallel first call has made the person since we
// looked for them.
var errAppeared = errors.New("the person appeared meanwhile")

func taken() error {
	return &fault.Error{Kind: fault.Conflict, Message: "There is an account with this e-mail address already. Sign in the way you did before.",
		Fields: map[string]string{"email": "There is an account with this address already."}}
}

func registrationClosed(mode string) string {
	if mode == Disabled {
		return "Nobody can create an account here. Ask the person who runs this server."
	}
	return "This server is by invitation only. Ask a member for an invite link."
}
