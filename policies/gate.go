package policies

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"or3.cloud/or3/internal/hook"
)

// Options make a Gate.
type Options struct {
	Model     string    // the text of casbin_model.conf
	Directory Directory // who is a member where
	Bus       *hook.Bus // where decision filters register; nil = none
	Log       *slog.Logger
}

// Gate answers whether a session may do something. All methods are safe for
// concurrent use. It reads memberships through its Directory and remembers them
// until Invalidate.
type Gate struct {
	model         string
	bus           *hook.Bus
	log           *slog.Logger
	table         atomic.Pointer[table]
	standings     *standings
	grantAttempts atomic.Uint64
}

// New makes a Gate with the policy of roles.csv. It fails when model and policy
// do not fit together.
func New(o Options) (*Gate, error) {
	if o.Directory == nil {
		return nil, errors.New("policy: a gate needs a directory")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Gate{model: o.Model, bus: o.Bus, log: o.Log, standings: newStandings(o.Directory)}
	if err := g.Load(rolesCSV); err != nil {
		return nil, err
	}
	return g, nil
}

// Load compiles another policy, in the form of roles.csv, and swaps it in at
// once. On an error the old policy stays.
func (g *Gate) Load(policy string) error {
	t, err := compile(g.model, policy)
	if err != nil {
		return err
	}
	g.table.Store(t)
	return nil
}

// Invalidate forgets every membership, restriction and the home workspace. Call
// it after every change of them: a decision that begins afterwards reads anew,
// and a reading under way at that moment is not kept.
func (g *Gate) Invalidate() { g.standings.generation.Add(1) }

// Can decides. It never fails: when the directory does, the decision is a denial
// with Reason LookupFailed and the cause in Err. With filters off and the
// membership known it takes no allocation.
func (g *Gate) Can(ctx context.Context, s *Session, p Permission, r Resource) (d Decision) {
	g.judge(ctx, g.table.Load(), s, p, r, &d)
	if DecisionFilter.Heard(g.bus) && filterable(d.Reason) {
		if d = g.narrow(ctx, s, r, d); d.Reason != Filtered {
			d.Filters = nil
		}
	}
	return d
}

// Explain gives the verdict of Can with all its evidence: the policy line, the
// restriction and what every filter said.
func (g *Gate) Explain(ctx context.Context, s *Session, p Permission, r Resource) (d Decision) {
	t := g.table.Load()
	row := g.judge(ctx, t, s, p, r, &d)
	if column := p.index(); row >= 0 && column >= 0 {
		d.Policy = t.line[row][column]
	}
	switch d.Reason {
	case DeploymentGrant:
		d.Policy = "deployment_admin, " + string(p) + ", allow"
	case Restricted:
		d.Restriction = &Restriction{Role: d.Role, Permission: p}
	}
	if DecisionFilter.Heard(g.bus) && filterable(d.Reason) {
		d = g.narrow(ctx, s, r, d)
	}
	return d
}

// Matrix is the policy as people read it: which role carries which permission
// where nothing is restricted.
func (g *Gate) Matrix() map[Role]map[Permission]bool {
	t := g.table.Load()
	matrix := make(map[Role]map[Permission]bool, roleCount)
	for i, r := range Roles() {
		matrix[r] = make(map[Permission]bool, permissionCount)
		for _, p := range Permissions() {
			matrix[r][p] = t.allowed[i].has(p.index())
		}
	}
	return matrix
}

// GrantAttempts counts how often a decision filter said yes to what was already
// denied. Such an answer has no effect; a rising count means a filter that
// misunderstands its part.
func (g *Gate) GrantAttempts() uint64 { return g.grantAttempts.Load() }

// judge decides by roles, restrictions and the deployment flag, before any
// filter, and writes into d, which is zero. row is the line of the table that
// applied, -1 for strangers.
func (g *Gate) judge(ctx context.Context, t *table, s *Session, p Permission, r Resource, d *Decision) (row int) {
	d.Permission = p
	if s == nil || s.UserID == "" {
		d.Reason = Unauthenticated
		return -1
	}
	d.UserID = s.UserID
	place, err := g.place(ctx, s, r)
	if err != nil {
		d.Reason, d.Err = LookupFailed, err
		return -1
	}
	d.WorkspaceID = place
	row, taken, err := g.standings.of(ctx, d.UserID, d.WorkspaceID)
	if err != nil {
		d.Reason, d.Err = LookupFailed, err
		return -1
	}
	d.Reason = t.verdict(row, taken, p.index())
	if r.Kind == Deployment {
		d.Reason = onDeployment(s, p, d)
	}
	d.Allowed = d.Reason == Granted || d.Reason == DeploymentGrant
	if row >= 0 {
		d.Role = roleOf(row)
	}
	return row
}

// place is the workspace by which a resource is judged; "" when there is none.
func (g *Gate) place(ctx context.Context, s *Session, r Resource) (string, error) {
	switch {
	case r.Kind == Deployment:
		return g.standings.homeWorkspace(ctx)
	case r.Kind == InWorkspace || r.Kind == ActiveWorkspace && r.WorkspaceID != "":
		return r.WorkspaceID, nil
	case r.Kind == ActiveWorkspace:
		return s.WorkspaceID, nil
	default:
		return "", nil // a kind nobody knows is nowhere
	}
}

// onDeployment adds the deployment admin flag, which lets its holder read and
// change the deployment but not, for instance, name other deployment admins.
// The server itself is no secret: strangers to the home workspace are forbidden.
func onDeployment(s *Session, p Permission, d *Decision) Reason {
	switch {
	case d.Reason == Granted:
		return Granted
	case s.DeploymentAdmin && d.WorkspaceID != "" && validID(s.UserID) && (p == AdminAccess || p == WorkspaceSettingsManage):
		return DeploymentGrant
	case d.Reason == NotFound && p.Valid():
		return Forbidden
	case d.Reason == NotFound:
		return UnknownPermission
	default:
		return d.Reason
	}
}

func roleOf(row int) Role {
	switch row {
	case 0:
		return Owner
	case 1:
		return Editor
	default:
		return Viewer
	}
}
