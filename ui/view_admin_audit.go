package ui

// AuditPage is /admin/audit. Filter: action, actor, result, since, until, workspace.
type AuditPage struct {
	Scope      string // "Kestrel Boatworks" or "the whole deployment"
	Chain      ChainState
	Zone       string
	Filter     Form
	Filtered   bool
	ClearURL   string
	Chips      []Chip
	Actions    []string // those that occur, as suggestions
	Actors     []Option
	Workspaces []Option // only for who may read all
	Rows       []AuditRow
	Pager      Pager
	ExportCSV  string
	ExportJSON string
}

// PageName implements View.
func (AuditPage) PageName() string { return "admin/audit" }

// PageTitle implements View.
func (AuditPage) PageTitle() string { return "Audit log" }

// Results are the choices of the result filter.
func (AuditPage) Results() []Option {
	return []Option{{"", "Every result"}, {"allowed", "Done"}, {"refused", "Refused"}, {"failed", "Failed"}}
}

// ChainState is what the last verification found.
type ChainState struct {
	Checked bool
	Sound   bool
	Entries int64
	At      Time
	Problem string // what is wrong, when it is not sound
}

// Chip is one filter that is on, with the link that takes it off.
type Chip struct {
	Text string
	URL  string
}

// AuditPlugin is a plugin in the log.
type AuditPlugin struct {
	Name string
	URL  string // "" where there is no page of it for this person
}

// AuditRow is one entry.
type AuditRow struct {
	Seq       int64
	At        Time
	ActorID   string
	Who       string
	Kind      string // "user", "token", "command", "system", "anonymous"
	Action    string
	Act       string // what people call the action
	What      string
	Plugin    *AuditPlugin // that did it
	ByPlugin  bool         // by itself, for nobody
	Through   string       // the plugin that did it for who is named, where nothing else of the row says so
	Result    string       // "allowed", "refused", "failed"
	From      string
	Workspace string // named when the log covers several
	URL       string // the same page with the entry open, or closed when it is
	Detail    *AuditDetail
}

// State is the result as glyph and word.
func (r AuditRow) State() State {
	switch r.Result {
	case "refused":
		return State{Tone: Danger, Icon: "ban", Word: "Refused"}
	case "failed":
		return State{Tone: Danger, Icon: "circle-x", Word: "Failed"}
	}
	return State{Tone: OK, Word: "Done"}
}

// Glyph stands for actors without a face.
func (r AuditRow) Glyph() string {
	switch r.Kind {
	case "token":
		return "key-round"
	case "command":
		return "terminal"
	case "anonymous":
		return "user"
	case "user":
		return ""
	}
	return "server"
}

// AuditDetail is an opened entry.
type AuditDetail struct {
	Diff      []DiffLine
	RequestID string
	Device    string
	ActorID   string
	Target    string
	Hash      string
	PrevSeq   int64
	PrevHash  string
	Link      string
}

// ShortHash is the hash as a person compares it: "9f2c…41ab".
func (d AuditDetail) ShortHash() string { return shortHash(d.Hash) }

// ShortPrev is the hash of the entry before.
func (d AuditDetail) ShortPrev() string { return shortHash(d.PrevHash) }

func shortHash(hash string) string {
	if len(hash) < 12 {
		return hash
	}
	return hash[:4] + "…" + hash[len(hash)-4:]
}

// DiffLine is one line of a difference. Sign is "+", "-" or " ".
type DiffLine struct {
	Sign string
	Text string
}
