// Package wire is the language devices and server speak when they sync: the
// seven tables and their fields, ops and changes, requests and answers, the
// hybrid clock, and the one rule that decides between two writes.
//
// Everything here is pure: no database, no network, no clock of its own. The
// TypeScript client follows the same tables of cases in testdata, so what this
// package decides is decided alike on every device.
package wire

import "time"

// Version is the version of the language. It rises when schema.go or the JSON
// of a request, answer, op or change does; testdata/schema_hashes.json makes
// forgetting that impossible.
const Version = 3

// The limits of the language.
const (
	MaxBody    = 8 << 20   // bytes of a push request
	MaxOps     = 100       // ops of one push
	MaxPayload = 256 << 10 // bytes of one op's payload, as sent
	MaxDepth   = 100       // levels of a payload's JSON
	MaxPage    = 1000      // changes of one page, not counting the rest of an atomic group
	// MaxOverrun is how many more changes an atomic group may have that begins with
	// the last change of a page: each of its ops may be followed by a correction.
	MaxOverrun = 2*MaxOps - 1
	// DefaultPage is the page of a pull that names no limit.
	DefaultPage = 100

	// MaxClock is the largest integer that JavaScript holds exactly.
	MaxClock = 1<<53 - 1
	// MaxClockLead is how far an op's clock may be above its row's. A poisoned
	// clock would win for ever.
	MaxClockLead = 1_000_000
	// MaxHLCLead is how far a stamp may be ahead of the server's clock.
	MaxHLCLead = 5 * time.Minute
)

// Table names one of the synced tables.
type Table string

// The synced tables.
const (
	Threads       Table = "threads"
	Messages      Table = "messages"
	Projects      Table = "projects"
	Posts         Table = "posts"
	KV            Table = "kv"
	FileMeta      Table = "file_meta"
	Notifications Table = "notifications"
)

// Tables gives the synced tables in the order of the documentation.
func Tables() []Table {
	return []Table{Threads, Messages, Projects, Posts, KV, FileMeta, Notifications}
}

// Known reports whether t is a synced table.
func (t Table) Known() bool { return specOf(t) != nil }

// TableNamed is Table(name) without an allocation for a table there is.
func TableNamed(name []byte) Table {
	for i := range schema {
		if string(schema[i].Table) == string(name) {
			return schema[i].Table
		}
	}
	return Table(name)
}

// Key is the payload field that repeats the pk.
func (t Table) Key() string {
	if t == FileMeta {
		return "hash"
	}
	return "id"
}

// Kind says what an op or a change does to its row.
type Kind string

// The kinds of ops.
const (
	Put    Kind = "put"
	Delete Kind = "delete"
)

// KindNamed is Kind(name) without an allocation for a kind there is.
func KindNamed(name []byte) Kind {
	switch string(name) {
	case string(Put):
		return Put
	case string(Delete):
		return Delete
	}
	return Kind(name)
}
