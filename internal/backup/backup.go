// Package backup puts a whole database into one file and back.
//
// The file is a tar archive: a mark, the rows of every table in parts of a few
// megabytes (gzip, one JSON array a line), the bytes of people's files, each
// named by its hash, a manifest with the count and SHA-256 of every part, and a
// seal with the SHA-256 of everything before
// it. The same file fills SQLite or PostgreSQL. Nothing of it is trusted before
// every byte was held against the seal.
package backup

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
)

// Format is the version of the file this program writes, and the newest it
// reads.
const Format = 2

// Audit actions.
const (
	ActBackup  = "backup.made"
	ActRestore = "backup.restored"
)

// Names inside the archive.
const (
	markName     = "or3-backup"
	manifestName = "manifest.json"
	sealName     = "seal"
)

// left are the tables whose rows stay behind: what runs just now, and who is
// signed in. A session in a file would be one that nobody can end.
func left(table string) bool {
	switch table {
	case "sessions", "nodes", "leases", "throttles", "access_changes", "upload_intents", "file_runs":
		return true
	}
	return false
}

// Manifest says what is in a backup.
type Manifest struct {
	Format    int       `json:"format"`
	Program   string    `json:"program"`
	CreatedAt time.Time `json:"created_at"`
	Database  string    `json:"database"` // sqlite or postgres: where it comes from
	Steps     []db.Step `json:"migrations"`
	Tables    []Table   `json:"tables"`
	Files     *Files    `json:"files,omitempty"` // nil in a backup of format 1, which knows of none
	Without   []string  `json:"without"`
}

// Table is one table's rows.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
	Parts   []Part   `json:"parts"`
}

// Part is one file of the archive.
type Part struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows is how many rows there are altogether.
func (m Manifest) Rows() int64 {
	var n int64
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Options are what making and restoring a backup need.
type Options struct {
	Program string // the program's version
	Now     func() time.Time
	// Progress hears what is being done, not too often; nil is silence.
	Progress func(Progress)
	// Files is where the bytes of files are; nil leaves them, and a restore then
	// forgets that they were there.
	Files *Store
	// Renew begins a new history in the transaction of a restore and gives its id.
	Renew func(ctx context.Context, tx bun.Tx, discardNewer bool) (string, error)
}

// Progress is how far something is. Of is 0 when nobody knows.
type Progress struct {
	Doing    string
	Done, Of int64
}

func (o Options) tell(doing string, done, of int64) {
	if o.Progress != nil {
		o.Progress(Progress{Doing: doing, Done: done, Of: of})
	}
}

func (o Options) log(d *db.DB) *audit.Log { return audit.New(audit.Options{DB: d, Now: o.Now}) }

// newManifest begins a manifest of what a snapshot holds.
func newManifest(o Options, d *db.DB, s *db.Snapshot) Manifest {
	return Manifest{
		Format: Format, Program: o.Program, CreatedAt: o.Now().UTC().Truncate(time.Millisecond), Database: string(d.Dialect()), Steps: s.Steps,
		Without: []string{"server.secret_key", "or3.toml", "sessions", "running nodes", "leases", "throttles of failed sign-ins", "uploads under way", "past collections and checks of files"},
	}
}

func (m Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}
