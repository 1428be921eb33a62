package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// TokenHashes lists the hashes of all API tokens.
func TokenHashes(ctx context.Context, q bun.IDB) ([]string, error) {
	hashes := []string{}
	err := q.NewRaw(`SELECT token_hash FROM api_tokens`).Scan(ctx, &hashes)
	return hashes, Fault(err, "listing tokens")
}

// DeleteTokenByHash ends the token with this hash.
func DeleteTokenByHash(ctx context.Context, tx bun.IDB, hash string) error {
	_, err := tx.NewRaw(`DELETE FROM api_tokens WHERE token_hash = ?`, hash).Exec(ctx)
	return Fault(err, "ending a token")
}

// OpenInviteHashes lists the token hashes of invites that are neither accepted
// nor revoked.
func OpenInviteHashes(ctx context.Context, q bun.IDB) ([]string, error) {
	hashes := []string{}
	err := q.NewRaw(`SELECT token_hash FROM invites WHERE accepted_at IS NULL AND revoked_at IS NULL`).Scan(ctx, &hashes)
	return hashes, Fault(err, "listing invites")
}

// RevokeInviteByHash closes the invite with this token hash.
func RevokeInviteByHash(ctx context.Context, tx bun.IDB, hash string, at int64) error {
	_, err := tx.NewRaw(`UPDATE invites SET revoked_at = ? WHERE token_hash = ?`, at, hash).Exec(ctx)
	return Fault(err, "revoking an invite")
}

// CountRows counts the rows of one of the program's tables.
func (d *DB) CountRows(ctx context.Context, table string) (int64, error) {
	var n int64
	err := d.RawReader().QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*) FROM "%s"`, table)).Scan(&n)
	return n, Fault(err, "counting "+table)
}
