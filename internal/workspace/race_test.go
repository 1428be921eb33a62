package workspace_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

const raceRuns = 300

// race lets all acts begin at the same moment and gives their errors in order.
func race(acts ...func() error) []error {
	errs := make([]error, len(acts))
	start := make(chan struct{})
	var done sync.WaitGroup
	for i, act := range acts {
		done.Go(func() {
			<-start
			errs[i] = act()
		})
	}
	close(start)
	done.Wait()
	return errs
}

// twoNodes runs a test with two services over two pools of one database.
func twoNodes(t *testing.T, test func(a, b *house)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		test(newHouse(t, dbtest.Open(t, url)), newHouse(t, dbtest.Open(t, url)))
	})
}

func TestTwoOwnersWhoTakeEachOthersOwnershipNeverLeaveNone(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ines, yuki := a.person("Ines"), a.person("Yuki")
		ctx := a.t.Context()
		demote := func(h *house, who, whom *policies.Session, id string) error {
			_, err := h.svc.SetRole(ctx, who, id, whom.UserID, policies.Viewer)
			return err
		}
		remove := func(h *house, who, whom *policies.Session, id string) error {
			return h.svc.RemoveMember(ctx, who, id, whom.UserID)
		}
		leave := func(h *house, who, _ *policies.Session, id string) error { return h.svc.Leave(ctx, who, id) }
		stepDown := func(h *house, who, _ *policies.Session, id string) error { return demote(h, who, who, id) }
		pairs := []struct {
			one, other func(h *house, who, whom *policies.Session, id string) error
		}{{demote, demote}, {remove, remove}, {demote, remove}, {leave, leave}, {stepDown, stepDown}, {leave, stepDown}}
		for run := range raceRuns {
			pair := pairs[run%len(pairs)]
			id := a.workspace(ines, "Yard", member{yuki, policies.Owner})
			errs := race(
				func() error { return pair.one(a, ines, yuki, id) },
				func() error { return pair.other(b, yuki, ines, id) },
			)
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if k := fault.KindOf(err); k != fault.Conflict && k != fault.Forbidden && k != fault.NotFound {
					a.t.Fatalf("run %d: %v", run, err)
				}
			}
			if owners := a.owners(id); won != 1 || owners != 1 {
				a.t.Fatalf("run %d: %d acts went through and %d owners are left: %v", run, won, owners, errs)
			}
		}
		a.chainHolds()
	})
}

// Whoever is demoted first must not act afterwards, however far the act had
// come: an act that succeeded was committed before the demotion.
func TestADemotedOwnerCannotStillAct(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ines, yuki, sam := a.person("Ines"), a.person("Yuki"), a.person("Sam")
		ctx := a.t.Context()
		for run := range raceRuns / 3 {
			id := a.workspace(ines, "Yard", member{yuki, policies.Owner}, member{sam, policies.Viewer})
			errs := race(
				func() error {
					_, err := a.svc.SetRole(ctx, ines, id, yuki.UserID, policies.Editor)
					return err
				},
				func() error { // the editor who would be owner: promote an accomplice
					_, err := b.svc.SetRole(ctx, yuki, id, sam.UserID, policies.Owner)
					return err
				},
			)
			a.must(errs[0])
			demoted, promoted := a.seqOf(id, workspace.ActSetRole, yuki), a.seqOf(id, workspace.ActSetRole, sam)
			switch {
			case errs[1] == nil && (promoted > demoted || a.role(id, sam) != policies.Owner):
				a.t.Fatalf("run %d: Yuki promoted Sam (entry %d) after losing the right (entry %d)", run, promoted, demoted)
			case errs[1] != nil && (!fault.Is(errs[1], fault.Forbidden) || a.role(id, sam) != policies.Viewer):
				a.t.Fatalf("run %d: %v, Sam is %s", run, errs[1], a.role(id, sam))
			}
		}
		a.chainHolds()
	})
}

