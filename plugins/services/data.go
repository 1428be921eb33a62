package services

import (
	"context"
	"encoding/json"
	"io"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
)

// Data is all that plugins have stored, as the Manager copies and removes it.
// It implements plugins.Data.
type Data struct{ db *db.DB }

// NewData makes it.
func NewData(d *db.DB) *Data { return &Data{db: d} }

// Workspaces are those in which something is stored under a name.
func (d *Data) Workspaces(ctx context.Context, q bun.IDB, name string) ([]string, error) {
	return db.PluginDataWorkspaces(ctx, q, name)
}

// Copy copies all that is stored under a name to one that has nothing. Whoever
// calls it has closed the first for writing.
func (d *Data) Copy(ctx context.Context, tx bun.IDB, from, to string) error {
	return db.CopyPluginData(ctx, tx, from, to)
}

// Drop removes all that is stored under a name.
func (d *Data) Drop(ctx context.Context, tx bun.IDB, name string) error {
	return db.DropPluginData(ctx, tx, name)
}

// exported is one line of an export. A key that is no text stands in key_bytes.
type exported struct {
	Workspace string          `json:"workspace_id"`
	Kind      string          `json:"kind"` // kv or blob
	Key       string          `json:"key,omitempty"`
	KeyBytes  []byte          `json:"key_bytes,omitempty"` // in base64
	Value     json.RawMessage `json:"value,omitempty"`
	ExpiresAt *time.Time      `json:"expires_at,omitempty"`
	Type      string          `json:"type,omitempty"`
	Hash      string          `json:"hash,omitempty"`
	Data      []byte          `json:"data,omitempty"` // in base64
	UpdatedAt time.Time       `json:"updated_at"`
}

func (e *exported) name(key []byte) {
	if e.Key = string(key); !utf8.Valid(key) {
		e.Key, e.KeyBytes = "", key
	}
}

// Export writes all that is stored under a name as lines of JSON, by workspace
// and key. It reads part by part, so that a slow reader holds nothing.
func (d *Data) Export(ctx context.Context, name string, w io.Writer) error {
	ids, err := db.PluginDataWorkspaces(ctx, d.db.Read(), name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	for _, id := range ids {
		space := db.PluginSpace{Name: name, WorkspaceID: id}
		if err := d.exportValues(ctx, space, out); err != nil {
			return err
		}
		if err := d.exportBlobs(ctx, space, out); err != nil {
			return err
		}
	}
	return nil
}

func (d *Data) exportValues(ctx context.Context, space db.PluginSpace, out *json.Encoder) error {
	for after := ""; ; {
		list, err := db.PluginValues(ctx, d.db.Read(), space, "", after, 0, atOnce)
		if err != nil {
			return err
		}
		for _, e := range list {
			line := exported{Workspace: space.WorkspaceID, Kind: "kv", Value: json.RawMessage(e.Value), UpdatedAt: time.UnixMilli(e.UpdatedAt).UTC()}
			if e.ExpiresAt > 0 {
				at := time.UnixMilli(e.ExpiresAt).UTC()
				line.ExpiresAt = &at
			}
			line.name(e.Key)
			if err := out.Encode(line); err != nil {
				return err
			}
			after = string(e.Key)
		}
		if len(list) < atOnce {
			return nil
		}
	}
}

func (d *Data) exportBlobs(ctx context.Context, space db.PluginSpace, out *json.Encoder) error {
	const few = 4
	for after := []byte(nil); ; {
		list, err := db.PluginBlobsAfter(ctx, d.db.Read(), space, after, few)
		if err != nil {
			return err
		}
		for _, b := range list {
			line := exported{Workspace: space.WorkspaceID, Kind: "blob", Type: b.MediaType, Hash: b.Hash, Data: b.Content, UpdatedAt: time.UnixMilli(b.UpdatedAt).UTC()}
			line.name(b.Key)
			if err := out.Encode(line); err != nil {
				return err
			}
			after = b.Key
		}
		if len(list) < few {
			return nil
		}
	}
}

// Tidy removes values whose time is over, wherever they are.
func (d *Data) Tidy(ctx context.Context, now time.Time) error {
	const spaces = 100
	for {
		list, err := db.OverduePluginSpaces(ctx, d.db.Read(), now.UnixMilli(), spaces)
		if err != nil {
			return err
		}
		for _, space := range list {
			err := d.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
				if _, err := db.LockPluginUsage(ctx, tx, space); err != nil {
					return err
				}
				freed, err := db.DeleteOverduePluginValues(ctx, tx, space, now.UnixMilli())
				if err != nil {
					return err
				}
				return db.AddPluginUsage(ctx, tx, space, db.PluginUsage{KVBytes: -freed})
			})
			if err != nil {
				return err
			}
		}
		if len(list) < spaces {
			return nil
		}
	}
}
