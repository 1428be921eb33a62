package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	_ "embed"
)

//go:embed roles.csv
var rolesCSV string

// policyFile is the name that explanations give to the policy.
const policyFile = "roles.csv"

// Every name carries its kind, so that a person who is called like a role never becomes one.
func person(id string) string    { return "u:" + id }
func role(r Role) string         { return "r:" + string(r) }
func workspace(id string) string { return "w:" + id }

// table is the compiled policy: for each role the permissions it carries, and
// the line that says so. It is never changed, only replaced by another.
type table struct {
	allowed [roleCount]permissionSet
	line    [roleCount][permissionCount]string
}

// verdict is what the policy and the workspace's restrictions make of one
// person's standing and one permission (-1 = unknown).
func (t *table) verdict(row int, taken permissionSet, column int) Reason {
	switch {
	case row < 0:
		return NotFound
	case column < 0:
		return UnknownPermission
	case !t.allowed[row].has(column):
		return Forbidden
	case taken.has(column):
		return Restricted
	default:
		return Granted
	}
}

// rule is one line of the policy: p, role, permission, effect.
type rule struct {
	fields []string
	number int
}

func (r rule) String() string {
	return fmt.Sprintf("p, %s (%s:%d)", strings.Join(r.fields, ", "), policyFile, r.number)
}

// compile asks Casbin once for every role and permission and keeps the answers.
// Anything in the policy that it cannot account for is an error.
func compile(modelText, policyText string) (*table, error) {
	rules, err := parsePolicy(policyText)
	if err != nil {
		return nil, err
	}
	enforcer, err := newEnforcer(modelText, rules)
	if err != nil {
		return nil, err
	}
	const place = "probe"
	var t table
	for i, r := range Roles() {
		who := "holder-of-" + string(r)
		if _, err := enforcer.AddGroupingPolicy(person(who), role(r), workspace(place)); err != nil {
			return nil, fmt.Errorf("policy: group %s: %w", r, err)
		}
		for _, p := range Permissions() {
			ok, err := enforcer.Enforce(person(who), workspace(place), string(p))
			if err != nil {
				return nil, fmt.Errorf("policy: enforce %s for %s: %w", p, r, err)
			}
			line := deciding(rules, r, p)
			if ok != (line != nil && line.fields[2] == "allow") {
				return nil, fmt.Errorf("policy: Casbin answers %t for %s and %s, but its line is %v: the model has changed its meaning", ok, r, p, line)
			}
			if line != nil {
				t.line[i][p.index()] = line.String()
			}
			if ok {
				t.allowed[i] |= 1 << p.index()
			}
		}
	}
	return &t, nil
}

// newEnforcer loads model and rules into a plain Casbin enforcer. The cached
// ones must not be used: they keep answering "allowed" after a role is gone.
func newEnforcer(modelText string, rules []rule) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("policy: read the Casbin model: %w", err)
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy: start Casbin: %w", err)
	}
	for _, r := range rules {
		if _, err := enforcer.AddPolicy(r.fields); err != nil {
			return nil, fmt.Errorf("policy: %s: %w", r, err)
		}
	}
	return enforcer, nil
}

// parsePolicy reads the lines of the policy. It refuses whatever could be a
// slip of the pen: Casbin itself would pass over it in silence.
func parsePolicy(text string) ([]rule, error) {
	var rules []rule
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ",")
		for j := range fields {
			fields[j] = strings.TrimSpace(fields[j])
		}
		r := rule{fields: fields[1:], number: i + 1}
		at := fmt.Sprintf("policy: %s:%d", policyFile, r.number)
		switch {
		case len(fields) != 4 || fields[0] != "p":
			return nil, fmt.Errorf("%s: want p, role, permission, allow or deny; got %q", at, line)
		case !slices.ContainsFunc(Roles(), func(each Role) bool { return role(each) == r.fields[0] }):
			return nil, fmt.Errorf("%s: there is no role %q", at, r.fields[0])
		case !Permission(r.fields[1]).Valid():
			return nil, fmt.Errorf("%s: there is no permission %q", at, r.fields[1])
		case r.fields[2] != "allow" && r.fields[2] != "deny":
			return nil, fmt.Errorf("%s: the effect is allow or deny, not %q", at, r.fields[2])
		case slices.ContainsFunc(rules, func(each rule) bool { return slices.Equal(each.fields, r.fields) }):
			return nil, fmt.Errorf("%s: this line is there twice", at)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// deciding is the line that settles a permission for a role: a deny before an allow.
func deciding(rules []rule, r Role, p Permission) *rule {
	var found *rule
	for i := range rules {
		if f := rules[i].fields; f[0] == role(r) && f[1] == string(p) && (found == nil || f[2] == "deny") {
			found = &rules[i]
		}
	}
	return found
}
