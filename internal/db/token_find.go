package db

import (
	"context"

	"github.com/uptrace/bun"
)

// TokenByID finds an API token, whoever it belongs to; NotFound when there is none.
func TokenByID(ctx context.Context, q bun.IDB, id string) (APIToken, error) {
	var t APIToken
	err := q.NewRaw(`SELECT * FROM api_tokens WHERE id = ?`, id).Scan(ctx, &t)
	return t, found(err, "finding a token by id", "There is no such token; or3 token list shows them all.")
}
