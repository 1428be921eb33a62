package account

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// setupLife is how long a set-up link works.
const setupLife = 24 * time.Hour

// SetupInput is the form of the first person.
type SetupInput struct {
	Token         string
	Email         string
	Password      string
	DisplayName   string
	WorkspaceName string
	OldToken      string // the session token the browser had before, which ends
}

// setupToken is how the link's token lies in the settings.
type setupToken struct {
	Hash      string `json:"hash"`
	ExpiresAt int64  `json:"expires_at"`
}

// SetupNeeded tells whether the deployment still has no owner.
func (s *Service) SetupNeeded(ctx context.Context) (bool, error) {
	if s.isSetUp.Load() {
		return false, nil
	}
	home, err := db.HomeWorkspaceID(ctx, s.db.Read())
	if err != nil {
		return false, err
	}
	s.isSetUp.Store(home != "")
	return home == "", nil
}

// IssueSetupToken makes the token of a set-up link, good for 24 hours. Only
// its hash is kept; each call replaces the one before. It is a Conflict once
// set-up is done.
func (s *Service) IssueSetupToken(ctx context.Context) (string, error) {
	token := newSecret()
	value, err := json.Marshal(setupToken{Hash: db.SecretHash(token), ExpiresAt: s.now().Add(setupLife).UnixMilli()})
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if home, err := db.HomeWorkspaceID(ctx, tx); err != nil || home != "" {
			return orSetUp(err)
		}
		return db.PutSetting(ctx, tx, db.SetupTokenSetting, string(value))
	})
	return token, err
}

// CheckSetupToken tells whether Setup would take the token, and consumes
// nothing: nil, Forbidden for a wrong or old one, Conflict once set-up is done.
func (s *Service) CheckSetupToken(ctx context.Context, token string) error {
	return s.checkSetupToken(ctx, s.db.Read(), token)
}

func (s *Service) checkSetupToken(ctx context.Context, q bun.IDB, token string) error {
	value, err := db.SettingValue(ctx, q, db.SetupTokenSetting)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	// After the token: when that is missing because somebody has just won, the
	// home is there.
	if home, err := db.HomeWorkspaceID(ctx, q); err != nil || home != "" {
		return orSetUp(err)
	}
	var kept setupToken
	_ = json.Unmarshal([]byte(value), &kept) // what cannot be read fits no token
	fits := subtle.ConstantTimeCompare([]byte(kept.Hash), []byte(db.SecretHash(token))) == 1
	if !fits || s.now().UnixMilli() >= kept.ExpiresAt {
		return fault.New(fault.Forbidden, "This set-up link does not work any more. Restart the server: it prints a new one in its terminal.")
	}
	return nil
}

// orSetUp is err, or else that there is nothing left to set up.
func orSetUp(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "This server is set up already. Sign in.")
}

// Setup makes the first person, who owns the first workspace: the home of the
// deployment. It is one transaction; of two that run at once one wins and the
// other is a Conflict.
func (s *Service) Setup(ctx context.Context, in SetupInput) (Signed, error) {
	if err := s.CheckSetupToken(ctx, in.Token); err != nil {
		return Signed{}, err
	}
	var problems fields
	email, err := checkEmail(in.Email)
	problems.add(err)
	name, err := checkName("display_name", "your name", in.DisplayName, maxDisplayName)
	problems.add(err)
	workspace, err := checkName("workspace_name", "the workspace a name", in.WorkspaceName, maxWorkspace)
	problems.add(err)
	problems.add(s.passwords.Check("password", in.Password, in.Email))
	if err := problems.err(); err != nil {
		return Signed{}, err
	}
	hash, err := s.passwords.Hash(ctx, in.Password)
	if err != nil {
		return Signed{}, err
	}
	var made founding
	err = s.journal().act(ctx, true, audit.Entry{Action: ActSetup}, func(ctx context.Context, tx bun.Tx, e *audit.Entry) error {
		if err := s.checkSetupToken(ctx, tx, in.Token); err != nil {
			return err
		}
		made, err = s.found(ctx, tx, email, name, hash, workspace)
		if err != nil {
			return err
		}
		e.Actor = actorFrom(ctx, made.user)
		e.WorkspaceID, e.TargetKind, e.TargetID = made.space.ID, "workspace", made.space.ID
		e.Details = change{After: map[string]any{"user": personOf(made.user, false), "workspace": infoOf(made.space)}}
		return nil
	})
	if err != nil {
		return Signed{}, err
	}
	s.isSetUp.Store(true)
	s.tellFounding(ctx, made)
	identity := Identity{Provider: LocalID, Subject: made.user.ID}
	return s.begin(ctx, beginning{userID: made.user.ID, workspaceID: made.space.ID, identity: identity, oldToken: in.OldToken, knows: db.EmailKey(email)})
}

// founding is the first person and the home workspace.
type founding struct {
	user  db.User
	space db.Workspace
}

// found writes the first person and the home workspace, and ends the set-up
// link. The claim on the home is what only one transaction can have.
func (s *Service) found(ctx context.Context, tx bun.IDB, email, name, hash, workspace string) (founding, error) {
	id, err := newID()
	if err != nil {
		return founding{}, err
	}
	now := s.now().UnixMilli()
	u := db.User{ID: id, Email: email, EmailKey: db.EmailKey(email), DisplayName: name, PasswordHash: &hash, CreatedAt: now}
	if err := insertPerson(ctx, tx, &u, Identity{Provider: LocalID}); err != nil {
		if db.IsUnique(err) {
			err = taken()
		}
		return founding{}, err
	}
	w, err := insertWorkspace(ctx, tx, workspace, id, now)
	if err != nil {
		return founding{}, err
	}
	won, err := db.ClaimSetting(ctx, tx, db.HomeWorkspaceSetting, w.ID)
	if err != nil {
		return founding{}, err
	}
	if !won {
		return founding{}, orSetUp(nil)
	}
	if err := db.SetUserWorkspace(ctx, tx, id, w.ID); err != nil {
		return founding{}, err
	}
	return founding{u, w}, db.DeleteSetting(ctx, tx, db.SetupTokenSetting)
}

func (s *Service) tellFounding(ctx context.Context, f founding) {
	actor := actorFrom(ctx, f.user)
	UserCreated.Fire(ctx, s.bus, UserEvent{WorkspaceID: f.space.ID, UserID: f.user.ID, Provider: LocalID, Actor: actor, After: personOf(f.user, false), At: moment(f.user.CreatedAt)})
	WorkspaceCreated.Fire(ctx, s.bus, WorkspaceEvent{WorkspaceID: f.space.ID, UserID: f.user.ID, Actor: actor, After: infoOf(f.space), At: moment(f.space.CreatedAt)})
}
