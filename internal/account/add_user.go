package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// NewUser is a person an operator adds.
type NewUser struct {
	Email       string
	DisplayName string
	Password    string        // not looked at when the address is known
	Workspace   string        // name or id; "" for none; made when no workspace has the name
	Role        policies.Role // there; "" means owner of a workspace made now, else editor
}

// Added is what AddUser did.
type Added struct {
	User             Person
	WorkspaceID      string // "" when they were added to none
	Role             policies.Role
	UserCreated      bool
	WorkspaceCreated bool
	MemberCreated    bool // false: they were a member already; their role is as asked now
}

// AddUser adds a person for an operator at the command line. A known address
// only gets the membership. The first person of all becomes the owner of the
// home workspace, named as asked or My Workspace; later ones without a
// workspace get their own when they first sign in.
func (s *Service) AddUser(ctx context.Context, in NewUser) (Added, error) {
	first, err := s.SetupNeeded(ctx)
	if err != nil {
		return Added{}, err
	}
	if in.Role != "" && width(string(in.Role)) == 0 {
		return Added{}, fault.Field("role", "Use owner, editor or viewer.")
	}
	if first && in.Role != "" && in.Role != policies.Owner {
		return Added{}, fault.Field("role", "The first person owns the server. Leave the role out, or use owner.")
	}
	if in.Workspace != "" {
		if in.Workspace, err = checkName("workspace", "the workspace a name", in.Workspace, maxWorkspace); err != nil {
			return Added{}, err
		}
	}
	hash, err := s.newUserHash(ctx, &in)
	if err != nil {
		return Added{}, err
	}
	a := adding{NewUser: in, service: s, hash: hash}
	if err := s.db.Write(ctx, a.run); err != nil {
		if db.IsUnique(err) {
			err = fault.New(fault.Conflict, "Somebody else added this person or workspace just now. Try again.")
		}
		if fault.Is(err, fault.Conflict) {
			s.journal().refused(ctx, audit.Entry{Action: ActCreateUser, Actor: actorOf(ctx, Operator()), Details: map[string]string{"email": in.Email}}, err)
		}
		return Added{}, err
	}
	a.tell(ctx)
	return a.added, nil
}

// newUserHash checks and hashes what a new person needs; "" for a known one.
func (s *Service) newUserHash(ctx context.Context, in *NewUser) (string, error) {
	_, err := userByEmail(ctx, s.db.Read(), in.Email)
	if err == nil {
		return "", nil
	}
	if !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if in.Email, in.DisplayName, err = s.checkNewcomer(in.Email, in.DisplayName, in.Password); err != nil {
		return "", err
	}
	return s.passwords.Hash(ctx, in.Password)
}

// adding is one run of AddUser's transaction.
type adding struct {
	NewUser
	service *Service
	hash    string
	user    db.User
	space   db.Workspace
	added   Added
	former  string
}

func (a *adding) run(ctx context.Context, tx bun.Tx) error {
	a.added, a.former = Added{}, ""
	home, err := db.HomeWorkspaceID(ctx, tx)
	if err != nil {
		return err
	}
	if a.user, err = db.UserByEmail(ctx, tx, db.EmailKey(a.Email)); fault.Is(err, fault.NotFound) {
		err = a.insertUser(ctx, tx)
	}
	if err != nil {
		return err
	}
	if a.Workspace != "" || home == "" {
		if err := a.place(ctx, tx, home == ""); err != nil {
			return err
		}
	}
	a.added.User = *personOf(a.user, false)
	if err := a.service.db.BumpAccess(ctx, tx, db.AccessChange{UserID: a.user.ID}); err != nil {
		return err
	}
	return a.record(ctx, tx)
}

func (a *adding) insertUser(ctx context.Context, tx bun.IDB) error {
	if a.hash == "" { // removed since we looked; it cannot happen, for people are never removed
		return fault.New(fault.Conflict, "The person has gone meanwhile. Try again.")
	}
	id, err := newID()
	if err != nil {
		return err
	}
	a.user = db.User{ID: id, Email: a.Email, EmailKey: db.EmailKey(a.Email), DisplayName: a.DisplayName, PasswordHash: &a.hash, CreatedAt: a.service.now().UnixMilli()}
	a.added.UserCreated = true
	return insertPerson(ctx, tx, &a.user, Identity{Provider: LocalID})
}

// record writes the audit entries of what was done.
func (a *adding) record(ctx context.Context, tx bun.IDB) error {
	actor := actorOf(ctx, Operator())
	var entries []audit.Entry
	if a.added.UserCreated {
		entries = append(entries, audit.Entry{Action: ActCreateUser, TargetKind: "user", TargetID: a.user.ID, Details: change{After: personOf(a.user, false)}})
	}
	if a.added.WorkspaceCreated {
		entries = append(entries, audit.Entry{Action: ActArrive, WorkspaceID: a.space.ID, TargetKind: "workspace", TargetID: a.space.ID, Details: change{After: infoOf(a.space)}})
	} else if a.added.WorkspaceID != "" && a.former != string(a.added.Role) {
		c := change{After: map[string]string{"user_id": a.user.ID, "role": string(a.added.Role)}}
		if a.former != "" {
			c.Before = map[string]string{"user_id": a.user.ID, "role": a.former}
		}
		entries = append(entries, audit.Entry{Action: ActAdd, WorkspaceID: a.added.WorkspaceID, TargetKind: "user", TargetID: a.user.ID, Details: c})
	}
	for _, e := range entries {
		e.Actor = actor
		if err := a.service.audit.Append(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// tell fires the hooks of what has been committed.
func (a *adding) tell(ctx context.Context) {
	s, actor := a.service, actorOf(ctx, Operator())
	at := moment(s.now().UnixMilli())
	if a.added.UserCreated {
		UserCreated.Fire(ctx, s.bus, UserEvent{WorkspaceID: a.added.WorkspaceID, UserID: a.user.ID, Provider: LocalID, Actor: actor, After: personOf(a.user, false), At: at})
	}
	if a.added.WorkspaceCreated {
		WorkspaceCreated.Fire(ctx, s.bus, WorkspaceEvent{WorkspaceID: a.space.ID, UserID: a.user.ID, Actor: actor, After: infoOf(a.space), At: at})
		return
	}
	if a.added.WorkspaceID != "" && a.former != string(a.added.Role) {
		s.joined(ctx, Membership{WorkspaceID: a.added.WorkspaceID, UserID: a.user.ID, Email: a.user.Email, DisplayName: a.user.DisplayName,
			Role: string(a.added.Role), FormerRole: a.former, Actor: actor, At: at})
	}
}
