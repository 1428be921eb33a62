package db

// FileKey names a file of a workspace by the hash that the books have.
type FileKey struct{ WorkspaceID, Hash string }

// KeptFile is what the books say of a file whose bytes are there.
type KeptFile struct {
	SizeBytes           int64
	MediaType, Provider string
}

const (
	keptFilesSQL = `WITH k ({columns}) AS ({rows})
		SELECT b.workspace_id, b.hash, b.size_bytes, b.mime_type, b.provider
		FROM k JOIN {blobs} AS b ON b.workspace_id = k.workspace_id AND b.hash = k.hash`
	keptColumns = `workspace_id:t hash:t`
)

// addKept takes a row of keptFiles.
func addKept(to map[FileKey]KeptFile) func(cells) {
	return func(c cells) {
		to[FileKey{WorkspaceID: c.text(0), Hash: c.text(1)}] = KeptFile{SizeBytes: c.number(2), MediaType: c.text(3), Provider: c.text(4)}
	}
}

func fileKeyRows(keys []FileKey) rowsFor {
	return rowsFor{len(keys), func(i int, v values) {
		v.text(keys[i].WorkspaceID)
		v.text(keys[i].Hash)
	}}
}
