package policies_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"pgregory.net/rapid"

	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// Ids that people and workspaces may have; some are called like roles on purpose.
var existing = []string{"ada", "bob", "owner", "editor", "viewer", "w-1", "w-2", "p", "g", "allow", strings.Repeat("z", 64)}

// Ids nobody has. Casbin's own matching must not find a role for them either.
var impossible = []string{"", "*", "r:owner", "u:ada", "w:w-1", "r:editor@w-1", "ada ", " ada", "ada\x00", "ada\nbob", "bob$$w-1", "é", "ada,w-1", `"ada"`}

func anyID() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(existing), rapid.SampledFrom(impossible), rapid.String())
}

// someTown draws a directory with memberships and restrictions.
func someTown(t *rapid.T) *town {
	d := &town{home: rapid.SampledFrom(existing).Draw(t, "home")}
	for range rapid.IntRange(0, 12).Draw(t, "memberships") {
		userID, workspaceID := rapid.SampledFrom(existing).Draw(t, "user"), rapid.SampledFrom(existing).Draw(t, "workspace")
		d.set(userID, workspaceID, rapid.SampledFrom(policies.Roles()).Draw(t, "role"))
	}
	return d
}

// restrict draws restrictions for every workspace of the town, owners' included:
// those must have no effect.
func restrict(t *rapid.T, d *town) map[string][]policies.Restriction {
	all := map[string][]policies.Restriction{}
	for _, w := range existing {
		all[w] = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) policies.Restriction {
			return policies.Restriction{
				Role:       rapid.SampledFrom(policies.Roles()).Draw(t, "restricted role"),
				Permission: rapid.SampledFrom(append(policies.Permissions(), "workspace.*")).Draw(t, "taken"),
			}
		}), 0, 4).Draw(t, "restrictions of "+w)
	}
	for at, standing := range d.members {
		d.set(at[0], at[1], standing.Role, all[at[1]]...)
	}
	return all
}

func somePolicy(t *rapid.T) string {
	var lines []string
	for _, r := range policies.Roles() {
		for _, p := range policies.Permissions() {
			for _, effect := range rapid.SampledFrom([][]string{{"allow"}, {"allow"}, {}, {"deny"}, {"allow", "deny"}}).Draw(t, "effect") {
				lines = append(lines, fmt.Sprintf("p, r:%s, %s, %s", r, p, effect))
			}
		}
	}
	return strings.Join(rapid.Permutation(lines).Draw(t, "lines"), "\n")
}

