package cli

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/engine"
)

// renewHistory begins a new history after a restore. A database that no server
// ever opened has none yet.
func (p *program) renewHistory(ctx context.Context, tx bun.Tx, discardNewer bool) (string, error) {
	if _, err := db.ClaimSetting(ctx, tx, db.SyncHistorySetting, uuid.NewString()); err != nil {
		return "", err
	}
	return engine.RenewHistory(ctx, tx, discardNewer, p.now().UnixMilli())
}
