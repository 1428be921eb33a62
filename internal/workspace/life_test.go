package workspace_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
)

func TestWhoeverCreatesAWorkspaceOwnsItAndTheFirstIsHome(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		w, err := h.svc.Create(h.t.Context(), ines, workspace.Texts{Name: "  Kestrel Boatworks ", Description: "Two sheds.\r\nOne slip."})
		h.must(err)
		if w.Name != "Kestrel Boatworks" || w.Description != "Two sheds.\nOne slip." || w.CreatedBy != ines.UserID || !w.CreatedAt.Equal(noon) {
			h.t.Errorf("created %+v", w)
		}
		if h.role(w.ID, ines) != policies.Owner {
			h.t.Error("the creator is not the owner")
		}
		second := h.workspace(ines, "Yard office")
		home, err := h.svc.HomeWorkspace(h.t.Context())
		if err != nil || home != w.ID || home == second {
			h.t.Errorf("home is %q, %v", home, err)
		}
		if active := h.active(ines); active != w.ID {
			h.t.Errorf("the first workspace is not the active one: %q", active)
		}
		h.audited("workspace.created allowed by Ines; workspace.created allowed by Ines")
		h.heard("admin.workspace:action:created admin.workspace:action:created")

		_, err = h.svc.Create(h.t.Context(), nil, workspace.Texts{Name: "x"})
		h.refused(err, fault.Unauthenticated, "Sign in")
		h.disable(ines)
		_, err = h.svc.Create(h.t.Context(), ines, workspace.Texts{Name: "x"})
		h.refused(err, fault.Forbidden, "disabled")
	})
}

func TestNamesAndDescriptionsHaveRules(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		cases := []struct {
			name, description string
			field             string
		}{
			{"a", "", ""},
			{strings.Repeat("é", 100), strings.Repeat("é", 1000), ""},
			{"日本語のワークスペース 🛶", "tab\tand\nline", ""},
			{"", "", "name"},
			{" \t\n ", "", "name"},
			{"\u200b\u200d", "", "name"},
			{strings.Repeat("é", 101), "", "name"},
			{"a\x00b", "", "name"},
			{"a\nb", "", "name"},
			{"a\u2028b", "", "name"},
			{"a\x1b[31m", "", "name"},
			{"a\xff", "", "name"},
			{"a", strings.Repeat("é", 1001), "description"},
			{"a", "b\x00", "description"},
			{"a", "b\x07c", "description"},
			{"a", "b\xc3", "description"},
		}
		id := h.workspace(ines, "Stays")
		for _, c := range cases {
			_, err := h.svc.Create(h.t.Context(), ines, workspace.Texts{Name: c.name, Description: c.description})
			_, updated := h.svc.Update(h.t.Context(), ines, id, workspace.TextChange{Name: &c.name, Description: &c.description})
			for _, err := range []error{err, updated} {
				if c.field == "" {
					h.must(err)
				} else if h.refused(err, fault.Invalid, ""); field(err) != c.field {
					h.t.Errorf("%q %q: field %q, want %q", c.name, c.description, field(err), c.field)
				}
			}
		}
	})
}

func TestOwnersRenameAndOthersDoNot(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki, sam := h.person("Ines"), h.person("Yuki"), h.person("Sam")
		id := h.workspace(ines, "Kestrel", member{yuki, policies.Editor})
		h.hooks()
		w, err := h.svc.Update(h.t.Context(), ines, id, workspace.TextChange{Name: ptr("Kestrel Boatworks")})
		h.must(err)
		h.audited("workspace.updated allowed by Ines")
		h.heard("admin.workspace:action:updated")
		event := h.last["admin.workspace:action:updated"].(workspace.Event)
		if event.Before.Name != "Kestrel" || event.After.Name != "Kestrel Boatworks" || w.Name != event.After.Name {
			h.t.Errorf("event %+v", event)
		}

		_, err = h.svc.Update(h.t.Context(), ines, id, workspace.TextChange{Name: ptr(" Kestrel Boatworks")})
		h.must(err)
		h.heard("") // nothing changed, nothing happened
		h.audited("workspace.updated allowed by Ines; workspace.created allowed by Ines")

		_, err = h.svc.Update(h.t.Context(), yuki, id, workspace.TextChange{Name: ptr("Yuki's")})
		h.refused(err, fault.Forbidden, "Only owners of Kestrel Boatworks can do this. You are an editor there.")
		h.audited("workspace.updated refused by Yuki")
		_, err = h.svc.Update(h.t.Context(), sam, id, workspace.TextChange{Name: ptr("Sam's")})
		h.refused(err, fault.NotFound, "does not exist")
		_, err = h.svc.Update(h.t.Context(), ines, id, workspace.TextChange{})
		h.refused(err, fault.Invalid, "Give")
		h.heard("")
	})
}

