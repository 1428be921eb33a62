// Package plugintest runs calls of a plugin in the real runtime, with a server that
// is played from memory, and holds the answers against those that were written down.
package plugintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"or3.cloud/or3/plugins/host"
)

// Case is a file of testdata: one call, what the server knows, and the answer.
type Case struct {
	Name      string                                `json:"name,omitempty"`
	Export    string                                `json:"export"`
	Workspace *host.Workspace                       `json:"workspace,omitempty"`
	Actor     *host.Actor                           `json:"actor,omitempty"`
	Settings  json.RawMessage                       `json:"settings,omitempty"` // the manifest's defaults
	Input     json.RawMessage                       `json:"input"`
	KV        map[string]json.RawMessage            `json:"kv,omitempty"`
	Rows      map[string]map[string]json.RawMessage `json:"rows,omitempty"` // by table and id
	Members   []host.Member                         `json:"members,omitempty"`
	Installed []string                              `json:"installed,omitempty"` // ids of other plugins of the server
	HTTP      []Fixture                             `json:"http,omitempty"`
	Now       time.Time                             `json:"now,omitzero"`
	Answer    json.RawMessage                       `json:"answer,omitempty"`
}

// Fixture is the answer of another server.
type Fixture struct {
	Method  string            `json:"method,omitempty"` // GET
	URL     string            `json:"url"`
	Status  int               `json:"status,omitempty"` // 200
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"` // a text, or JSON to be sent as such
}

func (f Fixture) answer() host.Fetched {
	out := host.Fetched{Status: f.Status, Headers: f.Headers, Body: f.Body}
	if out.Status == 0 {
		out.Status = 200
	}
	if out.Headers == nil {
		out.Headers = map[string]string{}
	}
	var text string
	if json.Unmarshal(f.Body, &text) == nil {
		out.Body = []byte(text)
	}
	return out
}

// Read reads a case. It is strict, because a key that nobody reads tests nothing.
func Read(data []byte) (*Case, error) {
	var c Case
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("it is no test of a plugin: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is no test of a plugin: something follows the object")
	}
	if c.Export == "" || len(c.Input) == 0 {
		return nil, errors.New(`it is no test of a plugin: "export" and "input" have to be there`)
	}
	if c.Workspace == nil {
		c.Workspace = &host.Workspace{ID: "w_kestrel", Name: "Kestrel Yard"}
	}
	if c.Actor == nil {
		c.Actor = &host.Actor{ID: "u_ines", Role: "editor", Locale: "en", TimeZone: "UTC"}
	}
	return &c, nil
}