// Casbin's own answer is the meaning of the policy. A restriction is a deny line
// for the role as it is held in that one workspace.
func referee(t *rapid.T, modelText, policy string, d *town, restrictions map[string][]policies.Restriction) *casbin.Enforcer {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		t.Fatal(err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	must := func(_ bool, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range strings.Split(policy, "\n") {
		if f := strings.Split(line, ", "); f[0] == "p" {
			must(e.AddPolicy(f[1], f[2], f[3]))
		}
	}
	for at, standing := range d.members {
		must(e.AddGroupingPolicy("u:"+at[0], "r:"+string(standing.Role), "w:"+at[1]))
	}
	for workspaceID, taken := range restrictions {
		for _, r := range taken {
			if r.Role == policies.Owner {
				continue
			}
			here := fmt.Sprintf("r:%s@%s", r.Role, workspaceID)
			must(e.AddGroupingPolicy("r:"+string(r.Role), here, "w:"+workspaceID))
			must(e.AddPolicy(here, string(r.Permission), "deny"))
		}
	}
	return e
}

func TestTheCompiledTableAnswersAsCasbinDoes(t *testing.T) {
	text := modelText(t)
	rapid.Check(t, func(t *rapid.T) {
		d := someTown(t)
		restrictions := restrict(t, d)
		g, err := policies.New(policies.Options{Model: text, Directory: d})
		if err != nil {
			t.Fatal(err)
		}
		policy := somePolicy(t)
		if err := g.Load(policy); err != nil {
			t.Fatal(err)
		}
		e := referee(t, text, policy, d, restrictions)
		users := append(slices.Clone(existing[:5]), anyID().Draw(t, "odd user"), anyID().Draw(t, "odd user"))
		places := append(slices.Clone(existing[:6]), anyID().Draw(t, "odd workspace"), anyID().Draw(t, "odd workspace"))
		permissions := append(policies.Permissions(), policies.Permission(anyID().Draw(t, "odd permission")))
		for _, u := range users {
			for _, w := range places {
				for _, p := range permissions {
					want, err := e.Enforce("u:"+u, "w:"+w, string(p))
					if err != nil {
						t.Fatal(err)
					}
					if got := g.Can(t.Context(), session(u), p, policies.Workspace(w)); got.Allowed != want {
						t.Fatalf("person %q, workspace %q, %q: the table says %t (%s), Casbin %t", u, w, p, got.Allowed, got.Reason, want)
					}
				}
			}
		}
	})
}

// someFilter draws a decision filter of any character.
func someFilter() *rapid.Generator[filterFunc] {
	return rapid.SampledFrom([]filterFunc{
		allow,
		deny("no"),
		func(_ context.Context, q policies.Question) (policies.Question, error) { return q, nil },
		func(_ context.Context, q policies.Question) (policies.Question, error) {
			q.Decision.Allowed = !q.Decision.Allowed
			return q, nil
		},
		func(_ context.Context, q policies.Question) (policies.Question, error) {
			q.Decision = policies.Decision{Allowed: true, Reason: policies.Granted, Role: policies.Owner}
			q.Session.DeploymentAdmin = true
			return q, errors.New("and yet it failed")
		},
		func(context.Context, policies.Question) (policies.Question, error) { panic("filter") },
	})
}

func TestNoFilterAndNoRestrictionEverWidens(t *testing.T) {
	text := modelText(t)
	quiet := hook.New(discard)
	rapid.Check(t, func(t *rapid.T) {
		d := someTown(t)
		policy := somePolicy(t)
		ask := func(d *town, b *hook.Bus, s *policies.Session, p policies.Permission, r policies.Resource) policies.Decision {
			g, err := policies.New(policies.Options{Model: text, Directory: d, Bus: b, Log: discard})
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Load(policy); err != nil {
				t.Fatal(err)
			}
			can, explained := g.Can(t.Context(), s, p, r), g.Explain(t.Context(), s, p, r)
			if can.Allowed != explained.Allowed || can.Reason != explained.Reason {
				t.Fatalf("Can says %s, Explain %s", can.Reason, explained.Reason)
			}
			return can
		}
		s := session(anyID().Draw(t, "asker"))
		s.WorkspaceID = anyID().Draw(t, "active workspace")
		s.DeploymentAdmin = rapid.Bool().Draw(t, "deployment admin")
		p := rapid.SampledFrom(append(policies.Permissions(), "everything")).Draw(t, "permission")
		r := rapid.SampledFrom([]policies.Resource{{}, policies.TheDeployment(), policies.Workspace(anyID().Draw(t, "place")), {Kind: "elsewhere"}}).Draw(t, "resource")

		base := ask(d, quiet, s, p, r)
		restrict(t, d)
		restricted := ask(d, quiet, s, p, r)
		if restricted.Allowed && !base.Allowed {
			t.Fatalf("restrictions turned %s into %s", base.Reason, restricted.Reason)
		}
		b := hook.New(discard)
		for i, fn := range rapid.SliceOfN(someFilter(), 1, 4).Draw(t, "filters") {
			policies.DecisionFilter.On(b, hook.Options{Name: fmt.Sprint("filter ", i), OnError: rapid.SampledFrom([]hook.Failure{hook.Pass, hook.Refuse}).Draw(t, "on error"), Timeout: -1}, fn)
		}
		if filtered := ask(d, b, s, p, r); filtered.Allowed && !restricted.Allowed {
			t.Fatalf("filters turned %s into %s", restricted.Reason, filtered.Reason)
		}
	})
}
