package ui

import "slices"

// SyncPage is /admin/sync: how the devices of the active workspace keep up, and
// what was written to a row.
type SyncPage struct {
	Workspace  string
	CanCollect bool
	CanWrite   bool
	ReadOnly   ReadOnly
	Figures    []Figure
	SyncDevices
	Retention  string // "30 days"
	Runs       []SyncRun
	Digest     *SyncDigest // nil: not asked for
	DigestURL  string
	CollectURL string
	Find       Form // table, pk
	Tables     []Option
	Asked      bool // a row was asked for
	Writes     []RowWrite
	BringURL   string
}

// PageName implements View.
func (SyncPage) PageName() string { return "admin/sync" }

// PageTitle implements View.
func (SyncPage) PageTitle() string { return "Sync" }

// SyncDevices is the part of the page that keeps itself up to date.
type SyncDevices struct {
	URL     string // answers it anew
	Head    int64  // the newest version
	Checked Time
	Devices []SyncDevice
}

// SyncDevice is a device and how far it has come.
type SyncDevice struct {
	ID        string
	Name      string // "Firefox on Linux"; "" when nobody knows
	OwnerID   string
	Owner     string
	Cursor    int64
	Lag       int64
	Seen      Time
	Below     bool // it has to take a snapshot when it comes back
	Removed   bool // its person is no member any more, or disabled
	SignedOut bool
}

// Off tells whether nobody can sync with it as it is.
func (d SyncDevice) Off() bool { return d.Removed || d.SignedOut }

// Short is enough of the id to tell devices apart.
func (d SyncDevice) Short() string { return ShortID(d.ID) }

// ShortID is an id as people compare it: whole when somebody chose it, and the
// end of a generated one, whose beginning is only the time it was made.
func ShortID(id string) string {
	if letters := []rune(id); len(letters) > 20 {
		return "…" + string(letters[len(letters)-8:])
	}
	return id
}

// Fetches says that a device has yet to get something.
func (d SyncDevices) Fetches() bool {
	return slices.ContainsFunc(d.Devices, func(one SyncDevice) bool { return !one.Off() && (one.Lag > 0 || one.Below) })
}

// State is how the device stands, as glyph and word.
func (d SyncDevice) State() State {
	switch {
	case d.Removed:
		return State{Icon: "x", Word: "Removed"}
	case d.SignedOut:
		return State{Icon: "log-out", Word: "Signed out"}
	case d.Below:
		return State{Tone: Warn, Icon: "cloud-download", Word: "Starts over"}
	case d.Lag > 0:
		return State{Icon: "clock", Word: Plural(d.Lag, "change", "changes") + " to fetch"}
	}
	return State{Tone: OK, Word: "Up to date"}
}

// SyncRun is one run of the collector.
type SyncRun struct {
	What    string
	At      Time
	Deleted int64
	By      string // "" = by itself
	Error   string
}

// State is how the run ended.
func (r SyncRun) State() State {
	if r.Error != "" {
		return State{Tone: Danger, Word: "Failed"}
	}
	return State{Tone: OK, Word: "Done"}
}

// SyncDigest is the sum over all rows the visitor sees.
type SyncDigest struct {
	Rows    int64
	Version int64
	Digest  string
}

// RowWrite is one write to a row.
type RowWrite struct {
	Table   string
	PK      string
	OpID    string
	Version int64 // 0: it lost
	Deleted bool
	Current bool
	Said    bool // it lost, and nothing of it: another write says the same
	Who     string
	WhoID   string
	Device  SyncDevice
	At      Time
	Clock   int64
	Payload string // indented JSON, "" of a deletion
	CanTake bool   // bring it back
}

// State is what became of the write.
func (w RowWrite) State() State {
	switch {
	case w.Current && w.Deleted:
		return State{Tone: Warn, Icon: "trash-2", Word: "Deleted now"}
	case w.Current:
		return State{Tone: OK, Word: "Stands now"}
	case w.Said:
		return State{Icon: "check", Word: "Nothing lost"}
	case w.Version == 0:
		return State{Tone: Warn, Icon: "x", Word: "Lost"}
	case w.Deleted:
		return State{Icon: "trash-2", Word: "Deleted"}
	}
	return State{Icon: "clock", Word: "Earlier"}
}
