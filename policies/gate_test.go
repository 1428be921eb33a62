package policies_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/policies"
)

// town is a Directory in memory: home is the home workspace.
type town struct {
	mu      sync.Mutex
	home    string
	members map[[2]string]policies.Standing // user, workspace
	failure error
	asked   int
	entered chan<- struct{} // when set, Standing announces itself here …
	proceed <-chan struct{} // … and, having read, answers only after this
}

func (d *town) Standing(_ context.Context, userID, workspaceID string) (policies.Standing, error) {
	d.mu.Lock()
	d.asked++
	found, err, entered, proceed := d.members[[2]string{userID, workspaceID}], d.failure, d.entered, d.proceed
	d.mu.Unlock()
	if entered != nil {
		entered <- struct{}{}
		<-proceed
	}
	return found, err
}

func (d *town) HomeWorkspace(context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.home, d.failure
}

func (d *town) set(userID, workspaceID string, role policies.Role, taken ...policies.Restriction) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.members == nil {
		d.members = map[[2]string]policies.Standing{}
	}
	d.members[[2]string{userID, workspaceID}] = policies.Standing{Role: role, Restrictions: taken}
}

// newTown has home workspace "home" with its owner, editor and viewer, and
// workspace "yard" with an owner of its own.
func newTown() *town {
	d := &town{home: "home"}
	for _, r := range policies.Roles() {
		d.set(string(r), "home", r)
	}
	d.set("yardowner", "yard", policies.Owner)
	return d
}

func modelText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../casbin_model.conf")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func newGate(t testing.TB, d policies.Directory, b *hook.Bus) *policies.Gate {
	t.Helper()
	g, err := policies.New(policies.Options{Model: modelText(t), Directory: d, Bus: b, Log: discard})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func session(userID string) *policies.Session {
	return &policies.Session{ID: "s-" + userID, UserID: userID, WorkspaceID: "home"}
}

func TestWithoutAResourceTheActiveWorkspaceOfTheSessionIsJudged(t *testing.T) {
	d := newTown()
	d.set("owner", "yard", policies.Viewer)
	g := newGate(t, d, nil)
	s := session("owner")
	if got := g.Can(t.Context(), s, policies.WorkspaceWrite, policies.Resource{}); !got.Allowed || got.WorkspaceID != "home" || got.Role != policies.Owner {
		t.Errorf("at home: %+v", got)
	}
	s.WorkspaceID = "yard"
	if got := g.Can(t.Context(), s, policies.WorkspaceWrite, policies.Resource{}); got.Allowed || got.Reason != policies.Forbidden || got.WorkspaceID != "yard" {
		t.Errorf("in the yard, where the person is a viewer: %+v", got)
	}
	s.WorkspaceID = ""
	if got := g.Can(t.Context(), s, policies.WorkspaceRead, policies.Resource{}); got.Reason != policies.NotFound {
		t.Errorf("without an active workspace: %+v", got)
	}
}

func TestARoleCountsOnlyInItsOwnWorkspace(t *testing.T) {
	g := newGate(t, newTown(), nil)
	for _, p := range policies.Permissions() {
		if d := g.Can(t.Context(), session("owner"), p, policies.Workspace("yard")); d.Allowed || d.Reason != policies.NotFound || d.Role != "" {
			t.Errorf("owner of another workspace asks for %s: %+v", p, d)
		}
	}
}

func TestTheDeploymentFlagGrantsNothingInsideWorkspaces(t *testing.T) {
	g := newGate(t, newTown(), nil)
	admin := session("stranger")
	admin.DeploymentAdmin = true
	for _, p := range policies.Permissions() {
		for _, w := range []string{"home", "yard"} {
			if d := g.Can(t.Context(), admin, p, policies.Workspace(w)); d.Allowed {
				t.Errorf("the flag granted %s in %s: %+v", p, w, d)
			}
		}
	}
}

