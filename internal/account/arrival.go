package account

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// insertPerson writes a person and their account. A local account's id is the
// person's own.
func insertPerson(ctx context.Context, tx bun.IDB, u *db.User, i Identity) error {
	if err := db.InsertUser(ctx, tx, u); err != nil {
		return err
	}
	key := i.Key()
	if i.Provider == LocalID {
		key = u.ID
	}
	return db.InsertAccount(ctx, tx, &db.Account{Provider: i.Provider, ProviderUserID: key, UserID: u.ID, CreatedAt: u.CreatedAt})
}

// insertWorkspace writes a workspace with its first owner.
func insertWorkspace(ctx context.Context, tx bun.IDB, name, ownerID string, now int64) (db.Workspace, error) {
	id, err := newID()
	if err != nil {
		return db.Workspace{}, err
	}
	w := db.Workspace{ID: id, Name: name, CreatedBy: ownerID, CreatedAt: now}
	if err := db.InsertWorkspace(ctx, tx, &w); err != nil {
		return w, err
	}
	return w, db.InsertMember(ctx, tx, &db.Member{WorkspaceID: id, UserID: ownerID, Role: string(policies.Owner), CreatedAt: now})
}

// record writes the audit entries of what an arrival has made.
func (p *arrival) record(ctx context.Context, tx bun.IDB) error {
	actor := actorFrom(ctx, p.user)
	var entries []audit.Entry
	if p.arrived.UserCreated {
		entries = append(entries, audit.Entry{Action: ActRegister, TargetKind: "user", TargetID: p.user.ID,
			Details: change{After: personOf(p.user, false)}})
	}
	if p.arrived.WorkspaceCreated {
		entries = append(entries, audit.Entry{Action: ActArrive, WorkspaceID: p.space.ID, TargetKind: "workspace", TargetID: p.space.ID,
			Details: change{After: infoOf(p.space)}})
	}
	if p.arrived.Joined != nil {
		entries = append(entries, joinEntry(*p.arrived.Joined))
	}
	for _, e := range entries {
		e.Actor = actor
		if err := p.store.audit.Append(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// tell fires the hooks of what has been committed.
func (p *arrival) tell(ctx context.Context) {
	actor, at := actorFrom(ctx, p.user), moment(p.store.now().UnixMilli())
	if p.arrived.UserCreated {
		UserCreated.Fire(ctx, p.store.bus, UserEvent{WorkspaceID: p.arrived.WorkspaceID, UserID: p.user.ID,
			Provider: p.Identity.Provider, Actor: actor, After: personOf(p.user, false), At: at})
	}
	if p.arrived.WorkspaceCreated {
		WorkspaceCreated.Fire(ctx, p.store.bus, WorkspaceEvent{WorkspaceID: p.space.ID, UserID: p.user.ID, Actor: actor, After: infoOf(p.space), At: at})
	}
	if m := p.arrived.Joined; m != nil {
		m.Actor = actor
		p.store.joined(ctx, *m)
	}
}
