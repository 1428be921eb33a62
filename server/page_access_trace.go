package server

import (
	"slices"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/ui"
)

// matrix is the policy of every role with what the workspace takes away.
func (s *Server) matrix(taken []policies.Restriction) []ui.MatrixRow {
	policy := s.gate.Matrix()
	cell := func(role policies.Role, p policies.Permission) ui.Cell {
		switch {
		case !policy[role][p]:
			return ui.CellNo
		case slices.Contains(taken, policies.Restriction{Role: role, Permission: p}):
			return ui.CellTaken
		}
		return ui.CellYes
	}
	rows := make([]ui.MatrixRow, 0, len(policies.Permissions()))
	for _, p := range policies.Permissions() {
		rows = append(rows, ui.MatrixRow{
			Permission: string(p), Text: policies.Describe(p),
			Owner: cell(policies.Owner, p), Editor: cell(policies.Editor, p), Viewer: cell(policies.Viewer, p),
		})
	}
	return rows
}

// cellOf is what the gate says about a person at this moment.
func (s *Server) cellOf(r *request, about *policies.Session, p policies.Permission, workspaceID string) ui.Cell {
	switch d := s.gate.Can(r.Ctx(), about, p, policies.Workspace(workspaceID)); {
	case d.Allowed:
		return ui.CellYes
	case d.Reason == policies.Restricted || d.Reason == policies.Filtered:
		return ui.CellTaken
	}
	return ui.CellNo
}

// restrictionForm offers what owners can take from editors and viewers: what
// the policy gives them.
func (s *Server) restrictionForm(r *request, workspaceID string, taken []policies.Restriction) ui.RestrictionForm {
	form := ui.RestrictionForm{CanEdit: workspaceID == r.active() && r.Can(policies.WorkspaceSettingsManage, policies.Workspace(workspaceID))}
	policy := s.gate.Matrix()
	box := func(role policies.Role, p policies.Permission) ui.RestrictionBox {
		return ui.RestrictionBox{Role: string(role), Has: policy[role][p], Taken: slices.Contains(taken, policies.Restriction{Role: role, Permission: p})}
	}
	for _, p := range policies.Permissions() {
		row := ui.RestrictionRow{Permission: string(p), Text: policies.Describe(p), Editor: box(policies.Editor, p), Viewer: box(policies.Viewer, p)}
		if row.Editor.Has || row.Viewer.Has {
			form.Rows = append(form.Rows, row)
		}
	}
	return form
}

// explain words a decision: the verdict, why, and the steps in the order in
// which they were taken.
func explain(d policies.Decision, who account.Person, place ui.WorkspaceRef) ui.Trace {
	name := ui.FirstName(who.DisplayName)
	can := " cannot "
	if d.Allowed {
		can = " can "
	}
	t := ui.Trace{
		Allowed: d.Allowed, Verdict: name + can + doing(d.Permission) + " in " + place.Name, Why: why(d, name),
		Command: "or3 can --email " + who.Email + " --workspace " + place.ID + " " + string(d.Permission),
	}
	member := d.Role != ""
	policy := member && d.Reason != policies.Forbidden
	restriction := policy && d.Reason != policies.Restricted
	t.Steps = append(t.Steps, ui.TraceStep{Name: "Session", Evidence: sessionEvidence(who), Passed: who.DisabledAt == nil, Deciding: who.DisabledAt != nil})
	t.Steps = append(t.Steps, step("Member", who.DisabledAt == nil, member, roleEvidence(d.Role, place.Name), ""))
	t.Steps = append(t.Steps, step("Role policy", member, policy, policyEvidence(d, policy), d.Policy))
	t.Steps = append(t.Steps, step("Restriction", policy, restriction, restrictionEvidence(d), ""))
	return withFilters(t, d, policy)
}

// step is one check; reached is false when an earlier one has decided.
func step(name string, reached, passed bool, evidence, code string) ui.TraceStep {
	if !reached {
		return ui.TraceStep{Name: name, Skipped: true, Evidence: "Not reached"}
	}
	return ui.TraceStep{Name: name, Passed: passed, Deciding: !passed, Evidence: evidence, Code: code}
}

// withFilters adds what every decision filter said. Filters are asked about
// members also when the answer is no already; they can only narrow.
func withFilters(t ui.Trace, d policies.Decision, reached bool) ui.Trace {
	if len(d.Filters) == 0 {
		t.Steps = append(t.Steps, step("Decision filters", reached, true, "None is installed", ""))
		if d.Allowed {
			t.Steps[2].Deciding = true
		}
		return t
	}
	for _, f := range d.Filters {
		s := ui.TraceStep{Name: "Decision filter", Passed: f.Allowed && !f.Overruled, Evidence: f.Name + " answered allow"}
		switch {
		case f.Overruled:
			s.Skipped, s.Evidence = true, f.Name+" tried to allow what was denied and was overruled"
		case !f.Allowed:
			s.Evidence, s.Deciding = f.Name+" answered deny", d.Reason == policies.Filtered
		}
		if f.Reason != "" {
			s.Evidence += ", reason “" + f.Reason + "”"
		}
		t.Steps = append(t.Steps, s)
	}
	if d.Allowed {
		t.Steps[2].Deciding = true
	}
	return t
}
