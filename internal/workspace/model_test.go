package workspace_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// model is what a deployment should look like: a few people, a few workspaces.
type model struct {
	house   *house
	people  []*policies.Session
	enabled []bool
	ids     []string // of the workspaces
	deleted []bool
	roles   []map[int]policies.Role // by workspace, then person
	acts    int64                   // entries the audit log should have, refusals included
}

func (m *model) owners(w int) (n int) {
	for p, role := range m.roles[w] {
		if role == policies.Owner && m.enabled[p] {
			n++
		}
	}
	return n
}

// may says what the service should answer to an owner's act.
func (m *model) may(actor, w int) fault.Kind {
	role := m.roles[w][actor]
	switch {
	case m.deleted[w] || role == "" || !m.enabled[actor]:
		return fault.NotFound
	case role != policies.Owner:
		return fault.Forbidden
	}
	return ""
}

// keeps says whether taking a role away leaves an enabled owner.
func (m *model) keeps(w, p int) bool {
	return m.roles[w][p] != policies.Owner || !m.enabled[p] || m.owners(w) > 1
}

// expect compares an answer with the model's, and counts what the audit log
// gets: every act that happened, and every refusal of somebody inside.
func (m *model) expect(t *rapid.T, err error, want fault.Kind, changed, inside bool) {
	t.Helper()
	if got := fault.KindOf(err); got != want {
		t.Fatalf("answer %q (%v), the model says %q", got, err, want)
	}
	if want == "" && changed || want == fault.Conflict || want == fault.Forbidden || want == fault.NotFound && inside {
		m.acts++
	}
}

// Any sequence of acts by anybody leads where the model says, never to a live
// workspace without an enabled owner or to an active workspace one is not in.
func TestAnySequenceOfActsFollowsTheModel(t *testing.T) {
	d := dbtest.Open(t, dbtest.SQLiteURL(t))
	// Home is somebody else's: its owner runs the deployment, and may more than the model knows.
	h := newHouse(t, d)
	h.workspace(h.person("Harbour master"), "Home")
	rapid.Check(t, func(t *rapid.T) { followModel(t, d) })
}

