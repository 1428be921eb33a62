package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/telemetry"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/server"
	"or3.cloud/or3/sync/engine"
)

func (p *program) canCommand() *cobra.Command {
	var email, workspace string
	var asJSON bool
	cmd := &cobra.Command{Use: "can --email E --workspace W PERMISSION", Short: "Say whether a person may do something, and why",
		Long: "Asks the very gate every request passes and prints its decision with the evidence: role, policy line,\n" +
			"restriction, filters. Ends with 0 whether the answer is allowed or denied.\n\nPermissions: " + permissionNames(),
		Args: exactly("PERMISSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := need(cmd, "email", "workspace"); err != nil {
				return err
			}
			permission := policies.Permission(args[0])
			if !permission.Valid() {
				return usage("there is no permission %q; there are %s", args[0], permissionNames())
			}
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) (err error) {
				end, err := p.filtered(ctx, s)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, end()) }()
				return s.explain(ctx, cmd.OutOrStdout(), asJSON, email, workspace, permission)
			})
		}}
	cmd.Flags().StringVar(&email, "email", "", "e-mail address of the person")
	cmd.Flags().StringVar(&workspace, "workspace", "", "name or id of the workspace")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// filtered has the gate of a command ask the plugins that filter decisions, as a
// server's gate does.
func (p *program) filtered(ctx context.Context, s services) (end func() error, err error) {
	rows, err := engine.New(engine.Options{DB: s.db, Bus: s.bus, Now: p.now, PollOnly: true})
	if err != nil {
		return nil, err
	}
	unload, err := server.DecisionFilters(ctx, server.FilterOptions{Config: s.config, Version: p.version(), DB: s.db, Bus: s.bus, Audit: s.audit, Gate: s.gate, Workspaces: s.workspaces, Engine: rows, Now: p.now})
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return func() error { return errors.Join(unload(), rows.Close()) }, nil
}

func permissionNames() string {
	var names []string
	for _, permission := range policies.Permissions() {
		names = append(names, string(permission))
	}
	return strings.Join(names, ", ")
}

// explain asks the gate on behalf of a person and prints what it said.
func (s services) explain(ctx context.Context, w io.Writer, asJSON bool, email, nameOrID string, permission policies.Permission) error {
	person, err := s.person(ctx, email)
	if err != nil {
		return err
	}
	place, err := s.workspaces.Find(ctx, nameOrID)
	if err != nil {
		return err
	}
	d := s.gate.Explain(ctx, sessionOf(person), permission, policies.Workspace(place.ID))
	if d.Reason == policies.LookupFailed {
		return d.Fault()
	}
	if asJSON {
		return writeTable(w, true, explained{
			Allowed: d.Allowed, Reason: d.Reason, Role: d.Role, Policy: d.Policy, Restriction: d.Restriction, Filters: append([]policies.FilterVerdict{}, d.Filters...),
		}, nil, nil)
	}
	verdict, verb := "denied", "may not"
	if d.Allowed {
		verdict, verb = "allowed", "may"
	}
	lines := []string{fmt.Sprintf("%s: %s <%s> %s %s in %s", verdict, person.DisplayName, person.Email, verb, permission, place.Name)}
	lines = append(lines, "  because      "+because(d, person, place.Name))
	if d.Role != "" {
		lines = append(lines, "  role         "+string(d.Role))
	}
	if d.Policy != "" {
		lines = append(lines, "  policy       "+d.Policy)
	}
	if d.Restriction != nil {
		lines = append(lines, fmt.Sprintf("  restriction  %s may not %s in this workspace", d.Restriction.Role, d.Restriction.Permission))
	}
	for _, f := range d.Filters {
		lines = append(lines, "  filter       "+filterWords(f))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, telemetry.Printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// explained is the JSON of GET /api/access/explain.
type explained struct {
	Allowed     bool                     `json:"allowed"`
	Reason      policies.Reason          `json:"reason"`
	Role        policies.Role            `json:"role"`
	Policy      string                   `json:"policy"`
	Restriction *policies.Restriction    `json:"restriction,omitempty"`
	Filters     []policies.FilterVerdict `json:"filters"`
}

// because is the reason of a decision in words.
func because(d policies.Decision, person account.Person, place string) string {
	switch d.Reason {
	case policies.Granted:
		return fmt.Sprintf("the role %s carries it", d.Role)
	case policies.DeploymentGrant:
		return "the person is a deployment admin"
	case policies.NotFound:
		if person.DisabledAt != nil {
			return "the account is disabled, so nothing exists for it"
		}
		return fmt.Sprintf("the person is not a member of %s, so it does not exist for them", place)
	case policies.Forbidden:
		return fmt.Sprintf("the role %s does not carry it", d.Role)
	case policies.Restricted:
		return fmt.Sprintf("an owner of %s took it from the role %s", place, d.Role)
	case policies.Filtered:
		return "a decision filter narrowed it"
	}
	return string(d.Reason)
}

func filterWords(f policies.FilterVerdict) string {
	words := f.Name + ": denied"
	if f.Allowed {
		words = f.Name + ": allowed"
	}
	if f.Overruled {
		words += " (tried to widen and was overruled)"
	}
	if f.Reason != "" {
		words += ", " + f.Reason
	}
	return words
}

// person finds somebody by their e-mail address.
func (s services) person(ctx context.Context, email string) (account.Person, error) {
	u, err := s.accounts.UserByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) {
		err = fault.Newf(fault.NotFound, "nobody has the e-mail address %q; see: or3 user list", email)
	}
	return u, err
}

// sessionOf is the session the command has when it asks for a person.
func sessionOf(u account.Person) *policies.Session {
	return &policies.Session{Kind: policies.CommandSession, UserID: u.ID, Email: u.Email, DisplayName: u.DisplayName, DeploymentAdmin: u.DeploymentAdmin}
}
