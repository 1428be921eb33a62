package db

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// LiveToken is an API token with what a request needs to know of its person;
// see LiveSession.
type LiveToken struct {
	APIToken        `bun:",extend"`
	Email           string `bun:"email"`
	DisplayName     string `bun:"display_name"`
	Locale          string `bun:"locale"`
	TimeZone        string `bun:"time_zone"`
	ElevatedAt      int64  `bun:"elevated_at"`
	DeploymentAdmin bool   `bun:"deployment_admin"`
	WorkspaceID     string `bun:"workspace_id"`
	Provider        string `bun:"provider"` // of the person's oldest account
	ProviderUserID  string `bun:"provider_user_id"`
}

// InsertToken adds an API token.
func InsertToken(ctx context.Context, tx bun.IDB, t *APIToken) error {
	_, err := tx.NewInsert().Model(t).Exec(ctx)
	return Fault(err, "adding a token")
}

// TokenByHash finds the API token of an enabled person by its hash.
func TokenByHash(ctx context.Context, q bun.IDB, tokenHash string) (LiveToken, error) {
	var t LiveToken
	err := q.NewRaw(`SELECT x.*, `+liveColumns+`,
		COALESCE((SELECT a.provider FROM accounts a WHERE a.user_id = u.id ORDER BY a.created_at, a.provider LIMIT 1), '') AS provider,
		COALESCE((SELECT a.provider_user_id FROM accounts a WHERE a.user_id = u.id ORDER BY a.created_at, a.provider LIMIT 1), '') AS provider_user_id
		FROM api_tokens x JOIN users u ON u.id = x.user_id AND u.disabled_at IS NULL WHERE x.token_hash = ?`, tokenHash).Scan(ctx, &t)
	return t, found(err, "finding a token", "This token is not valid.")
}

// TokensOf lists a person's API tokens, newest first.
func TokensOf(ctx context.Context, q bun.IDB, userID string) ([]APIToken, error) {
	rows := []APIToken{}
	err := q.NewRaw(`SELECT * FROM api_tokens WHERE user_id = ? ORDER BY created_at DESC, id DESC`, userID).Scan(ctx, &rows)
	return rows, Fault(err, "listing tokens")
}

// DeleteToken ends one token of a person; it tells whether there was one.
func DeleteToken(ctx context.Context, tx bun.IDB, userID, id string) (bool, error) {
	res, err := tx.NewRaw(`DELETE FROM api_tokens WHERE user_id = ? AND id = ?`, userID, id).Exec(ctx)
	return changedOne(res, err, "ending a token")
}

// DeleteTokensOf ends all tokens of a person and tells how many there were.
func DeleteTokensOf(ctx context.Context, tx bun.IDB, userID string) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM api_tokens WHERE user_id = ?`, userID).Exec(ctx)
	return changed(res, err, "ending tokens")
}

// DeleteExpiredTokens removes tokens past their end (epoch ms).
func DeleteExpiredTokens(ctx context.Context, tx bun.IDB, now int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM api_tokens WHERE expires_at <= ?`, now).Exec(ctx)
	return changed(res, err, "removing expired tokens")
}

// TouchToken notes when a token was used; it never goes back.
func TouchToken(ctx context.Context, tx bun.IDB, id string, at int64) error {
	_, err := tx.NewRaw(`UPDATE api_tokens SET last_used_at = ? WHERE id = ? AND COALESCE(last_used_at, 0) < ?`, at, id, at).Exec(ctx)
	return Fault(err, "noting a token as used")
}

// SetTokenWorkspace sets a token's active workspace.
func SetTokenWorkspace(ctx context.Context, tx bun.IDB, id, workspaceID string) error {
	_, err := tx.NewRaw(`UPDATE api_tokens SET active_workspace_id = ? WHERE id = ?`, workspaceID, id).Exec(ctx)
	return Fault(err, "switching the workspace of a token")
}

// changed is how many rows a statement changed.
func changed(res sql.Result, err error, doing string) (int64, error) {
	if err != nil {
		return 0, Fault(err, doing)
	}
	n, err := res.RowsAffected()
	return n, Fault(err, doing)
}

func changedOne(res sql.Result, err error, doing string) (bool, error) {
	n, err := changed(res, err, doing)
	return n == 1, err
}
