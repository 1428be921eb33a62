package engine

import (
	"context"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/mistake"
)

// RenewHistory gives the database a new history id, as a restore or a failover
// must: every device then notices, takes a snapshot and pushes again what it
// knows beyond the heads written down here. With discardNewer devices drop that
// instead: the restored state replaces it. at is epoch ms.
//
// No other process may use the database meanwhile.
func RenewHistory(ctx context.Context, tx bun.Tx, discardNewer bool, at int64) (historyID string, err error) {
	previous, err := db.SettingValue(ctx, tx, db.SyncHistorySetting)
	if err != nil {
		return "", err
	}
	if mistake.On(mistake.SameHistory) {
		return previous, nil
	}
	historyID = newID()
	h := db.ChangeOfHistory{HistoryID: historyID, PreviousID: previous, DiscardNewer: discardNewer, At: at}
	if err := db.InsertHistories(ctx, tx, h); err != nil {
		return "", err
	}
	return historyID, db.PutSetting(ctx, tx, db.SyncHistorySetting, historyID)
}

// RenewHistory is the function of that name on a running engine's database.
func (e *Engine) RenewHistory(ctx context.Context, discardNewer bool) (historyID string, err error) {
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		historyID, err = RenewHistory(ctx, tx, discardNewer, e.now().UnixMilli())
		return err
	})
	return historyID, err
}
