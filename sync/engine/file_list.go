package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/sync/wire"
)

// MaxFileName is the longest name of a file, in characters.
const MaxFileName = 255

// ListedFile is a file as the pages show it. One in the trash is still there,
// and listed apart.
type ListedFile struct {
	Hash string
	FileFacts
	Trashed bool
	AddedBy Person
	AddedAt time.Time
}

// mostFiles is how many files of a workspace a page of the list has.
const mostFiles = 2000

// FilesQuery chooses files of a workspace.
type FilesQuery struct {
	Search string // a part of a name, without regard to capitals
	Before string // an earlier page's cursor; "" is the newest
}

// Files lists a workspace's files, the newest first; at most mostFiles, and
// earlier is the cursor of those that follow, "" if there are none. The caller has
// asked can().
func (e *Engine) Files(ctx context.Context, workspaceID string, q FilesQuery) (files []ListedFile, earlier string, err error) {
	l := db.Listing{WorkspaceID: workspaceID, Table: string(wire.FileMeta), Group: "all", Name: cut(fold(q.Search)), Limit: 100}
	if q.Before != "" {
		before, err := parsePosition(q.Before)
		if err != nil {
			return nil, "", err
		}
		l.Before = &before
	}
	var last *db.ListedRow
	for ; ; l.Offset += l.Limit {
		rows, err := db.LivePosts(ctx, e.db.Read(), l)
		if err != nil {
			return nil, "", err
		}
		if l.Offset == mostFiles {
			if len(rows) > 0 {
				earlier = formatPosition(last)
			}
			return files, earlier, nil
		}
		for i := range rows {
			files = append(files, fileOf(&rows[i].ListedRow))
			last = &rows[i].ListedRow
		}
		if len(rows) < l.Limit {
			return files, "", nil
		}
	}
}

// FilesOf reads the files that messages name, by their hash; those that are not
// there are left out.
func (e *Engine) FilesOf(ctx context.Context, workspaceID string, messages []Message) (map[string]ListedFile, error) {
	files, asked := map[string]ListedFile{}, map[string]bool{}
	for _, m := range messages {
		for _, hash := range m.Files {
			asked[hash] = true
		}
	}
	for hashes := range slices.Chunk(slices.Sorted(maps.Keys(asked)), 500) {
		rows, err := db.LiveRowsNamed(ctx, e.db.Read(), workspaceID, string(wire.FileMeta), hashes)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			files[rows[i].PK] = fileOf(&rows[i])
		}
	}
	return files, nil
}

func fileOf(row *db.ListedRow) ListedFile {
	var f fileFields
	readFields(row.Payload, &f)
	var more struct {
		CreatedAt seconds `json:"created_at"`
		TrashedAt int64   `json:"trashed_at"`
	}
	readFields(row.Payload, &more)
	return ListedFile{Hash: row.PK, FileFacts: f.facts(), Trashed: more.TrashedAt > 0, AddedBy: Person{row.CreatedBy, row.CreatedByName}, AddedAt: more.CreatedAt.time()}
}

// mostHashes is how many files of one row anything is done for; devices do the same.
const mostHashes = 60

// hashesOf reads a row's file_hashes: a list as JSON, in a text. It gives each
// once, only what names a file, and at most mostHashes.
func hashesOf(text string) []string {
	var named []string
	if text == "" || json.Unmarshal([]byte(text), &named) != nil {
		return nil
	}
	var hashes []string
	for _, hash := range named {
		if len(hashes) == mostHashes {
			break
		}
		if _, err := storage.ParseRef(hash); err == nil && !slices.Contains(hashes, hash) {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

// RenameFile gives a file another name, for everyone.
func (e *Engine) RenameFile(ctx context.Context, a Actor, ref Ref, name string) error {
	name = strings.Join(strings.Fields(PlainName(name)), " ")
	switch n := len([]rune(name)); {
	case n == 0:
		return fault.Field("name", "Give the file a name.")
	case n > MaxFileName:
		return fault.Field("name", "A name has at most 255 characters.")
	}
	return e.changeFile(ctx, a, ref, map[string]any{"name": name})
}

// TrashFile puts a file into the trash, or takes it out.
func (e *Engine) TrashFile(ctx context.Context, a Actor, ref Ref, trash bool) error {
	var at any // null: not in the trash
	if trash {
		at = e.second()
	}
	return e.changeFile(ctx, a, ref, map[string]any{"trashed_at": at})
}

func (e *Engine) changeFile(ctx context.Context, a Actor, ref Ref, fields map[string]any) error {
	key := rowKey(ref, wire.FileMeta)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noFile)
		if err != nil {
			return nil, err
		}
		fields["updated_at"] = e.second()
		op, err := e.put(a, key, row, fields)
		return []wire.Op{op}, err
	})
}

// DeleteFile deletes a file's row: messages that name it say so, and its bytes
// go once nothing needs them.
func (e *Engine) DeleteFile(ctx context.Context, a Actor, ref Ref) error {
	key := rowKey(ref, wire.FileMeta)
	return e.own(ctx, a, ref.WorkspaceID, func(ctx context.Context) ([]wire.Op, error) {
		row, err := e.live(ctx, key, noFile)
		if err != nil {
			return nil, err
		}
		return []wire.Op{e.remove(a, key, row)}, nil
	})
}
