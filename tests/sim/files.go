package sim

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

// File is what the server knows of a file whose bytes it has.
type File struct {
	Size            int64
	MediaType, Kind string
}

// corrected is the change that follows a write about a file which says something
// else than its bytes do, nil where it says the truth. Its op_id is the engine's
// to choose.
func (m *Model) corrected(o *wire.Op, text []byte, before Held) *wire.Change {
	file, kept := m.Files[o.PK]
	if o.Table != wire.FileMeta || o.Op != wire.Put || !kept {
		return nil
	}
	said, stands, right := map[string]any{}, map[string]any{}, map[string]any{}
	must(json.Unmarshal(text, &said))
	if len(before.Payload) > 0 {
		must(json.Unmarshal(before.Payload, &stands))
	}
	right["size_bytes"], right["mime_type"], right["kind"], right["storage_provider_id"] = float64(file.Size), file.MediaType, file.Kind, "disk"
	if _, described := stands["storage_id"]; described {
		for _, field := range []string{"storage_id", "width"} {
			if stands[field] != nil {
				right[field] = stands[field]
			}
		}
	} else if said["storage_id"] == nil {
		right["storage_id"] = "stored"
	}
	wrong := false
	for field, value := range right {
		wrong = wrong || said[field] != value
		said[field] = value
	}
	if !wrong {
		return nil
	}
	payload, err := json.Marshal(said)
	must(err)
	stamp := o.Stamp
	stamp.HLC, stamp.OpID = wire.NextHLC(stamp.HLC), ""
	return &wire.Change{Table: o.Table, PK: o.PK, Op: wire.Put, Payload: payload, Stamp: stamp}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// commitFile is an upload that arrives: from now on the server knows better.
func (w *World) commitFile() error {
	pk := filePK(w)
	if _, there := w.model.Files[pk]; there {
		return nil
	}
	file := pick(w, []File{{70, "image/png", "image"}, {9, "text/plain", "file"}, {0, "application/pdf", "pdf"}})
	w.knife = knife{commits: w.knife.commits}
	err := w.d.Write(w.ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := db.InsertBlob(ctx, tx, &db.Blob{WorkspaceID: workspace, Hash: pk, SizeBytes: file.Size, MediaType: file.MediaType, Provider: "disk", CreatedBy: w.people[0].id, CreatedAt: w.millis})
		return err
	})
	w.model.Files[pk] = file
	w.say("%s is committed: %+v", pk, file)
	return err
}

func filePK(w *World) string { return fmt.Sprintf("sha256:%064x", w.rand.IntN(4)) }

// adopt takes the ids of corrections, and how they are written, from the log of the engine.
func (w *World) adopt(from int64) error {
	for i := int(from); i < len(w.model.Log); i++ {
		e := &w.model.Log[i]
		if e.Stamp.OpID != "" {
			continue
		}
		var id, text string
		err := w.d.Read().NewRaw(`SELECT op_id, payload FROM change_log WHERE server_version = ?`, e.ServerVersion).Scan(w.ctx, &id, &text)
		if err != nil {
			return fmt.Errorf("the correction with version %d: %w", e.ServerVersion, err)
		}
		got, err := wire.Canonical([]byte(text))
		want, wrong := wire.Canonical(e.Payload)
		if err != nil || wrong != nil || string(got) != string(want) {
			return fmt.Errorf("a correction says %s, the model %s", got, want)
		}
		e.Stamp.OpID, e.Payload = id, []byte(text)
		row := w.model.Rows[e.key()]
		if row.ServerVersion == e.ServerVersion {
			row.Change = e.Change
			w.model.Rows[e.key()] = row
		}
		w.model.Known[id] = known{version: e.ServerVersion}
		w.counts["corrected"]++
	}
	return nil
}

// aboutFile is what devices say of files, which is seldom the truth.
func (w *World) aboutFile() string {
	return pick(w, []string{
		`"name":"TEXT"`,
		`"name":"TEXT","size_bytes":9,"mime_type":"text/plain","kind":"file","storage_provider_id":"disk","storage_id":"up1"`,
		`"size_bytes":1,"name":"TEXT","mime_type":"image/png","width":3`,
		`"name":"TEXT","size_bytes":70.0,"mime_type":"image/png","kind":"image","width":null,"storage_id":"up2","unknown":[1,2.50]`,
	})
}