func TestDisablingAndLeavingNeverLeaveAWorkspaceWithoutAnEnabledOwner(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ctx := a.t.Context()
		errSole := errors.New("the only owner")
		// disable is what the account service does, on the statements of this room.
		disable := func(h *house, who *policies.Session) error {
			return h.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
				sole, err := db.SolelyOwned(ctx, tx, who.UserID)
				if err != nil {
					return err
				}
				if len(sole) > 0 {
					return errSole
				}
				at := h.now.UnixMilli()
				return db.SetUserDisabled(ctx, tx, who.UserID, &at)
			})
		}
		for run := range raceRuns / 3 {
			ines, yuki := a.person("Ines"+strconv.Itoa(run)), a.person("Yuki"+strconv.Itoa(run))
			id := a.workspace(ines, "Yard")
			other := func() error { return b.svc.Leave(ctx, ines, id) }
			switch run % 3 {
			case 0:
				a.join(id, member{yuki, policies.Owner})
			case 1: // both are disabled
				a.join(id, member{yuki, policies.Owner})
				other = func() error { return disable(b, ines) }
			case 2: // the new owner arrives while being disabled
				a.workspace(ines, "Shared", member{yuki, policies.Owner})
				other = func() error {
					if _, err := b.svc.AddMember(ctx, ines, id, workspace.Newcomer{Email: yuki.Email, Role: policies.Owner}); err != nil {
						return err
					}
					return b.svc.Leave(ctx, ines, id)
				}
			}
			errs := race(func() error { return disable(a, yuki) }, other)
			if owners := a.owners(id); owners == 0 {
				a.t.Fatalf("run %d: no enabled owner is left: %v", run, errs)
			}
			for _, err := range errs {
				if err != nil && !errors.Is(err, errSole) && !fault.Is(err, fault.Conflict) {
					a.t.Fatalf("run %d: %v", run, err)
				}
			}
		}
	})
}

func TestOfManyWhoAddTheSamePersonOneDoes(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ines, yuki := a.person("Ines"), a.person("Yuki")
		a.workspace(ines, "Shared", member{yuki, policies.Viewer})
		for run := range 20 {
			id := a.workspace(ines, "Yard")
			add := func(h *house) func() error {
				return func() error {
					_, err := h.svc.AddMember(h.t.Context(), ines, id, workspace.Newcomer{Email: yuki.Email, Role: policies.Editor})
					return err
				}
			}
			won := 0
			for _, err := range race(add(a), add(b), add(a), add(b)) {
				if err == nil {
					won++
				} else if !fault.Is(err, fault.Conflict) {
					a.t.Fatalf("run %d: %v", run, err)
				}
			}
			if won != 1 {
				a.t.Fatalf("run %d: %d adds went through", run, won)
			}
		}
	})
}

func TestAWorkspaceDeletedWhileSomebodyJoinsIsNobodysActiveOne(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ines, yuki := a.person("Ines"), a.person("Yuki")
		home := a.workspace(ines, "Home", member{yuki, policies.Viewer})
		for run := range 30 {
			id := a.workspace(ines, "Yard")
			sam := a.person("Sam" + strconv.Itoa(run))
			shared := a.workspace(ines, "Shared", member{sam, policies.Viewer})
			race(
				func() error { return a.svc.Delete(a.t.Context(), ines, id) },
				func() error {
					_, err := b.svc.AddMember(b.t.Context(), ines, id, workspace.Newcomer{Email: sam.Email, Role: policies.Editor})
					return err
				},
			)
			a.must(a.svc.Delete(a.t.Context(), ines, shared))
			if active := a.active(sam); active != "" {
				a.t.Fatalf("run %d: Sam is in %q, which is deleted", run, active)
			}
			if a.active(ines) != home {
				a.t.Fatalf("run %d: Ines is in %q", run, a.active(ines))
			}
		}
	})
}