func followModel(t *rapid.T, d *db.DB) {
	h := newHouse(t, d)
	ctx := t.Context()
	m := &model{house: h}
	// Not drawn: a failing sequence runs again in the same database.
	suffix := uuid.NewString()
	for _, name := range []string{"Ines", "Yuki", "Sam", "Maren"} {
		m.people = append(m.people, h.person(name+suffix))
		m.enabled = append(m.enabled, true)
	}
	head, err := h.audit.Head(ctx)
	h.must(err)
	for range 2 {
		m.ids = append(m.ids, h.workspace(m.people[0], "Yard"))
		m.deleted = append(m.deleted, false)
		m.roles = append(m.roles, map[int]policies.Role{0: policies.Owner})
	}
	m.acts = 2
	person := rapid.IntRange(0, len(m.people)-1)
	place := rapid.IntRange(0, len(m.ids)-1)
	role := rapid.SampledFrom(policies.Roles())
	t.Repeat(map[string]func(*rapid.T){
		"join": func(t *rapid.T) {
			w, p, r := place.Draw(t, "place"), person.Draw(t, "who"), role.Draw(t, "role")
			if m.roles[w][p] == "" {
				h.join(m.ids[w], member{m.people[p], r})
				m.roles[w][p] = r
			}
		},
		"set role": func(t *rapid.T) {
			w, a, p, r := place.Draw(t, "place"), person.Draw(t, "actor"), person.Draw(t, "who"), role.Draw(t, "role")
			want, old := m.may(a, w), m.roles[w][p]
			inside := want == fault.NotFound && !m.deleted[w]
			if want == "" && old == "" {
				want = fault.NotFound
			} else if want == "" && old != r && !m.keeps(w, p) {
				want = fault.Conflict
			}
			_, err := h.svc.SetRole(ctx, m.people[a], m.ids[w], m.people[p].UserID, r)
			m.expect(t, err, want, old != r, inside)
			if err == nil {
				m.roles[w][p] = r
			}
		},
		"remove": func(t *rapid.T) {
			w, a, p := place.Draw(t, "place"), person.Draw(t, "actor"), person.Draw(t, "who")
			if a == p {
				t.Skip("that is leaving")
			}
			want := m.may(a, w)
			inside := want == fault.NotFound && !m.deleted[w]
			if want == "" && m.roles[w][p] == "" {
				want = fault.NotFound
			} else if want == "" && !m.keeps(w, p) {
				want = fault.Conflict
			}
			err := h.svc.RemoveMember(ctx, m.people[a], m.ids[w], m.people[p].UserID)
			m.expect(t, err, want, true, inside)
			if err == nil {
				delete(m.roles[w], p)
			}
		},
		"leave": func(t *rapid.T) {
			w, a := place.Draw(t, "place"), person.Draw(t, "actor")
			want := fault.Kind("")
			switch {
			case m.deleted[w] || m.roles[w][a] == "" || !m.enabled[a]:
				want = fault.NotFound
			case !m.keeps(w, a):
				want = fault.Conflict
			}
			err := h.svc.Leave(ctx, m.people[a], m.ids[w])
			m.expect(t, err, want, true, false)
			if err == nil {
				delete(m.roles[w], a)
			}
		},
		"delete": func(t *rapid.T) {
			w, a := place.Draw(t, "place"), person.Draw(t, "actor")
			owns := m.roles[w][a] == policies.Owner && m.enabled[a]
			want := m.may(a, w)
			err := h.svc.Delete(ctx, m.people[a], m.ids[w])
			m.expect(t, err, want, true, !owns)
			if err == nil {
				m.deleted[w] = true
			}
		},
		"restore": func(t *rapid.T) {
			w, a := place.Draw(t, "place"), person.Draw(t, "actor")
			owns := m.roles[w][a] == policies.Owner && m.enabled[a]
			want := fault.NotFound
			switch {
			case owns && m.deleted[w]:
				want = ""
			case owns:
				want = fault.Conflict
			case !m.deleted[w] && m.roles[w][a] != "" && m.enabled[a]:
				want = fault.Forbidden
			}
			_, err := h.svc.Restore(ctx, m.people[a], m.ids[w])
			m.expect(t, err, want, true, !owns)
			if err == nil {
				m.deleted[w] = false
			}
		},
		"disable or enable": func(t *rapid.T) {
			p := person.Draw(t, "who")
			h.write(func(ctx context.Context, tx bun.Tx) error {
				if !m.enabled[p] {
					m.enabled[p] = true
					return db.SetUserDisabled(ctx, tx, m.people[p].UserID, nil)
				}
				sole, err := db.SolelyOwned(ctx, tx, m.people[p].UserID)
				if err != nil || len(sole) > 0 {
					return err
				}
				m.enabled[p] = false
				at := h.now.UnixMilli()
				return db.SetUserDisabled(ctx, tx, m.people[p].UserID, &at)
			})
		},
		"": func(t *rapid.T) { m.check(t, head) },
	})
}

func (m *model) check(t *rapid.T, from audit.Anchor) {
	h := m.house
	live := make([]map[string]bool, len(m.people)) // by person: workspaces they are in
	for p := range m.people {
		live[p] = map[string]bool{}
		list, err := h.svc.List(t.Context(), m.people[p].UserID)
		h.must(err)
		for _, w := range list {
			live[p][w.ID] = true
		}
	}
	for w, id := range m.ids {
		if !m.deleted[w] && m.owners(w) == 0 {
			t.Fatalf("workspace %d has no enabled owner", w)
		}
		for p, who := range m.people {
			want := m.roles[w][p]
			if m.deleted[w] || !m.enabled[p] {
				want = ""
			}
			if got := h.role(id, who); got != want {
				t.Fatalf("person %d is %q of workspace %d, the model says %q", p, got, w, want)
			}
		}
	}
	for p, who := range m.people {
		if active := h.active(who); active != "" && !live[p][active] {
			t.Fatalf("the active workspace of person %d is one they are not in", p)
		}
	}
	head, err := h.audit.Head(t.Context())
	h.must(err)
	if head.Seq-from.Seq != m.acts {
		t.Fatalf("%d entries in the audit log for %d acts", head.Seq-from.Seq, m.acts)
	}
}
