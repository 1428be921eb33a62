package db

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// idsAtOnce is how many ids one statement is asked about.
const idsAtOnce = 500

// LiveSessionIDs tells which of these sessions go on: of enabled people, not
// past their end, and seen since a time (epoch ms).
func LiveSessionIDs(ctx context.Context, q bun.IDB, ids []string, now, notSeenSince int64) (map[string]bool, error) {
	return liveIDs(ids, func(part []string, found *[]string) error {
		return q.NewRaw(`SELECT x.id FROM sessions x JOIN users u ON u.id = x.user_id AND u.disabled_at IS NULL
			WHERE x.id IN (?) AND x.expires_at > ? AND x.last_seen_at > ?`, bun.List(part), now, notSeenSince).Scan(ctx, found)
	})
}

// LiveTokenIDs is LiveSessionIDs for API tokens.
func LiveTokenIDs(ctx context.Context, q bun.IDB, ids []string, now int64) (map[string]bool, error) {
	return liveIDs(ids, func(part []string, found *[]string) error {
		return q.NewRaw(`SELECT x.id FROM api_tokens x JOIN users u ON u.id = x.user_id AND u.disabled_at IS NULL
			WHERE x.id IN (?) AND x.expires_at > ?`, bun.List(part), now).Scan(ctx, found)
	})
}

func liveIDs(ids []string, ask func(part []string, found *[]string) error) (map[string]bool, error) {
	live := make(map[string]bool, len(ids))
	for part := range slices.Chunk(ids, idsAtOnce) {
		var found []string
		if err := ask(part, &found); err != nil {
			return nil, Fault(err, "looking for sessions that go on")
		}
		for _, id := range found {
			live[id] = true
		}
	}
	return live, nil
}