func (h *house) owners(workspaceID string) (n int) {
	h.t.Helper()
	members, _, err := h.svc.Members(h.t.Context(), workspaceID, workspace.MemberQuery{Role: policies.Owner})
	h.must(err)
	for _, m := range members {
		if !m.Disabled {
			n++
		}
	}
	return n
}

func (h *house) chainHolds() {
	h.t.Helper()
	got, err := h.audit.Verify(h.t.Context())
	h.must(err)
	if !got.OK() {
		h.t.Fatalf("the audit log is broken: %s", got.Break.Problem)
	}
}

// seqOf is the number of the newest allowed entry about somebody; 0 for none.
func (h *house) seqOf(workspaceID, action string, target *policies.Session) int64 {
	h.t.Helper()
	page, err := h.audit.List(h.t.Context(), audit.Filter{WorkspaceID: workspaceID, Action: action, Result: audit.Allowed})
	h.must(err)
	for _, e := range page.Entries {
		if e.TargetID == target.UserID {
			return e.Seq
		}
	}
	return 0
}

// The narrowest case: Yuki became an owner after whoever disables her had
// locked her workspaces. Who leaves must wait for what becomes of her.
func TestAnOwnerAboutToBeDisabledDoesNotCount(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		ines, yuki := a.person("Ines"), a.person("Yuki")
		id := a.workspace(ines, "Yard", member{yuki, policies.Owner})
		left := make(chan error, 1)
		a.write(func(ctx context.Context, tx bun.Tx) error {
			at := a.now.UnixMilli()
			if err := db.SetUserDisabled(ctx, tx, yuki.UserID, &at); err != nil {
				return err
			}
			go func() { left <- b.svc.Leave(b.t.Context(), ines, id) }()
			if a.db.Dialect() == db.SQLite {
				return nil // whoever leaves waits for the writing connection
			}
			return a.untilSomebodyWaits(ctx, left)
		})
		a.refused(<-left, fault.Conflict, "You are the last owner of Yard.")
	})
}

func TestWhoIsLosingTheDeploymentCannotStillDeleteAWorkspace(t *testing.T) {
	twoNodes(t, func(a, b *house) {
		root, helper := a.person("Root"), a.person("Helper")
		home := a.workspace(root, "Home", member{helper, policies.Owner})
		flagged := a.person("Flagged")
		a.write(func(ctx context.Context, tx bun.Tx) error {
			_, err := db.InsertDeploymentAdmin(ctx, tx, &db.DeploymentAdmin{UserID: flagged.UserID, GrantedBy: root.UserID})
			return err
		})
		losing := map[*policies.Session]func(ctx context.Context, tx bun.Tx) error{
			helper: func(ctx context.Context, tx bun.Tx) error {
				return db.SetMemberRole(ctx, tx, home, helper.UserID, string(policies.Editor))
			},
			flagged: func(ctx context.Context, tx bun.Tx) error {
				_, err := db.DeleteDeploymentAdmin(ctx, tx, flagged.UserID)
				return err
			},
		}
		for who, lose := range losing {
			id := a.workspace(root, "Yard")
			deleted := make(chan error, 1)
			a.write(func(ctx context.Context, tx bun.Tx) error {
				if err := lose(ctx, tx); err != nil {
					return err
				}
				go func() { deleted <- b.svc.Delete(b.t.Context(), who, id) }()
				if a.db.Dialect() == db.SQLite {
					return nil
				}
				return a.untilSomebodyWaits(ctx, deleted)
			})
			a.gone(<-deleted)
		}
	})
}

// untilSomebodyWaits returns when a transaction waits for a lock, and fails
// when the act ended without waiting.
func (h *house) untilSomebodyWaits(ctx context.Context, ended chan error) error {
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("it did not wait; it ended with %w", cmp.Or(err, errors.New("success")))
		default:
		}
		var waiting int
		err := h.db.Read().NewRaw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(ctx, &waiting)
		if err != nil || waiting > 0 {
			return err
		}
	}
}