func TestNobodyRulesADeploymentThatWasNotSetUp(t *testing.T) {
	d := &town{}
	g := newGate(t, d, nil)
	admin := session("first")
	admin.DeploymentAdmin = true
	if got := g.Can(t.Context(), admin, policies.AdminAccess, policies.TheDeployment()); got.Allowed {
		t.Errorf("before set-up: %+v", got)
	}
	d.set("first", "home", policies.Owner)
	d.mu.Lock()
	d.home = "home"
	d.mu.Unlock()
	if got := g.Can(t.Context(), session("first"), policies.AdminAccess, policies.TheDeployment()); !got.Allowed {
		t.Errorf("after set-up, without any Invalidate: %+v", got)
	}
}

func TestARestrictionTakesAPermissionFromARoleUntilItIsLifted(t *testing.T) {
	d := newTown()
	taken := policies.Restriction{Role: policies.Editor, Permission: policies.WorkspaceWrite}
	d.set("editor", "home", policies.Editor, taken)
	g := newGate(t, d, nil)
	got := g.Explain(t.Context(), session("editor"), policies.WorkspaceWrite, policies.Workspace("home"))
	if got.Allowed || got.Reason != policies.Restricted || got.Restriction == nil || *got.Restriction != taken {
		t.Errorf("restricted editor writes: %+v", got)
	}
	if got := g.Can(t.Context(), session("editor"), policies.WorkspaceRead, policies.Workspace("home")); !got.Allowed {
		t.Errorf("restricted editor reads: %+v", got)
	}
	d.set("editor", "home", policies.Editor)
	g.Invalidate()
	if got := g.Can(t.Context(), session("editor"), policies.WorkspaceWrite, policies.Workspace("home")); !got.Allowed {
		t.Errorf("after the restriction was lifted: %+v", got)
	}
}

func TestNothingCanBeTakenFromAnOwnerAndARestrictionOfAnotherRoleDoesNotCount(t *testing.T) {
	d := newTown()
	d.set("owner", "home", policies.Owner,
		policies.Restriction{Role: policies.Owner, Permission: policies.WorkspaceWrite},
		policies.Restriction{Role: policies.Editor, Permission: policies.WorkspaceWrite},
		policies.Restriction{Role: policies.Owner, Permission: "everything"})
	g := newGate(t, d, nil)
	for _, p := range policies.Permissions() {
		if got := g.Can(t.Context(), session("owner"), p, policies.Workspace("home")); !got.Allowed {
			t.Errorf("owner lost %s: %+v", p, got)
		}
	}
}

func TestAnUnknownPermissionIsAlwaysDenied(t *testing.T) {
	g := newGate(t, newTown(), nil)
	admin := session("owner")
	admin.DeploymentAdmin = true
	for _, p := range []policies.Permission{"", "*", "workspace.*", "workspace.read ", "WORKSPACE.READ", "workspace.read,workspace.write", "p.act"} {
		for _, r := range []policies.Resource{policies.Workspace("home"), policies.TheDeployment(), {}} {
			if d := g.Can(t.Context(), admin, p, r); d.Allowed || d.Reason != policies.UnknownPermission {
				t.Errorf("%q on %+v: %+v", p, r, d)
			}
		}
	}
}

func TestIdsThatCannotExistNeverReachTheDirectory(t *testing.T) {
	d := &everyoneOwnsEverything{}
	g := newGate(t, d, nil)
	for _, id := range []string{"", "*", "r:owner", "u:ada", "w:home", "a\x00b", "a\nb", "ada ", "é", "bob$$home", "a/b", "a,b", strings.Repeat("a", 65)} {
		if got := g.Can(t.Context(), session("ada"), policies.WorkspaceRead, policies.Workspace(id)); got.Allowed || got.Reason != policies.NotFound {
			t.Errorf("workspace %q: %+v", id, got)
		}
		got := g.Can(t.Context(), session(id), policies.WorkspaceRead, policies.Workspace("home"))
		if got.Allowed || got.Reason != policies.NotFound && (id != "" || got.Reason != policies.Unauthenticated) {
			t.Errorf("person %q: %+v", id, got)
		}
		admin := session(id)
		admin.DeploymentAdmin = true
		if got := g.Can(t.Context(), admin, policies.AdminAccess, policies.TheDeployment()); got.Allowed {
			t.Errorf("deployment admin %q: %+v", id, got)
		}
	}
	if d.asked != 0 {
		t.Errorf("the directory was asked %d times", d.asked)
	}
}

