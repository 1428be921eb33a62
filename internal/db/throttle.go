package db

import (
	"context"

	"github.com/uptrace/bun"
)

// LockThrottles reads the throttles of some keys, locked until the transaction
// ends, making those that do not exist yet: without a row there would be
// nothing to lock, and parallel attempts would not see each other.
func LockThrottles(ctx context.Context, tx bun.IDB, keys []string, now int64) (map[string]Throttle, error) {
	fresh := make([]Throttle, 0, len(keys))
	for _, key := range keys {
		fresh = append(fresh, Throttle{Key: key, UpdatedAt: now})
	}
	if _, err := tx.NewInsert().Model(&fresh).On("CONFLICT (key) DO NOTHING").Exec(ctx); err != nil {
		return nil, Fault(err, "making throttles")
	}
	var rows []Throttle
	err := tx.NewRaw(`SELECT * FROM throttles WHERE key IN (?) ORDER BY key`+forUpdate(tx), bun.List(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, Fault(err, "reading throttles")
	}
	found := make(map[string]Throttle, len(rows))
	for _, row := range rows {
		found[row.Key] = row
	}
	return found, nil
}

// HasThrottle tells whether a throttle exists and was changed after a time.
func HasThrottle(ctx context.Context, q bun.IDB, key string, after int64) (bool, error) {
	var yes bool
	err := q.NewRaw(`SELECT EXISTS (SELECT 1 FROM throttles WHERE key = ? AND updated_at > ?)`, key, after).Scan(ctx, &yes)
	return yes, Fault(err, "looking for a throttle")
}

// PutThrottle writes a throttle.
func PutThrottle(ctx context.Context, tx bun.IDB, t Throttle) error {
	_, err := tx.NewInsert().Model(&t).On("CONFLICT (key) DO UPDATE").
		Set("failures = excluded.failures, blocked_until = excluded.blocked_until, updated_at = excluded.updated_at").Exec(ctx)
	return Fault(err, "writing a throttle")
}

// ForgiveThrottle takes one failure back; a wait that was imposed stays.
func ForgiveThrottle(ctx context.Context, tx bun.IDB, key string) error {
	_, err := tx.NewRaw(`UPDATE throttles SET failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END WHERE key = ?`, key).Exec(ctx)
	return Fault(err, "forgiving a failure")
}

// TakeThrottle counts something of which a period has a limit; false where nothing is
// left of it. The period is when it began (epoch ms): of two nodes whose clocks differ
// the later one counts.
func TakeThrottle(ctx context.Context, tx bun.IDB, key string, limit, period int64) (bool, error) {
	res, err := tx.NewRaw(`INSERT INTO throttles (key, failures, blocked_until, updated_at) VALUES (?0, 1, 0, ?1)
		ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN throttles.updated_at < ?1 THEN 1 ELSE throttles.failures + 1 END,
			updated_at = CASE WHEN throttles.updated_at < ?1 THEN ?1 ELSE throttles.updated_at END
		WHERE throttles.updated_at < ?1 OR throttles.failures < ?2`, key, period, limit).Exec(ctx)
	return changedOne(res, err, "counting what a period has")
}

// DeleteStaleThrottles removes throttles not changed since a time (epoch ms);
// those whose key begins with kept: only when not changed since keptBefore.
func DeleteStaleThrottles(ctx context.Context, tx bun.IDB, before int64, kept string, keptBefore int64) (int64, error) {
	res, err := tx.NewRaw(`DELETE FROM throttles WHERE updated_at < ? AND (key NOT LIKE ? OR updated_at < ?)`, before, kept+":%", keptBefore).Exec(ctx)
	return changed(res, err, "removing stale throttles")
}
