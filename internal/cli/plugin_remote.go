package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"or3.cloud/or3/internal/fault"
)

// remote is a server that is asked by its JSON API, in the name of a token.
type remote struct {
	base, token string
	client      *http.Client
}

// longestAnswer is how long a server may take: it compiles what is installed.
const longestAnswer = 2 * time.Minute

func newRemote(server, token string) (*remote, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usage("--server is the address of a server, such as https://or3.example.org")
	}
	if token == "" {
		return nil, usage("--token is missing (or $OR3_TOKEN); make one with or3 token create, or in your settings there")
	}
	return &remote{base: strings.TrimSuffix(server, "/"), token: token, client: &http.Client{Timeout: longestAnswer}}, nil
}

// refusal is what a server answers instead.
type refusal struct {
	Error struct {
		Code      string            `json:"code"`
		Message   string            `json:"message"`
		RequestID string            `json:"request_id"`
		Fields    map[string]string `json:"fields"`
	} `json:"error"`
}

// ask sends a request and reads the answer into out, which may be nil.
func (r *remote) ask(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, r.base+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+r.token)
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.Wrap(err, fault.Unavailable, "The server "+r.base+" does not answer: is it running, and is --server right?")
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The answer of "+r.base+" did not come as a whole.")
	}
	if answer.StatusCode/100 == 2 {
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(text, out); err != nil {
			return fault.Wrap(err, fault.Unavailable, r.base+" does not answer as an or3 server does.")
		}
		return nil
	}
	return refusedBy(answer.StatusCode, text)
}

// refusedBy is why a server did not do something, in its words and ours.
func refusedBy(status int, text []byte) error {
	var said refusal
	if json.Unmarshal(text, &said) != nil || said.Error.Message == "" {
		return fault.Newf(fault.Unavailable, "The server answers with status %d and no words: is --server the address of an or3?", status)
	}
	f := &fault.Error{Kind: fault.Kind(said.Error.Code), Message: said.Error.Message, Fields: said.Error.Fields}
	switch status {
	case http.StatusUnauthorized:
		f.Message += " The token is wrong, has expired or was revoked: make a new one with or3 token create."
	case http.StatusInternalServerError:
		f.Message += " Its request id is " + said.Error.RequestID + "."
	}
	return f
}

func (r *remote) send(ctx context.Context, method, path string, body, out any) error {
	if body == nil {
		return r.ask(ctx, method, path, "", nil, out)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return r.ask(ctx, method, path, "application/json", bytes.NewReader(text), out)
}

const pluginsPath = "/api/admin/plugins"

// install implements pluginPlace.
func (r *remote) install(ctx context.Context, zip []byte, o installOptions) (installedPlugin, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "plugin.zip")
	if err == nil {
		_, err = file.Write(zip)
	}
	if err == nil && o.force {
		err = form.WriteField("force", "true")
	}
	if err == nil && o.grant != "" {
		err = form.WriteField("grant", o.grant)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return installedPlugin{}, err
	}
	var out installedPlugin
	return out, r.ask(ctx, http.MethodPost, pluginsPath+"/install", form.FormDataContentType(), &body, &out)
}

// enable implements pluginPlace.
func (r *remote) enable(ctx context.Context, id string, in place) error {
	return r.send(ctx, http.MethodPost, pluginsPath+"/"+url.PathEscape(id)+"/enable", map[string]string{"workspace_id": in.ID}, nil)
}

// list implements pluginPlace.
func (r *remote) list(ctx context.Context) ([]listedPlugin, error) {
	var out struct {
		Plugins []listedPlugin `json:"plugins"`
	}
	return out.Plugins, r.send(ctx, http.MethodGet, pluginsPath, nil, &out)
}

// remove implements pluginPlace.
func (r *remote) remove(ctx context.Context, id string) error {
	return r.send(ctx, http.MethodDelete, pluginsPath+"/"+url.PathEscape(id), nil, nil)
}

// place is a workspace of the token's owner.
type place struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"is_active"`
}

// workspace implements pluginPlace; "" is the active one.
func (r *remote) workspace(ctx context.Context, nameOrID string) (place, error) {
	var out struct {
		Workspaces []place `json:"workspaces"`
	}
	if err := r.send(ctx, http.MethodGet, "/api/workspaces", nil, &out); err != nil {
		return place{}, err
	}
	at := slices.IndexFunc(out.Workspaces, func(p place) bool {
		return p.ID == nameOrID || p.Name == nameOrID || nameOrID == "" && p.Active
	})
	if at < 0 {
		return place{}, fault.Newf(fault.NotFound, "The token's owner is in no workspace %q of %s: name one by its name or id.", nameOrID, r.base)
	}
	return out.Workspaces[at], nil
}

// told is one call of a plugin, as a server tells it.
type told struct {
	Export    string  `json:"export"`
	Outcome   string  `json:"outcome"`
	TookMS    float64 `json:"took_ms"`
	BudgetMS  float64 `json:"budget_ms"`
	Memory    int64   `json:"memory"`
	MemoryMB  int     `json:"memory_mb"`
	HostCalls int     `json:"host_calls"`
	MostCalls int     `json:"most_host_calls"`
}

// toldLine is a line of a plugin's log.
type toldLine struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

// traces are the calls of a plugin after a moment, and the lines of its log, the
// oldest first.
type traces struct {
	Calls []told     `json:"calls"`
	Log   []toldLine `json:"log"`
	Next  int64      `json:"next"` // the after of the next question
}

func (r *remote) traces(ctx context.Context, id string, in place, after int64) (out traces, err error) {
	at := fmt.Sprintf("%s/%s/traces?workspace_id=%s&after=%d", pluginsPath, url.PathEscape(id), url.QueryEscape(in.ID), after)
	err = r.send(ctx, http.MethodGet, at, nil, &out)
	return out, err
}
