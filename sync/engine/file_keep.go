package engine

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage/inspect"
	"or3.cloud/or3/sync/wire"
)

// What a committed file is, the server has found out from its bytes. A device
// writes the whole row, also where it only gives the file another name, and what
// it says beside may be old or false. Such a write is taken as it is, since every
// device that has it ranks by it, and a correction of the same person and device
// follows it at once: the same row with the server's values, a step above it in
// rank and below whatever is written next. Devices merge it like any other write.
// docs/decisions/0016 says why it is not mended in its place.

// keptFields are the server's of a file whose bytes are there.
var keptFields = []string{"mime_type", "kind", "size_bytes", "storage_provider_id", "storage_id", "width", "height", "page_count", "preview_hash"}

// StoredID is the storage_id of a file that is kept, where nobody knows which
// upload brought it.
const StoredID = "stored"

// fileKeyOf is what the books call the file of a row; older devices leave the
// name of MD5 out.
func fileKeyOf(key db.RowKey) db.FileKey {
	hash := key.PK
	if !strings.Contains(hash, ":") {
		hash = "md5:" + hash
	}
	return db.FileKey{WorkspaceID: key.WorkspaceID, Hash: hash}
}

// readKept reads what the server knows of the files about which ops say something.
func (g *group) readKept(found db.SyncFound) error {
	var files []db.FileKey
	var rows []db.RowKey
	for _, p := range g.pushes {
		for i := range p.ops {
			if o := &p.ops[i]; o.Table == wire.FileMeta && o.Op.Op == wire.Put && o.refused == nil && !p.actor.describes {
				key := keyOf(p, o)
				files, rows = append(files, fileKeyOf(key)), append(rows, key)
			}
		}
	}
	if len(files) == 0 {
		return nil
	}
	var err error
	if g.kept, err = found.Kept(files); err != nil || len(g.kept) == 0 {
		return err
	}
	g.keptRows, err = found.Payloads(rows)
	return err
}

// mend makes the correction that has to follow an op, nil where what it says is
// true or nobody knows better.
func (t *trial) mend(o *op, key db.RowKey, current row) (*op, *wire.OpError) {
	file, kept := t.g.kept[fileKeyOf(key)]
	if o.Table != wire.FileMeta || o.text == nil || !kept || t.p.actor.describes {
		return nil, nil
	}
	before := t.g.keptRows[key]
	if current.written && current.payload != nil {
		before = *current.payload
	}
	if !current.exists || current.Deleted {
		before = "{}"
	}
	changed := corrections(file, before, *o.text)
	if len(changed) == 0 {
		return nil, nil
	}
	text, err := wire.Replaced([]byte(*o.text), changed)
	if err != nil {
		return nil, &wire.OpError{Code: fault.Internal, Message: "What the server knows of this file could not be written."}
	}
	right := *o.Op
	right.Payload = text
	right.Stamp.OpID, right.Stamp.HLC = newID(), wire.NextHLC(o.Stamp.HLC)
	// A step above the furthest stamp is still right.
	mended := prepare(Actor{UserID: t.p.actor.UserID, Server: true}, key.WorkspaceID, &right, time.UnixMilli(t.g.now).Add(time.Minute))
	return &mended, mended.refused
}

// corrections are what has to be different in a payload for the row of a file
// that is kept. before is the row as it stands, "{}" where there is none.
func corrections(file db.KeptFile, before, now string) map[string]jsontext.Value {
	stands, says := wire.MembersOf([]byte(before), keptFields), wire.MembersOf([]byte(now), keptFields)
	right := map[string]jsontext.Value{
		"mime_type": jsonOf(file.MediaType), "kind": jsonOf(inspect.Kind(file.MediaType)), "size_bytes": jsonOf(file.SizeBytes),
		"storage_provider_id": jsonOf(file.Provider),
	}
	described := hasText(stands["storage_id"])
	switch {
	case described: // by its commit
		for _, field := range []string{"storage_id", "width", "height", "page_count"} {
			if value := stands[field]; value != nil {
				right[field] = value
			}
		}
		right["preview_hash"] = stands["preview_hash"] // which no device makes
	case !hasText(says["storage_id"]):
		right["storage_id"] = jsonOf(StoredID)
	}
	for field, value := range right {
		if sameJSON(value, says[field]) {
			delete(right, field)
		}
	}
	return right
}

func hasText(v jsontext.Value) bool { return v.Kind() == '"' && len(v) > 2 }

func jsonOf(v any) jsontext.Value {
	text, _ := json.Marshal(v) // a text or a number
	return text
}

func sameJSON(a, b jsontext.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	one, err := wire.Canonical(a)
	other, wrong := wire.Canonical(b)
	return err == nil && wrong == nil && string(one) == string(other)
}
