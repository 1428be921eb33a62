package device

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// HTTP talks to a server as one person, by an API token. Base is http://host:port.
type HTTP struct {
	Base   string
	Token  string
	Client *http.Client // nil means http.DefaultClient
}

// Push implements Transport.
func (h *HTTP) Push(ctx context.Context, req wire.PushRequest) (wire.PushResponse, error) {
	return post[wire.PushResponse](ctx, h, "/api/sync/push", req)
}

// Pull implements Transport.
func (h *HTTP) Pull(ctx context.Context, req wire.PullRequest) (wire.PullResponse, error) {
	return post[wire.PullResponse](ctx, h, "/api/sync/pull", req)
}

// Snapshot implements Transport.
func (h *HTTP) Snapshot(ctx context.Context, req wire.SnapshotRequest) (wire.SnapshotResponse, error) {
	return post[wire.SnapshotResponse](ctx, h, "/api/sync/snapshot", req)
}

// Digest implements Transport.
func (h *HTTP) Digest(ctx context.Context, req wire.DigestRequest) (wire.DigestResponse, error) {
	return post[wire.DigestResponse](ctx, h, "/api/sync/digest", req)
}

// UpdateCursor implements Transport.
func (h *HTTP) UpdateCursor(ctx context.Context, req wire.CursorRequest) (wire.CursorResponse, error) {
	return post[wire.CursorResponse](ctx, h, "/api/sync/update-cursor", req)
}

func post[Out any](ctx context.Context, h *HTTP, path string, in any) (Out, error) {
	var out Out
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Base+path, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+h.Token)
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return out, err
	}
	if res.StatusCode != http.StatusOK {
		return out, faultIn(res, text)
	}
	return out, json.Unmarshal(text, &out)
}

// faultIn reads an error's body. What is not the server's own says nothing
// about the request.
func faultIn(res *http.Response, text []byte) error {
	var body struct {
		Error *struct {
			Code    fault.Kind        `json:"code"`
			Message string            `json:"message"`
			Fields  map[string]string `json:"fields"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &body) != nil || body.Error == nil || body.Error.Code == "" {
		return fmt.Errorf("status %d: %.200s", res.StatusCode, text)
	}
	f := &fault.Error{Kind: body.Error.Code, Message: body.Error.Message, Fields: body.Error.Fields, Status: res.StatusCode}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		f.Retry = time.Duration(seconds) * time.Second
	}
	return f
}