type everyoneOwnsEverything struct{ asked int }

func (d *everyoneOwnsEverything) Standing(context.Context, string, string) (policies.Standing, error) {
	d.asked++
	return policies.Standing{Role: policies.Owner}, nil
}
func (d *everyoneOwnsEverything) HomeWorkspace(context.Context) (string, error) { return "home", nil }

func TestAPersonCalledLikeARoleHasOnlyTheirOwnRole(t *testing.T) {
	d := newTown()
	d.set("owner", "yard", policies.Viewer)
	g := newGate(t, d, nil)
	if got := g.Can(t.Context(), session("owner"), policies.WorkspaceWrite, policies.Workspace("yard")); got.Allowed {
		t.Errorf("viewer with the id owner may write: %+v", got)
	}
}

func TestWhenTheDirectoryFailsEverythingIsDeniedUntilItAnswers(t *testing.T) {
	d := newTown()
	d.failure = errors.New("disk on fire")
	g := newGate(t, d, nil)
	for _, r := range []policies.Resource{policies.Workspace("home"), policies.TheDeployment()} {
		got := g.Can(t.Context(), session("owner"), policies.WorkspaceRead, r)
		if got.Allowed || got.Reason != policies.LookupFailed || !errors.Is(got.Err, d.failure) {
			t.Errorf("while the directory fails: %+v", got)
		}
		if !fault.Is(got.Fault(), fault.Unavailable) || !errors.Is(got.Fault(), d.failure) {
			t.Errorf("fault is %v", got.Fault())
		}
	}
	d.mu.Lock()
	d.failure = nil
	d.mu.Unlock()
	if got := g.Can(t.Context(), session("owner"), policies.WorkspaceRead, policies.Workspace("home")); !got.Allowed {
		t.Errorf("after it answers again: %+v", got)
	}
}

func TestExplainNamesTheLineOfThePolicy(t *testing.T) {
	g := newGate(t, newTown(), nil)
	got := g.Explain(t.Context(), session("editor"), policies.WorkspaceWrite, policies.Workspace("home"))
	policy, err := os.ReadFile("roles.csv")
	if err != nil {
		t.Fatal(err)
	}
	for number, line := range strings.Split(string(policy), "\n") {
		if line == "p, r:editor, workspace.write, allow" {
			if want := line + " (roles.csv:" + strconv.Itoa(number+1) + ")"; got.Policy != want {
				t.Errorf("policy is %q, want %q", got.Policy, want)
			}
			return
		}
	}
	t.Fatal("the line is not in roles.csv")
}

func TestDenialsSpeakTheVocabularyOfFailure(t *testing.T) {
	for reason, kind := range map[policies.Reason]fault.Kind{
		policies.Unauthenticated:   fault.Unauthenticated,
		policies.NotFound:          fault.NotFound,
		policies.Forbidden:         fault.Forbidden,
		policies.Restricted:        fault.Forbidden,
		policies.Filtered:          fault.Forbidden,
		policies.UnknownPermission: fault.Forbidden,
		policies.LookupFailed:      fault.Unavailable,
	} {
		if got := fault.KindOf(policies.Decision{Reason: reason}.Fault()); got != kind {
			t.Errorf("%s becomes %s, want %s", reason, got, kind)
		}
	}
	if err := (policies.Decision{Allowed: true, Reason: policies.Granted}).Fault(); err != nil {
		t.Errorf("a grant becomes %v", err)
	}
}
