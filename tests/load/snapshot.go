package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// measureSnapshot reads so many rows as a new device does, again and again, and
// tells how much the server grew meanwhile.
func measureSnapshot(ctx context.Context, o options) error {
	r, err := launch(ctx, o, 1)
	if r != nil {
		defer r.close()
	}
	if err != nil {
		return err
	}
	w, err := dial(r.n.base)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	if err := r.fillMany([]string{r.workspace}, o.rowsOr(100_000)); err != nil {
		return err
	}
	used, err := r.n.meter()
	if err != nil {
		return err
	}
	before, err := r.n.rss()
	if err != nil {
		return err
	}
	var pages spread
	rows, most := 0, before
	began := time.Now()
	for deadline := began.Add(o.duration); time.Now().Before(deadline); {
		own, n, err := r.snapshot(w, r.workspace)
		if err != nil {
			return err
		}
		pages, rows = append(pages, own...), rows+n
		now, err := r.n.rss()
		if err != nil {
			return err
		}
		most = max(most, now)
	}
	var server time.Duration // what the reader's own decoding takes from the cores is not the server's
	for _, page := range pages {
		server += page
	}
	fmt.Printf("snapshot: 1 client, pages of 1000: %.0f rows/s; a page: %s; the server's memory %.1f MiB before, at most %.1f MiB; %s\n",
		float64(rows)/server.Seconds(), pages, before, most, used.per(rows, "row"))
	return nil
}

// snapshot reads all rows of a workspace as a new device does.
func (r *running) snapshot(w *wire, workspace string) (pages spread, rows int, err error) {
	for token, first := "", true; first || token != ""; first = false {
		body := fmt.Sprintf(`{"workspace_id":%q,"page_size":1000,"page_token":%q}`, workspace, token)
		sent := time.Now()
		status, answer, err := w.roundTrip(post("/api/sync/snapshot", r.token, body), true)
		if err != nil || status != 200 {
			return pages, rows, fmt.Errorf("snapshot answered %d %.500s %w", status, answer, err)
		}
		pages = append(pages, time.Since(sent))
		var page struct {
			Items         []struct{} `json:"items"`
			NextPageToken string     `json:"next_page_token"`
		}
		if err := json.Unmarshal(answer, &page); err != nil {
			return pages, rows, err
		}
		rows, token = rows+len(page.Items), page.NextPageToken
	}
	return pages, rows, nil
}

// post is a whole HTTP request.
func post(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, token, len(body), body)
}
