package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/db"
)

func (p *program) tokenCommand() *cobra.Command {
	return group("token", "Make, list and revoke personal API tokens",
		p.tokenCreateCommand(), p.tokenListCommand(), p.tokenRevokeCommand())
}

func (p *program) tokenCreateCommand() *cobra.Command {
	var email string
	var in account.NewToken
	cmd := &cobra.Command{Use: "create --email E [--name N] [--expires 720h]", Short: "Make an API token and print it, once", Args: noArgs,
		Long: "Prints the token alone on standard output. It cannot be shown again. Send it as: Authorization: Bearer or3_pat_…",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := need(cmd, "email"); err != nil {
				return err
			}
			if cmd.Flags().Changed("expires") && in.Expires <= 0 {
				return usage("--expires must be a duration above zero, such as 720h")
			}
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				u, err := s.person(ctx, email)
				if err != nil {
					return err
				}
				plain, token, err := s.accounts.CreateTokenFor(ctx, u.ID, in)
				if err != nil {
					return err
				}
				if err := say(cmd.OutOrStdout(), "%s\n", plain); err != nil {
					return err
				}
				return say(cmd.ErrOrStderr(), "%s (%s) of %s, until %s; it is not shown again\n", token.Name, token.ID, u.Email, day(token.ExpiresAt))
			})
		}}
	cmd.Flags().StringVar(&email, "email", "", "e-mail address of the person it acts for")
	cmd.Flags().StringVar(&in.Name, "name", "", "what it is for")
	cmd.Flags().DurationVar(&in.Expires, "expires", 0, "how long it lives, such as 720h (default 90 days)")
	return cmd
}

// listedToken is one line of token list.
type listedToken struct {
	ID         string     `json:"id"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	Hint       string     `json:"hint"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	Expired    bool       `json:"expired"`
}

func (p *program) tokenListCommand() *cobra.Command {
	var email string
	var asJSON bool
	cmd := &cobra.Command{Use: "list [--email E]", Short: "List API tokens, of one person or of everybody", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				tokens, err := s.tokens(ctx, email)
				if err != nil {
					return err
				}
				rows := make([][]string, len(tokens))
				for i, t := range tokens {
					used, ends := "", day(t.ExpiresAt)
					if t.LastUsedAt != nil {
						used = day(*t.LastUsedAt)
					}
					if t.Expired {
						ends += " (expired)"
					}
					rows[i] = []string{t.ID, t.Email, t.Name, t.Hint, day(t.CreatedAt), used, ends}
				}
				return writeTable(cmd.OutOrStdout(), asJSON, tokens, []string{"ID", "EMAIL", "NAME", "TOKEN", "CREATED", "LAST USED", "EXPIRES"}, rows)
			})
		}}
	cmd.Flags().StringVar(&email, "email", "", "only the tokens of this person")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// tokens gathers the tokens of one person, or of everybody for "".
func (s services) tokens(ctx context.Context, email string) ([]listedToken, error) {
	var people []account.Person
	if email != "" {
		u, err := s.person(ctx, email)
		if err != nil {
			return nil, err
		}
		people = append(people, u)
	} else {
		everybody, err := s.everybody(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range everybody {
			people = append(people, u.Person)
		}
	}
	list := []listedToken{}
	for _, u := range people {
		tokens, err := s.accounts.Tokens(ctx, u.ID)
		if err != nil {
			return nil, err
		}
		for _, t := range tokens {
			list = append(list, listedToken{ID: t.ID, Email: u.Email, Name: t.Name, Hint: t.Hint, CreatedAt: t.CreatedAt,
				LastUsedAt: t.LastUsedAt, ExpiresAt: t.ExpiresAt, Expired: t.Expired})
		}
	}
	return list, nil
}

func (p *program) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{Use: "revoke ID", Short: "End an API token at once; ID as token list shows it, or the token itself", Args: exactly("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withServices(cmd.Context(), mustExist, func(ctx context.Context, s services) error {
				id, userID, err := s.findToken(ctx, args[0])
				if err != nil {
					return err
				}
				if err := s.accounts.RevokeTokenOf(ctx, userID, id); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked %s\n", id)
				return err
			})
		}}
}

// findToken finds a token by its id or, for one that leaked, by itself.
func (s services) findToken(ctx context.Context, idOrToken string) (id, userID string, err error) {
	if strings.HasPrefix(idOrToken, account.TokenPrefix) {
		t, err := db.TokenByHash(ctx, s.db.Read(), db.SecretHash(idOrToken))
		return t.ID, t.UserID, err
	}
	t, err := db.TokenByID(ctx, s.db.Read(), idOrToken)
	return t.ID, t.UserID, err
}
