package policies_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"or3.cloud/or3/policies"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestAccessIsWhatTheMatrixSays(t *testing.T) {
	d := newTown()
	d.set("restricted", "home", policies.Editor, policies.Restriction{Role: policies.Editor, Permission: policies.WorkspaceWrite})
	g := newGate(t, d, nil)
	person := func(id string, deploymentAdmin bool) *policies.Session {
		s := session(id)
		s.DeploymentAdmin = deploymentAdmin
		return s
	}
	people := []struct {
		name    string
		session *policies.Session
	}{
		{"nobody signed in", nil},
		{"owner", person("owner", false)},
		{"editor", person("editor", false)},
		{"editor, write taken away", person("restricted", false)},
		{"viewer", person("viewer", false)},
		{"not a member", person("yardowner", false)},
		{"not a member, deployment admin", person("yardowner", true)},
		{"viewer, deployment admin", person("viewer", true)},
	}
	var out strings.Builder
	for _, place := range []struct {
		title    string
		resource policies.Resource
	}{
		{"The workspace \"home\", in which they have that role", policies.Workspace("home")},
		{"The deployment, whose home workspace it is", policies.TheDeployment()},
	} {
		fmt.Fprintf(&out, "%s\n\n%-32s", place.title, "")
		for _, p := range policies.Permissions() {
			fmt.Fprintf(&out, "%-26s", p)
		}
		out.WriteString("\n")
		for _, who := range people {
			fmt.Fprintf(&out, "%-32s", who.name)
			for _, p := range policies.Permissions() {
				verdict := g.Can(t.Context(), who.session, p, place.resource)
				word := string(verdict.Reason)
				if verdict.Allowed {
					word = "yes"
				}
				if verdict.Reason == policies.DeploymentGrant {
					word = "yes, by the flag"
				}
				fmt.Fprintf(&out, "%-26s", word)
			}
			out.WriteString("\n")
		}
		out.WriteString("\n")
	}
	compareGolden(t, "testdata/matrix.txt", trimLines(out.String()))
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n")) + "\n"
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; read the difference, then run with -update\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func TestEachRoleCarriesAllThatTheNextCarries(t *testing.T) {
	matrix := newGate(t, newTown(), nil).Matrix()
	roles := policies.Roles()
	for i, wider := range roles[:len(roles)-1] {
		for _, p := range policies.Permissions() {
			if narrower := roles[i+1]; matrix[narrower][p] && !matrix[wider][p] {
				t.Errorf("%s carries %s, but %s does not", narrower, p, wider)
			}
		}
	}
}

func TestAPolicyWithASlipOfThePenIsRefusedAndTheOldOneStays(t *testing.T) {
	g := newGate(t, newTown(), nil)
	for name, policy := range map[string]string{
		"unknown role":       "p, r:admin, workspace.read, allow",
		"role without r:":    "p, owner, workspace.read, allow",
		"unknown permission": "p, r:owner, workspace.raed, allow",
		"unknown effect":     "p, r:owner, workspace.read, alow",
		"missing effect":     "p, r:owner, workspace.read",
		"grouping":           "g, u:ada, r:owner, w:home",
		"twice":              "p, r:owner, workspace.read, allow\np, r:owner, workspace.read, allow",
	} {
		if err := g.Load(policy); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), "roles.csv:") {
			t.Errorf("%s: the error does not say where: %v", name, err)
		}
	}
	if d := g.Can(t.Context(), session("editor"), policies.WorkspaceWrite, policies.Workspace("home")); !d.Allowed {
		t.Errorf("the old policy is gone: %+v", d)
	}
}

func TestAModelThatMeansSomethingElseIsRefused(t *testing.T) {
	text := modelText(t)
	both := "p, r:owner, workspace.read, allow\np, r:owner, workspace.read, deny"
	for name, model := range map[string]string{
		"empty":             "",
		"everybody matches": strings.Replace(text, "m = g(r.sub, p.sub, r.dom) && ", "m = ", 1),
		"allow wins":        strings.Replace(text, " && !some(where (p.eft == deny))", "", 1),
	} {
		if model == text {
			t.Fatalf("%s: the model was not changed", name)
		}
		g, err := policies.New(policies.Options{Model: model, Directory: newTown()})
		if err == nil {
			err = g.Load(both)
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := newGate(t, newTown(), nil).Load(both); err != nil {
		t.Errorf("the true model: %v", err)
	}
}

func TestEveryPermissionIsDescribed(t *testing.T) {
	for _, p := range policies.Permissions() {
		if policies.Describe(p) == "" || !p.Valid() {
			t.Errorf("%s has no description", p)
		}
	}
	if policies.Describe("everything") != "" || policies.Permission("everything").Valid() || policies.Role("").Valid() {
		t.Error("what does not exist counts as valid")
	}
}
