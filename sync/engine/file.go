package engine

import (
	"context"
	"strings"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/sync/wire"
)

const noFile = "There is no such file, or it was deleted."

// FileFacts are what a workspace's rows say about a file. Zero values are not
// known.
type FileFacts struct {
	Name      string
	MediaType string
	Kind      string // image, pdf or file
	SizeBytes int64
	Width     int64 // as the image is shown, in pixels
	Height    int64
	PageCount int64
	Provider  string // which store has the bytes
	StorageID string // of the upload that brought them; "" while none has
	// PreviewHash names a small image that stands for this one.
	PreviewHash string
}

type fileFields struct {
	Name        string `json:"name"`
	MediaType   string `json:"mime_type"`
	Kind        string `json:"kind"`
	SizeBytes   int64  `json:"size_bytes"`
	Width       int64  `json:"width"`
	Height      int64  `json:"height"`
	PageCount   int64  `json:"page_count"`
	Provider    string `json:"storage_provider_id"`
	StorageID   string `json:"storage_id"`
	PreviewHash string `json:"preview_hash"`
}

// File reads what is known of a file; NotFound if nothing is, or it was deleted.
func (e *Engine) File(ctx context.Context, ref Ref) (FileFacts, error) {
	key, err := e.fileKey(ctx, ref)
	if err != nil {
		return FileFacts{}, err
	}
	row, err := e.live(ctx, key, noFile)
	if err != nil {
		return FileFacts{}, err
	}
	var f fileFields
	readFields(*row.Payload, &f)
	return f.facts(), nil
}

// facts are what is shown: a name shows in one line, in the order it is written.
func (f fileFields) facts() FileFacts {
	f.Name = PlainName(f.Name)
	return FileFacts(f)
}

// DescribeFile writes what the server has found out about a file whose bytes
// have arrived. The name stays if somebody gave it one; everything else is what
// facts say, where they say something. wrote is false when the row says it
// already.
func (e *Engine) DescribeFile(ctx context.Context, a Actor, ref Ref, facts FileFacts) (wrote bool, err error) {
	wrote, errs := e.DescribeFiles(ctx, a, ref.WorkspaceID, []Described{{ref.ID, facts}})
	return wrote, errs[0]
}

// Described is a file and what was found out about it.
type Described struct {
	ID string // of its row
	FileFacts
}

// DescribeFiles is DescribeFile for as many files of a workspace as a push has ops
// at most. What is wrong with one of them is nothing to the others; wrote is false
// when nothing was written.
func (e *Engine) DescribeFiles(ctx context.Context, a Actor, workspaceID string, list []Described) (wrote bool, errs []error) {
	a.describes = true
	errs = make([]error, len(list))
	left := make([]int, len(list)) // those that are not written yet
	for i := range list {
		left[i] = i
	}
	for range attempts {
		ops, of := []wire.Op{}, []int{}
		rows, err := e.rowsOf(ctx, workspaceID, list, left)
		for _, i := range left {
			if errs[i] = err; err != nil {
				continue
			}
			op, needed, err := e.describe(ctx, a, Ref{workspaceID, list[i].ID}, rows[list[i].ID], list[i].FileFacts)
			if errs[i] = err; err == nil && needed {
				ops, of = append(ops, op), append(of, i)
			}
		}
		if len(ops) == 0 {
			return wrote, errs
		}
		answer, err := e.Push(ctx, a, wire.PushRequest{WorkspaceID: workspaceID, Ops: ops})
		if err != nil {
			for _, i := range of {
				errs[i] = err
			}
			return wrote, errs
		}
		left = nil
		for at, r := range answer.Results {
			switch r.Status {
			case wire.Rejected:
				errs[of[at]] = faultOf(r.Error)
			case wire.Superseded:
				left = append(left, of[at])
			default:
				wrote = true
			}
		}
	}
	for _, i := range left {
		errs[i] = busy()
	}
	return wrote, errs
}

// rowsOf reads the rows that are there of files, by their ids.
func (e *Engine) rowsOf(ctx context.Context, workspaceID string, list []Described, of []int) (map[string]*db.SyncRow, error) {
	ids := make([]string, len(of))
	for at, i := range of {
		ids[at] = list[i].ID
	}
	return e.db.SyncRows(ctx, workspaceID, string(wire.FileMeta), ids)
}

// describe makes the op that writes facts into a file's row, nil where there is
// none of its own name yet; needed is false when the row says them already.
func (e *Engine) describe(ctx context.Context, a Actor, ref Ref, row *db.SyncRow, facts FileFacts) (op wire.Op, needed bool, err error) {
	key, err := e.fileKey(ctx, ref)
	if err != nil {
		return op, false, err
	}
	if key.PK != ref.ID { // of an older device
		if row, err = e.stored(ctx, key); err != nil {
			return op, false, err
		}
	}
	fields := facts.fields()
	fields["hash"] = key.PK
	now := e.second()
	var old fileFields
	if row != nil && row.Deleted == 0 {
		readFields(*row.Payload, &old)
	} else {
		fields["created_at"], fields["added_by"] = now, a.UserID
	}
	if old.Name != "" {
		delete(fields, "name")
	}
	if old.StorageID != "" { // the first upload of a file counts; what it brought is the same
		delete(fields, "storage_id")
	}
	if says(row, fields) {
		return op, false, nil
	}
	fields["updated_at"] = now
	op, err = e.put(a, key, row, fields)
	return op, err == nil, err
}

// says reports whether a live row says all of it already.
func says(row *db.SyncRow, fields map[string]any) bool {
	if row == nil || row.Deleted != 0 {
		return false
	}
	var old map[string]any
	readFields(*row.Payload, &old)
	for name, value := range fields {
		if n, ok := value.(int64); ok {
			value = float64(n)
		}
		if old[name] != value {
			return false
		}
	}
	return true
}

// fields are the facts that are known, as the row carries them.
func (f FileFacts) fields() map[string]any {
	fields := map[string]any{}
	for name, text := range map[string]string{"name": PlainName(f.Name), "mime_type": f.MediaType, "kind": f.Kind, "storage_provider_id": f.Provider,
		"storage_id": f.StorageID, "preview_hash": f.PreviewHash} {
		if text != "" {
			fields[name] = text
		}
	}
	for name, n := range map[string]int64{"width": f.Width, "height": f.Height, "page_count": f.PageCount} {
		if n > 0 {
			fields[name] = n
		}
	}
	if f.MediaType != "" {
		fields["size_bytes"] = f.SizeBytes // 0 is a size
	}
	return fields
}

// fileKey is the row of a file. Older devices name a row by an MD5 without its
// prefix; such a row is the file's if it is there.
func (e *Engine) fileKey(ctx context.Context, ref Ref) (db.RowKey, error) {
	key := rowKey(ref, wire.FileMeta)
	bare, legacy := strings.CutPrefix(ref.ID, "md5:")
	if !legacy {
		return key, nil
	}
	old := rowKey(Ref{ref.WorkspaceID, bare}, wire.FileMeta)
	row, err := e.stored(ctx, old)
	if err != nil || row == nil {
		return key, err
	}
	return old, nil
}
