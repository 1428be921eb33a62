package ui

import (
	"fmt"
	"strconv"
)

// StoragePage is /admin/storage: what the active workspace's files use, what
// can go, and whether their bytes are right; for who may read the deployment,
// the workspaces of the server beside each other.
type StoragePage struct {
	Workspace  string
	Off        bool // storage.enabled=false
	ReadOnly   ReadOnly
	Figures    []Figure
	Quota      *Progress // nil: no bound
	QuotaNote  string
	Types      Usage
	Workspaces *Usage // nil: not for this person
	More       int    // workspaces that are not listed
	QuotaForm  *QuotaForm
	Uploads    []Unfinished
	UploadsAll int64
	Largest    []StoredFile
	Retention  string // "30 days"
	CanCollect bool
	DryURL     string
	CollectURL string
	Dry        *DryCollection // nil: not asked for
	CanCheck   bool
	CheckURL   string
	CheckEvery string
	Damaged    []StoredFile
	DamagedAll int64
	Elsewhere  int64 // damaged files of other workspaces
	RunsURL    string
	Runs       []FileRun
}

// PageName implements View.
func (StoragePage) PageName() string { return "admin/storage" }

// PageTitle implements View.
func (StoragePage) PageTitle() string { return "Storage" }

// Busy reports whether something is going on, so that the page looks again.
func (p StoragePage) Busy() bool {
	for i := range p.Runs {
		if p.Runs[i].Progress != nil {
			return true
		}
	}
	return false
}

// Usage is a chart of bars with its table: each row is both.
type Usage struct {
	Of    string // "Type", "Workspace"
	Rows  []UsageRow
	Quota bool // the rows have one
}

// UsageRow is one bar.
type UsageRow struct {
	Name     string
	Note     string
	Files    int64
	Bytes    int64
	Share    int    // of the longest bar, in percent; 1 at least for what is not empty
	Quota    string // "10 GB", "none"
	QuotaURL string
}

// Finding says in a sentence what the chart shows.
func (u Usage) Finding() string {
	var all int64
	for _, r := range u.Rows {
		all += r.Bytes
	}
	if all == 0 {
		return "No files."
	}
	return fmt.Sprintf("Largest: %s with %s, %d %% of %s.", u.Rows[0].Name, Bytes(u.Rows[0].Bytes), u.Rows[0].Bytes*100/all, Bytes(all))
}

// Shared fills in how long the bars are.
func (u Usage) Shared() Usage {
	var most int64
	for _, r := range u.Rows {
		most = max(most, r.Bytes)
	}
	for i := range u.Rows {
		if r := &u.Rows[i]; r.Bytes > 0 {
			r.Share = max(1, int(float64(r.Bytes)/float64(most)*100))
		}
	}
	return u
}

// Empty is what stands in the place of the chart.
func (p StoragePage) Empty() Empty {
	return Empty{Icon: "hard-drive", Title: "No files yet", Text: "Pictures and documents that people attach to messages are kept here."}
}

// Unfinished is an upload that holds room and is no file yet.
type Unfinished struct {
	Name       string
	Who        string
	Bytes      int64
	Arrived    int64 // -1: the store does not say
	Now        bool  // more is arriving
	Since      Time
	Until      Time
	ReleaseURL string // "" = not for this person
}

// Progress says how much of it is there.
func (u Unfinished) Progress() string {
	switch {
	case u.Arrived < 0:
		return Bytes(u.Bytes) + ", of which it is not known how much has arrived"
	case u.Arrived == u.Bytes:
		return "all of its " + Bytes(u.Bytes) + " are here"
	}
	return Bytes(u.Arrived) + " of " + Bytes(u.Bytes) + " have arrived"
}

// State is whether it goes on.
func (u Unfinished) State() State {
	if u.Now {
		return State{Tone: OK, Word: "Arriving"}
	}
	return State{Tone: Warn, Icon: "clock", Word: "Waiting"}
}

// MoreUploads is how many are not listed.
func (p StoragePage) MoreUploads() int64 { return p.UploadsAll - int64(len(p.Uploads)) }

// QuotaForm sets what one workspace may keep.
type QuotaForm struct {
	Form
	URL       string
	Workspace string
	Default   string // what holds without one: "no bound", "10 GB"
}

// Label names the form's field.
func (f QuotaForm) Label() string { return "What " + f.Workspace + " may keep" }

// Hint says what can be typed.
func (f QuotaForm) Hint() string {
	return "A size such as 10 GB; none for no bound; empty for the server's own quota, which is " + f.Default + "."
}

// StoredFile is a file as the page lists it.
type StoredFile struct {
	Name      string
	Hash      string
	Type      string
	Bytes     int64
	Who       string
	WhoID     string
	At        Time
	Damage    string // missing, size, content, unreadable; "" = none
	FoundAt   Time
	Workspace string // where the page covers several
}

// State is what is wrong with the file.
func (f StoredFile) State() State {
	word := "Changed"
	switch f.Damage {
	case "missing":
		word = "Missing"
	case "size":
		word = "Cut off"
	case "unreadable":
		return State{Tone: Warn, Word: "Could not be read"}
	}
	return State{Tone: Danger, Word: word}
}

// Remedy says what mends the file.
func (f StoredFile) Remedy() string {
	if f.Damage == "unreadable" {
		return "The disk or the bucket refused to read it. It is tried again every hour, and people who open it may get it. If it stays so, look into the server's log, and after the disk."
	}
	if f.Who == "" {
		return "Put the same file there again from a device that has it: the server takes it in its place."
	}
	return f.Who + " put it there. Attach the same file once more, from any device that has it: the server takes it in its place."
}

// DryCollection is what a collection would delete just now.
type DryCollection struct {
	Files   int64
	Bytes   int64
	Waiting int64
	Waits   int64 // bytes
	Listed  []StoredFile
}

// Left is how many of the files are not listed.
func (d DryCollection) Left() int64 { return d.Files - int64(len(d.Listed)) }

// FileRun is a collection or a check.
type FileRun struct {
	ID       string
	What     string // "Collection", "Check of all files"
	By       string // "" = by itself
	At       Time
	Result   string
	Failed   string
	Stopped  bool
	Progress *Progress // nil: it has ended
}

// State is how the run ended.
func (r FileRun) State() State {
	switch {
	case r.Failed != "":
		return State{Tone: Danger, Word: "Failed"}
	case r.Stopped:
		return State{Tone: Warn, Icon: "clock", Word: "Broken off"}
	}
	return State{Tone: OK, Word: "Done"}
}

// RunProgress is how far a run is.
func RunProgress(label string, done, of int64) *Progress {
	p := &Progress{Label: label, Value: 0, Max: 1, Figures: "looking"}
	if of > 0 {
		p.Value, p.Max = int(done), int(of)
		p.Figures = Number(done) + " of " + Number(of)
	}
	return p
}

// QuotaProgress is how much of a quota is used.
func QuotaProgress(used, reserved, quota int64) *Progress {
	p := &Progress{Label: "Used of the quota", Figures: Bytes(used) + " of " + Bytes(quota), Value: int(min(used, quota) * 1000 / max(quota, 1)), Max: 1000}
	if used >= quota {
		p.State, p.Note = "failed", "Nothing more can be uploaded. Delete files, or ask who runs the server for more room."
	}
	if reserved > 0 && used < quota {
		p.Note = Bytes(reserved) + " more are being uploaded."
	}
	return p
}

// ShareText is the bar's length for its picture.
func (r UsageRow) ShareText() string { return strconv.Itoa(r.Share) }