func TestDeletingAWorkspaceRehomesEverybodyAndRestoringBringsItBack(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki := h.person("Ines"), h.person("Yuki")
		home := h.workspace(ines, "Home")
		h.now = h.now.Add(time.Hour)
		yard := h.workspace(ines, "Yard", member{yuki, policies.Viewer})
		h.now = h.now.Add(time.Hour)
		shed := h.workspace(ines, "Shed", member{yuki, policies.Viewer})
		for _, who := range []*policies.Session{ines, yuki} {
			h.enter(who, yard)
		}
		h.hooks()

		h.must(h.svc.Delete(h.t.Context(), ines, yard))
		h.audited("workspace.deleted allowed by Ines")
		h.heard("admin.workspace:action:deleted")
		if h.activeEverywhere(ines) != home || h.activeEverywhere(yuki) != shed {
			h.t.Errorf("active now: Ines %q, Yuki %q", h.activeEverywhere(ines), h.activeEverywhere(yuki))
		}
		if h.role(yard, ines) != "" || h.role(yard, yuki) != "" {
			h.t.Error("a deleted workspace still gives rights")
		}
		h.gone(h.svc.Delete(h.t.Context(), ines, yard))
		_, err := h.svc.Get(h.t.Context(), yard)
		h.gone(err)
		deleted, err := h.svc.ListDeleted(h.t.Context(), ines.UserID)
		if err != nil || len(deleted) != 1 || deleted[0].ID != yard || !deleted[0].DeletedAt.Equal(h.now) {
			h.t.Errorf("deleted %+v, %v", deleted, err)
		}

		// The last one gone, there is none; restored, it is the active one again.
		h.must(h.svc.Delete(h.t.Context(), ines, shed))
		if h.activeEverywhere(yuki) != "" {
			h.t.Errorf("Yuki is in %q", h.activeEverywhere(yuki))
		}
		w, err := h.svc.Restore(h.t.Context(), ines, yard)
		h.must(err)
		if w.DeletedAt != nil || h.role(yard, yuki) != policies.Viewer || h.activeEverywhere(yuki) != yard || h.activeEverywhere(ines) != home {
			h.t.Errorf("restored %+v; Yuki is in %q, Ines in %q", w, h.activeEverywhere(yuki), h.activeEverywhere(ines))
		}
		h.audited("workspace.restored allowed by Ines; workspace.deleted allowed by Ines")
		h.heard("admin.workspace:action:deleted admin.workspace:action:restored")
		_, err = h.svc.Restore(h.t.Context(), ines, yard)
		h.refused(err, fault.Conflict, "Yard is not deleted")
	})
}

func TestHomeCannotBeDeleted(t *testing.T) {
	each(t, func(h *house) {
		ines := h.person("Ines")
		home := h.workspace(ines, "Kestrel")
		h.refused(h.svc.Delete(h.t.Context(), ines, home), fault.Conflict, "Kestrel is the home workspace")
		h.audited("workspace.deleted refused by Ines")
		if h.role(home, ines) != policies.Owner {
			h.t.Error("home is gone")
		}
	})
}

func TestWhoRunsTheDeploymentDeletesAndRestoresAnyWorkspace(t *testing.T) {
	each(t, func(h *house) {
		root, helper, ines, sam := h.person("Root"), h.person("Helper"), h.person("Ines"), h.person("Sam")
		h.workspace(root, "Home", member{sam, policies.Editor})
		yard := h.workspace(ines, "Yard")
		h.write(func(ctx context.Context, tx bun.Tx) error {
			_, err := db.InsertDeploymentAdmin(ctx, tx, &db.DeploymentAdmin{UserID: helper.UserID, GrantedBy: root.UserID})
			return err
		})
		h.gone(h.svc.Delete(h.t.Context(), sam, yard)) // an editor of home reads the deployment only
		h.must(h.svc.Delete(h.t.Context(), root, yard))
		_, err := h.svc.Restore(h.t.Context(), sam, yard)
		h.gone(err)
		_, err = h.svc.Restore(h.t.Context(), helper, yard)
		h.must(err)
		h.audited("workspace.restored allowed by Helper; workspace.restored refused by Sam; workspace.deleted allowed by Root; workspace.deleted refused by Sam")

		// What the deployment may not: act as an owner inside it.
		_, err = h.svc.Update(h.t.Context(), root, yard, workspace.TextChange{Name: ptr("Root's")})
		h.gone(err)
		h.disable(helper)
		h.gone(h.svc.Delete(h.t.Context(), helper, yard))
	})
}

