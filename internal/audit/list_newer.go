package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"or3.cloud/or3/internal/db"
)

// ListNewer gives the page of matching entries that lies just above an entry's
// number, newest first like List: the way back from an older page. newest
// reports that nothing that matches is newer than the page. f.Cursor is not
// used; Page.Next leads to older entries.
func (l *Log) ListNewer(ctx context.Context, f Filter, than string) (page Page, newest bool, err error) {
	after, err := parseCursor(than)
	if err != nil {
		return Page{}, false, err
	}
	query, err := f.query()
	if err != nil {
		return Page{}, false, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	// One more than asked for tells whether there is a newer page.
	rows, err := db.AuditAscending(ctx, l.db.Read(), query, after, 0, int64(limit)+1)
	if err != nil {
		return Page{}, false, fmt.Errorf("list the audit log upwards: %w", err)
	}
	newest = len(rows) <= limit
	rows = rows[:min(len(rows), limit)]
	page = Page{Entries: make([]Stored, 0, len(rows))}
	for _, r := range slices.Backward(rows) {
		page.Entries = append(page.Entries, stored(r))
	}
	if len(rows) > 0 {
		page.Next = strconv.FormatInt(rows[0].Seq, 10)
	}
	return page, newest, nil
}
