package cli

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

func (p *program) userCommand() *cobra.Command {
	return group("user", "Add, list, disable people and set their passwords",
		p.userAddCommand(), p.userListCommand(), p.userSetPasswordCommand(),
		p.userSwitchCommand("disable", "Shut a person out: sessions and tokens end at once, sign-in is refused", (*account.Service).DisableUser, "disabled"),
		p.userSwitchCommand("enable", "Let a disabled person sign in again", (*account.Service).EnableUser, "enabled"))
}

// maxPassword is more than any password that is accepted, in bytes.
const maxPassword = 4096

// readPassword takes all of standard input, without its last line end.
func readPassword(stdin io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(stdin, maxPassword+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxPassword {
		return "", fault.Field("password", "The password on standard input is too long.")
	}
	password := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if password == "" {
		return "", fault.Field("password", "There is no password on standard input. Pipe it in, such as: printf '%s' \"$PASSWORD\" | or3 …")
	}
	return password, nil
}

func (p *program) userAddCommand() *cobra.Command {
	var in account.NewUser
	var role string
	var fromStdin bool
	cmd := &cobra.Command{Use: "add --email E --name N --password-stdin [--workspace W] [--role R]",
		Short: "Add a person, and make the first owner of a fresh server", Args: noArgs,
		Long: "Adds a person. The first of all owns the server. A known e-mail address only gets the membership.\n" +
			"A workspace that does not exist is created, with the person as its owner.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "email"); err != nil {
				return err
			}
			if in.Role = policies.Role(role); role != "" && !in.Role.Valid() {
				return usage("there is no role %q; there are owner, editor, viewer", role)
			}
			if role != "" && in.Workspace == "" {
				return usage("--role needs --workspace")
			}
			complete := fromStdin && strings.TrimSpace(in.DisplayName) != ""
			e := mustExist // without name and password only a known person can be meant
			if complete {
				e = mayCreate
			}
			err := p.withServices(cmd.Context(), e, func(ctx context.Context, s services) error {
				return s.addUser(ctx, cmd, in, fromStdin)
			})
			if !complete && errors.Is(err, errNoDatabase) {
				return needNewcomer(cmd, fromStdin)
			}
			return err
		}}
	cmd.Flags().StringVar(&in.Email, "email", "", "e-mail address")
	cmd.Flags().StringVar(&in.DisplayName, "name", "", "name that others see")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	cmd.Flags().StringVar(&in.Workspace, "workspace", "", "name or id of a workspace; created when there is none")
	cmd.Flags().StringVar(&role, "role", "", "owner, editor or viewer (default owner of a new workspace, else editor)")
	return cmd
}

// needNewcomer says which flag a new person lacks.
func needNewcomer(cmd *cobra.Command, fromStdin bool) error {
	if err := need(cmd, "name"); err != nil {
		return err
	}
	if !fromStdin {
		return usage("--password-stdin is missing")
	}
	return nil
}

func (s services) addUser(ctx context.Context, cmd *cobra.Command, in account.NewUser, fromStdin bool) error {
	known, err := s.accounts.UserByEmail(ctx, in.Email)
	switch {
	case err == nil && in.Workspace == "":
		return fault.Newf(fault.Conflict, "%s exists already. Name a --workspace to make them a member, or use: or3 user set-password", known.Email)
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	case err != nil:
		if err := needNewcomer(cmd, fromStdin); err != nil {
			return err
		}
		if in.Password, err = readPassword(cmd.InOrStdin()); err != nil {
			return err
		}
	}
	added, err := s.accounts.AddUser(ctx, in)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if added.UserCreated {
		if err := say(out, "added %s <%s> (%s)\n", added.User.DisplayName, added.User.Email, added.User.ID); err != nil {
			return err
		}
	}
	if added.WorkspaceID == "" {
		return nil
	}
	w, err := s.workspaces.Get(ctx, added.WorkspaceID)
	if err != nil {
		return err
	}
	if added.WorkspaceCreated {
		if err := say(out, "created workspace %s (%s)\n", w.Name, w.ID); err != nil {
			return err
		}
	}
	return say(out, "%s is %s of %s\n", added.User.Email, added.Role, w.Name)
}

// listedUser is one line of user list.
type listedUser struct {
	account.Person
	HomeOwner  bool       `json:"home_owner"`
	Workspaces int        `json:"workspaces"`
	LastSeenAt *time.Time `json:"last_seen_at"`
}

func (p *program) userListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the people of the deployment", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				people, err := s.everybody(ctx)
				if err != nil {
					return err
				}
				list := make([]listedUser, len(people))
				rows := make([][]string, len(people))
				for i, u := range people {
					list[i] = listedUser{Person: u.Person, HomeOwner: u.HomeOwner, Workspaces: u.Workspaces, LastSeenAt: u.LastSeenAt}
					state, seen := "enabled", ""
					if u.DisabledAt != nil {
						state = "disabled"
					}
					if u.LastSeenAt != nil {
						seen = day(*u.LastSeenAt)
					}
					rows[i] = []string{u.Email, u.DisplayName, state, strconv.Itoa(u.Workspaces), seen, u.ID}
				}
				return writeTable(cmd.OutOrStdout(), asJSON, list, []string{"EMAIL", "NAME", "STATE", "WORKSPACES", "LAST SEEN", "ID"}, rows)
			})
		}}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// everybody gathers all pages of people.
func (s services) everybody(ctx context.Context) ([]account.ListedPerson, error) {
	people := []account.ListedPerson{}
	filter := account.UserFilter{Limit: 200}
	for {
		page, err := s.accounts.Users(ctx, filter)
		if err != nil {
			return nil, err
		}
		people = append(people, page.Users...)
		if page.Next == "" {
			return people, nil
		}
		filter.Cursor = page.Next
	}
}

func (p *program) userSetPasswordCommand() *cobra.Command {
	var email string
	var fromStdin bool
	cmd := &cobra.Command{Use: "set-password --email E --password-stdin", Short: "Give a person a new password; their sessions and tokens end", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "email"); err != nil {
				return err
			}
			if !fromStdin {
				return usage("--password-stdin is missing")
			}
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				u, err := s.person(ctx, email)
				if err != nil {
					return err
				}
				password, err := readPassword(cmd.InOrStdin())
				if err != nil {
					return err
				}
				if err := s.accounts.SetPassword(ctx, account.Operator(), u.ID, password); err != nil {
					return err
				}
				return say(cmd.OutOrStdout(), "%s has a new password; all sessions and tokens of before have ended\n", u.Email)
			})
		}}
	cmd.Flags().StringVar(&email, "email", "", "e-mail address of the person")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	return cmd
}

// userSwitchCommand is disable and enable.
func (p *program) userSwitchCommand(name, short string, do func(*account.Service, context.Context, *policies.Session, string) error, done string) *cobra.Command {
	var email string
	cmd := &cobra.Command{Use: name + " --email E", Short: short, Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "email"); err != nil {
				return err
			}
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				u, err := s.person(ctx, email)
				if err != nil {
					return err
				}
				if err := do(s.accounts, ctx, account.Operator(), u.ID); err != nil {
					return err
				}
				return say(cmd.OutOrStdout(), "%s is %s\n", u.Email, done)
			})
		}}
	cmd.Flags().StringVar(&email, "email", "", "e-mail address of the person")
	return cmd
}
