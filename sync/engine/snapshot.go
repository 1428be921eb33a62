package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/mistake"
	"or3.cloud/or3/sync/wire"
)

// snapshotLife is how long a device may take between the first page of a
// snapshot and the last.
const snapshotLife = time.Hour

// pageToken says where a snapshot goes on. It is no secret and no capability:
// every page is judged like the first one.
type pageToken struct {
	Watermark int64  `json:"w"`
	Base      int64  `json:"b"`
	Discard   bool   `json:"d,omitempty"`
	HistoryID string `json:"h"`
	At        int64  `json:"at"` // epoch ms of the first page
	Table     string `json:"t"`
	PK        string `json:"p"`
}

var errEnough = errors.New("enough was read")

// Snapshot answers one page of the rows as they are, as far as the actor may
// see them. Rows may change between two pages: what a page shows is then newer
// than the watermark, and the pull from the watermark brings it again.
//
// A token that is not ours is an Invalid fault. One that is older than an hour,
// of another history, or whose watermark lies below the floor by now is a
// Conflict: the device starts again without a token.
func (e *Engine) Snapshot(ctx context.Context, a Actor, req wire.SnapshotRequest) (wire.SnapshotResponse, error) {
	if req.PageSize < 1 || req.PageSize > wire.MaxPage {
		return wire.SnapshotResponse{}, fault.Field("page_size", "It must be from 1 to 1000.")
	}
	token, err := parsePageToken(req.PageToken)
	if err != nil {
		return wire.SnapshotResponse{}, err
	}
	q := db.StateQuery{WorkspaceID: req.WorkspaceID, UserID: a.UserID, AfterTable: token.Table, AfterPK: token.PK, Limit: req.PageSize + 1}
	var answer wire.SnapshotResponse
	kept, bytes := shelf{changes: make([]wire.Change, 0, min(req.PageSize, firstRows))}, 0
	err = e.reader.State(ctx, q, func(s db.State) error {
		answer.History = e.historyOf(s)
		if req.PageToken != "" {
			return e.goesOn(token, s)
		}
		token.Watermark, token.HistoryID, token.At = s.Head, s.HistoryID, e.now().UnixMilli()
		return nil
	}, func(r *db.Row) error {
		if len(kept.changes) == req.PageSize || bytes > pageBytes {
			return errEnough
		}
		kept.add(r)
		bytes += len(r.Payload)
		return nil
	})
	answer.Items = kept.changes
	full := errors.Is(err, errEnough)
	if err != nil && !full {
		return wire.SnapshotResponse{}, err
	}
	if req.PageToken == "" {
		if token.Base, token.Discard, err = e.baseSince(ctx, req.WorkspaceID, req.HistoryID, token); err != nil {
			return wire.SnapshotResponse{}, err
		}
	}
	answer.HighWatermark, answer.BaseVersion, answer.DiscardNewer = token.Watermark, token.Base, token.Discard
	if full {
		last := answer.Items[len(answer.Items)-1]
		token.Table, token.PK = string(last.Table), last.PK
		answer.NextPageToken = token.String()
	}
	return answer, nil
}

// goesOn refuses a page that does not belong to its first one any more.
func (e *Engine) goesOn(token pageToken, s db.State) error {
	again := func(message string) error { return fault.New(fault.Conflict, message) }
	switch {
	case token.HistoryID != s.HistoryID:
		return again("The server was restored meanwhile. Start the snapshot again, without a page_token.")
	case e.now().UnixMilli()-token.At > snapshotLife.Milliseconds():
		return again("This snapshot was begun more than an hour ago. Start it again, without a page_token.")
	case token.Watermark < s.Floor:
		return again("What this snapshot was to be followed by has been collected. Start it again, without a page_token.")
	}
	return nil
}

// baseSince gives the lowest head that the database was restored to since the
// history a device knows, and whether what devices know beyond it is to be
// dropped. A device that knows this history, or none, follows the snapshot in
// everything; of a history nobody remembers it is 0.
func (e *Engine) baseSince(ctx context.Context, workspaceID, known string, token pageToken) (base int64, discard bool, err error) {
	if known == "" || known == token.HistoryID {
		return token.Watermark, false, nil
	}
	if mistake.On(mistake.BaseIsHead) {
		return token.Watermark, false, nil
	}
	list, err := db.HistoriesOf(ctx, e.db.Read(), workspaceID)
	if err != nil {
		return 0, false, err
	}
	base = token.Watermark
	for _, h := range list {
		base, discard = min(base, h.BaseVersion), (discard || h.DiscardNewer) && !mistake.On(mistake.DiscardIgnored)
		if h.PreviousID == known {
			return base, discard, nil
		}
	}
	return 0, false, nil
}

// String writes the token as devices carry it.
func (t pageToken) String() string {
	text, _ := json.Marshal(t) // strings and numbers
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePageToken(text string) (t pageToken, err error) {
	if text == "" {
		return t, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(plain, &t)
	}
	// What is no key cannot have been the last row of a page, and PostgreSQL
	// would refuse to compare with it.
	isKey := wire.Table(t.Table).Known() && t.PK != "" && len(t.PK) <= 128 && !strings.ContainsRune(t.PK, 0)
	if err != nil || !isKey || t.Watermark < 0 || t.Base < 0 || t.HistoryID == "" {
		return pageToken{}, fault.Field("page_token", "It must be what the page before gave as next_page_token.")
	}
	return t, nil
}