func TestTheDeploymentsListCountsWithoutShowing(t *testing.T) {
	each(t, func(h *house) {
		ines, yuki, sam := h.person("Ines"), h.person("Yuki"), h.person("Sam")
		home := h.workspace(ines, "Kestrel 100%", member{yuki, policies.Owner}, member{sam, policies.Viewer})
		h.now = h.now.Add(time.Hour)
		yard := h.workspace(yuki, "Yard")
		h.now = h.now.Add(time.Hour)
		shed := h.workspace(yuki, "Shed")
		h.must(h.svc.Delete(h.t.Context(), yuki, shed))
		h.write(func(ctx context.Context, tx bun.Tx) error {
			for i, deleted := range []int64{0, 0, 1} {
				row := db.SyncRow{WorkspaceID: home, TableName: "threads", PK: string(rune('a' + i)), Deleted: deleted}
				if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})

		list := func(q workspace.AllQuery) string {
			page, total, err := h.svc.All(h.t.Context(), q)
			h.must(err)
			var ids []string
			for _, w := range page {
				ids = append(ids, w.ID)
			}
			if q.PerPage == 0 && total != len(page) {
				h.t.Errorf("total %d of %d", total, len(page))
			}
			return strings.Join(ids, " ")
		}
		page, _, err := h.svc.All(h.t.Context(), workspace.AllQuery{Search: "kestrel"})
		h.must(err)
		if w := page[0]; !w.Home || w.Members != 3 || w.Threads != 2 || strings.Join(w.Owners, ",") != "Ines,Yuki" {
			h.t.Errorf("listed %+v", w)
		}
		for want, q := range map[string]workspace.AllQuery{
			yard + " " + home:              {},
			shed + " " + yard + " " + home: {IncludeDeleted: true},
			home:                           {Search: "100%"},
			yard:                           {Search: yard},
			"":                             {Search: "_\x00"},
		} {
			if got := list(q); got != want {
				h.t.Errorf("%+v lists %s, want %s", q, got, want)
			}
		}
		if got := list(workspace.AllQuery{PerPage: 1, Page: 2}); got != home {
			h.t.Errorf("second page %s", got)
		}
	})
}

// enter makes a workspace the active one of a person, a session and a token.
func (h *house) enter(who *policies.Session, workspaceID string) {
	h.t.Helper()
	at := h.now.Add(time.Hour).UnixMilli()
	h.write(func(ctx context.Context, tx bun.Tx) error {
		if err := db.SetUserWorkspace(ctx, tx, who.UserID, workspaceID); err != nil {
			return err
		}
		if err := db.InsertSession(ctx, tx, &db.Session{ID: "s" + who.UserID, TokenHash: "s" + who.UserID, UserID: who.UserID, ActiveWorkspaceID: &workspaceID, ExpiresAt: at}); err != nil {
			return err
		}
		return db.InsertToken(ctx, tx, &db.APIToken{ID: "t" + who.UserID, TokenHash: "t" + who.UserID, UserID: who.UserID, ActiveWorkspaceID: &workspaceID, ExpiresAt: at})
	})
}

func (h *house) active(who *policies.Session) string {
	h.t.Helper()
	u, err := db.UserByID(h.t.Context(), h.db.Read(), who.UserID)
	h.must(err)
	if u.ActiveWorkspaceID == nil {
		return ""
	}
	return *u.ActiveWorkspaceID
}

// activeEverywhere is the one active workspace of person, sessions and tokens.
func (h *house) activeEverywhere(who *policies.Session) string {
	h.t.Helper()
	var ids []string
	err := h.db.Read().NewRaw(`SELECT DISTINCT COALESCE(active_workspace_id, '') FROM (
		SELECT active_workspace_id FROM users WHERE id = ?
		UNION ALL SELECT active_workspace_id FROM sessions WHERE user_id = ?
		UNION ALL SELECT active_workspace_id FROM api_tokens WHERE user_id = ?) AS a`,
		who.UserID, who.UserID, who.UserID).Scan(h.t.Context(), &ids)
	h.must(err)
	if len(ids) != 1 {
		h.t.Fatalf("person, session and token disagree: %v", ids)
	}
	return ids[0]
}

func (h *house) gone(err error) {
	h.t.Helper()
	h.refused(err, fault.NotFound, "This workspace does not exist, or you are not a member of it.")
}
