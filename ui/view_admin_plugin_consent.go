package ui

// ConsentPage is /admin/plugins/ID/consent: what a plugin asks for, before it
// may do any of it.
type ConsentPage struct {
	PluginHead
	Describes string // what it is for, in its author's words
	From      string // the version that runs; "" = it is new
	Version   string
	SHA256    string
	Size      int64
	AddedAt   Time
	AddedBy   string
	Asks      []ConsentAsk
	Signature ConsentSignature
	Adds      []string // "2 pages", "1 widget"
	Budget    string
	Fails     string
	Cannot    string
	Form      Form
	URL       string // "" = this person cannot agree
	RefuseURL string
	Reload    string // the page as it is now, where the package changed meanwhile
}

// PageName implements View.
func (ConsentPage) PageName() string { return "admin/plugin-consent" }

// PageTitle implements View.
func (p ConsentPage) PageTitle() string {
	if p.From == "" {
		return "Allow " + p.Name + "?"
	}
	return "Update " + p.Name + "?"
}

// More is how much is asked for beyond what is granted.
func (p ConsentPage) More() int {
	n := 0
	for _, a := range p.Asks {
		if a.Tinted() {
			n++
		}
	}
	return n
}

// Lead is the sentence below the title.
func (p ConsentPage) Lead() string {
	switch more := p.More(); {
	case p.Theme && p.From == "":
		return "It changes colours and the logo where an owner chooses it. Nothing of it runs."
	case p.From == "" && len(p.Asks) == 0:
		return "It asks for nothing: it computes, and reaches nothing of this server."
	case p.From == "":
		return "It asks for " + Plural(len(p.Asks), "thing", "things") + ", and runs only when you agree. It can never do more than the person it acts for."
	case more == 0:
		return "It asks for nothing more than the version you run. " + p.From + " keeps working until you agree."
	default:
		return "It asks for " + Plural(more, "thing more", "things more") + " than the version you run. " + p.From + " keeps working until you agree."
	}
}

// Do is the label of the button that agrees.
func (p ConsentPage) Do() string {
	if p.From != "" {
		return "Allow and update"
	}
	return "Allow"
}

// Keep is the label of the one that does not.
func (p ConsentPage) Keep() string {
	if p.From != "" {
		return "Keep " + p.From
	}
	return "Do not install"
}

// ConsentAsk is one capability.
type ConsentAsk struct {
	Name    string // workspace.read
	Words   string
	Icon    string
	Risk    string // low, medium, high
	Reason  string // the author's
	Params  []Fact
	Move    string // "", "new", "wider", "narrower", "same", "gone"
	Before  string // what it was, in words
	Without string // what is missing without it, where it may be left out
	Checked bool
}

// Fact is a name and what it is.
type Fact struct{ Name, Value string }

// Tinted reports whether somebody has to look at it.
func (a ConsentAsk) Tinted() bool { return a.Move == "new" || a.Move == "wider" }

// Gone reports whether it is asked for no more.
func (a ConsentAsk) Gone() bool { return a.Move == "gone" }

// Badge is what changed; nothing of one that is the same.
func (a ConsentAsk) Badge() *Badge {
	switch a.Move {
	case "new":
		return &Badge{Word: "New", Style: "solid"}
	case "wider":
		return &Badge{Word: "Wider", Style: "solid"}
	case "narrower":
		return &Badge{Word: "Narrower", Style: "outline"}
	case "gone":
		return &Badge{Word: "Dropped", Style: "outline"}
	}
	return nil
}

// RiskWord says how much is given away.
func (a ConsentAsk) RiskWord() string {
	switch a.Risk {
	case "low":
		return "Low risk"
	case "medium":
		return "Medium risk"
	}
	return "High risk"
}

// RiskState is the same with its glyph: only what is high stands out.
func (a ConsentAsk) RiskState() State {
	if a.Risk == "high" {
		return State{Tone: Warn, Word: a.RiskWord()}
	}
	return State{Icon: "minus", Word: a.RiskWord()}
}

// CapabilityIcon is the sprite's name of a capability's icon.
func CapabilityIcon(name string) string {
	switch name {
	case "kv":
		return "database"
	case "blob":
		return "hard-drive"
	case "workspace.read":
		return "eye"
	case "workspace.write":
		return "pencil"
	case "members.read":
		return "users"
	case "events.subscribe", "notify.send":
		return "bell"
	case "events.emit":
		return "send"
	case "schedule":
		return "clock"
	case "http.fetch":
		return "globe"
	case "secrets.use":
		return "key-round"
	case "audit.write":
		return "scroll-text"
	case "filter.decision":
		return "shield-check"
	case "ui.page":
		return "layout-grid"
	case "ui.widget":
		return "gauge"
	}
	return "code"
}

// ConsentSignature is who made the package.
type ConsentSignature struct {
	State       State
	Words       string // what it means
	Fingerprint string
	Key         string
	Wrong       []Fact // files that are not as they were signed
}

// SignatureState words what a signature says of a package.
func SignatureState(state string) State {
	switch state {
	case "trusted":
		return State{Tone: OK, Icon: "badge-check", Word: "Trusted key"}
	case "signed_by_unknown":
		return State{Icon: "badge-question-mark", Word: "Unknown key"}
	case "tampered":
		return State{Tone: Danger, Word: "Tampered with"}
	}
	return State{Icon: "badge-question-mark", Word: "Unsigned"}
}

// SignatureWords say what it means.
func SignatureWords(state string) string {
	switch state {
	case "trusted":
		return "Signed with a key that this server trusts. Nothing was changed since."
	case "signed_by_unknown":
		return "Signed, and nothing was changed since, but this server does not know the key. Compare the fingerprint with what the publisher says."
	case "tampered":
		return "The files are others than were signed. Do not run it."
	}
	return "Nobody signed it: it may come from anybody. Its hash tells whether it is the file you were given."
}
