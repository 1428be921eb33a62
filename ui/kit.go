package ui

// KitPage shows every component in its states (pages/kit). It is served in
// development mode only and is what the accessibility and picture tests look at.
type KitPage struct {
	Buttons  []KitButtons
	Form     Form
	Wrong    Form
	Regions  []Option
	States   []State
	Badges   []Badge
	People   []Person
	Tabs     Tabs
	Notices  []Notice
	Progress []Progress
	Role     Menu
	More     Menu
	Fixed    Menu
	Pager    Pager
	Log      Pager
	Secret   Secret
	Delete   Confirm
	Remove   Confirm
	Empties  []Empty
	Yes      Trace
	No       Trace
	Search   PaletteResults
	Seen     []Time
}

// PageName is the page's template.
func (KitPage) PageName() string { return "kit" }

// PageTitle is what the browser's tab says.
func (KitPage) PageTitle() string { return "Components" }

// KitButtons is one row of buttons.
type KitButtons struct {
	Name    string
	Actions []Action
}

// Kit fills the component page. Names and numbers are invented.
func Kit(clock Clock) KitPage {
	roles := []MenuItem{
		{Label: "Owner", Note: "Everything, including members, plugins and configuration", Icon: "crown", URL: "#", Post: true, Fields: []Hidden{{"role", "owner"}}},
		{Label: "Editor", Note: "Reads and writes; sees the admin pages but changes nothing there", Icon: "pencil", URL: "#", Current: true},
		{Label: "Viewer", Note: "Reads threads and messages", Icon: "eye", URL: "#"},
		{Label: "Remove from workspace", Note: "Signs out 3 devices within a second", Icon: "user-minus", Danger: true, Rule: true, Dialog: "kit-remove"},
	}
	return KitPage{
		Buttons: []KitButtons{
			{"Primary", []Action{{Label: "Save", URL: "#", Style: "primary"}, {Label: "New thread", URL: "#", Style: "primary", Icon: "plus"}, {Label: "Send", Style: "primary", Why: "Write something first."}}},
			{"Default", []Action{{Label: "Invite", URL: "#"}, {Label: "Export", URL: "#", Icon: "download"}, {Label: "Not now", Why: "Only owners can install plugins."}}},
			{"Quiet", []Action{{Label: "Cancel", URL: "#", Style: "quiet"}, {Label: "Withdraw", URL: "#", Style: "quiet", Icon: "undo-2"}}},
			{"Danger", []Action{{Label: "Delete", URL: "#", Style: "danger"}, {Label: "Leave workspace", URL: "#", Style: "quiet btn-warns", Icon: "log-out"}}},
			{"Small", []Action{{Label: "Small", URL: "#", Small: true}, {Label: "Copy link", URL: "#", Small: true, Icon: "link"}, {Label: "Delete workspace", Small: true, Dialog: "kit-delete"}}},
		},
		Form: Form{Values: map[string]string{"name": "Kestrel Boatworks", "region": "eu-north", "about": "Hulls, rigs and the odd kettle."}},
		Wrong: Form{ID: "wrong", Values: map[string]string{"slug": "kestrel boats"}, Errors: map[string]string{
			"slug": "Use letters, digits and hyphens, no spaces.", "region": "Pick one from the list.",
		}, Order: []string{"slug", "region"}},
		Regions: []Option{{Value: "eu-north", Label: "Europe, north"}, {Value: "eu-west", Label: "Europe, west"}},
		States: []State{{Tone: OK, Word: "Synced"}, {Icon: "clock", Word: "Waiting to send"}, {Tone: Warn, Icon: "cloud-off", Word: "Offline"}, {Tone: Danger, Word: "Not sent"},
			{Tone: Danger, Icon: "ban", Word: "Refused"}, {Tone: Danger, Icon: "circle-x", Word: "Failed"}, {Tone: Info, Icon: "circle-arrow-up", Word: "Update to 1.3.0"}},
		Badges: []Badge{{Word: "Editor"}, {Word: "Default", Style: "outline"}, {Word: "New", Style: "info"}, {Word: "Trusted", Style: "ok"}, {Word: "Needs restart", Style: "warn"}, {Word: "Quarantined", Style: "danger"}, {Word: "Wider", Style: "solid"}},
		People: []Person{{ID: "u1", Name: "Dev Patel"}, {ID: "u2", Name: "Ines Okafor"}, {ID: "u3", Name: "Maren Lindqvist"}, {ID: "u4", Name: "Sol Marchetti"}, {ID: "u6", Name: "Tomasz Wójcik"}, {ID: "u9", Name: "Yuki Arai"}},
		Tabs:   Tabs{Label: "Kind of file", Items: []Tab{{Label: "All", URL: "#", Count: "128", Current: true}, {Label: "Images", URL: "#", Count: "71"}, {Label: "PDF", URL: "#", Count: "34"}}},
		Notices: []Notice{
			{Tone: Info, Text: "1.4.1 is out. It fixes one security problem.", Link: &Action{Label: "What changed", URL: "#"}},
			{Tone: Warn, Text: "The certificate ends in 6 days.", Link: &Action{Label: "Renew", URL: "#"}},
			{Tone: Danger, Text: "Mail cannot be sent: the server refused the password.", Link: &Action{Label: "Mail settings", URL: "#"}},
			{Tone: OK, Text: "Restored. Nothing is missing."},
			{Text: "Removed Sol Marchetti from Kestrel Boatworks.", Undo: &Action{URL: "#"}},
		},
		Progress: []Progress{
			{Label: "Backing up, 4 of 6 parts", Figures: "62 %", Value: 62, Max: 100},
			{Label: "keel-scan.csv, paused", Figures: "11.4 of 18.3 MB", Value: 114, Max: 183, State: "paused", Note: "Goes on when you are online."},
			{Label: "inspector-call.m4a", Figures: "3.1 of 12.7 MB", Value: 31, Max: 127, State: "failed", Note: "The connection broke.", Retry: &Action{Label: "Try again", URL: "#", Small: true}},
		},
		Role:   Menu{Text: "Editor", Label: "role of Maren Lindqvist", Title: "Role of Maren Lindqvist", Style: "select", Items: roles},
		More:   Menu{Label: "More for cradle-rev-c.pdf", Icon: "ellipsis", Align: "end", Items: []MenuItem{{Label: "Rename", Icon: "pencil", URL: "#"}, {Label: "Copy link", Icon: "copy", URL: "#", Keys: "C"}, {Label: "Delete…", Icon: "trash-2", Danger: true, Rule: true, Dialog: "kit-delete"}}},
		Fixed:  Menu{Text: "Owner", Why: "The last owner stays. Make somebody else an owner first."},
		Pager:  Pager{NextURL: "#", Text: "1 to 25 of 128"},
		Log:    Pager{Log: true, NextURL: "#", Text: "Entries 18,402 to 18,391"},
		Secret: Secret{ID: "kit-secret", Label: "Token ci-deploy", Value: "or3_pat_7Qm2xV0bK4tN9sWcLr8HfZyD3eUa"},
		Delete: Confirm{ID: "kit-delete", Title: "Delete workspace Yard office?", Text: "4 people lose access now. 212 threads and 1.1 GB of files are kept for 30 days, then gone for good.", URL: "#", Type: "Yard office", Do: "Delete workspace", Danger: true},
		Remove: Confirm{ID: "kit-remove", Title: "Remove Maren Lindqvist?", Text: "She is signed out of Kestrel Boatworks within a second. What she wrote stays.", URL: "#", Keep: "Keep her", Do: "Remove", Danger: true},
		Empties: []Empty{
			{Kind: NothingYet, Icon: "messages-square", Title: "No threads yet", Text: "A thread is a conversation about one thing. Start with the job on your bench.", Actions: []Action{{Label: "New thread", Icon: "plus", Style: "primary", URL: "#"}, {Label: "Import", Style: "quiet", URL: "#"}}},
			{Kind: NoMatch, Title: "Nothing matches “keal”", Text: "3 filters are on. Without them there are 41 threads.", Actions: []Action{{Label: "Clear filters", URL: "#"}, {Label: "Search “keel” instead", Style: "quiet", URL: "#"}}},
			{Kind: NotAllowed, Title: "You can look, not change", Text: "Plugins are for owners. Ines Okafor and Yuki Arai can install one for you.", Actions: []Action{{Label: "Ask Ines", URL: "#"}}},
			{Kind: LoadFailed, Title: "The list did not load", Text: "The server took longer than 10 s. What you wrote is safe on this device.", RequestID: "01J9ZK77BD", Actions: []Action{{Label: "Try again", Icon: "rotate-cw", URL: "#"}}},
			{Kind: NotOnDevice, Title: "This file is not on this device", Text: "You are offline, and it was never opened here. It comes down when you are back.", Actions: []Action{{Label: "Get it when online", URL: "#"}}},
			{Kind: AllDone, Title: "Nothing needs you", Text: "Backups, sync and plugins are in order. Last looked at 14:31.", Actions: []Action{{Label: "See all checks", URL: "#"}}},
		},
		No: Trace{Verdict: "Maren cannot write in Kestrel Boatworks", Why: "Her role allows it. The workspace takes it from editors.", Command: "or3 can --email maren@kestrelboats.example --workspace kestrel workspace.write", Steps: []TraceStep{
			{Name: "Session", Evidence: "Signed in since 08:12, Firefox on Linux", Took: "0.02 ms", Passed: true},
			{Name: "Member", Evidence: "Editor in Kestrel Boatworks, since 4 March 2025", Took: "0.11 ms", Passed: true},
			{Name: "Role policy", Code: "p, r:editor, workspace.write, allow (roles.csv:4)", Took: "0.04 ms", Passed: true},
			{Name: "Restriction", Evidence: "Kestrel Boatworks takes it from editors", Took: "0.01 ms", Deciding: true},
			{Name: "Decision filter", Evidence: "Not asked", Skipped: true},
		}},
		Yes: Trace{Allowed: true, Verdict: "Ines can change settings in Kestrel Boatworks", Why: "Owners carry every permission.", Steps: []TraceStep{
			{Name: "Member", Evidence: "Owner in Kestrel Boatworks", Passed: true},
			{Name: "Role policy", Code: "p, r:owner, *, allow (roles.csv:1)", Passed: true, Deciding: true},
		}},
		Search: PaletteResults{Query: "mar", Took: "12 ms", Groups: []PaletteGroup{
			{Name: "People", Items: []PaletteItem{{Label: "Maren Lindqvist", Note: "Editor, seen 6 min ago", Icon: "user", URL: "#"}, {Label: "Sol Marchetti", Note: "Viewer", Icon: "user", URL: "#"}}},
			{Name: "Threads", Items: []PaletteItem{{Label: "Marine ply, 3 quotes", Note: "Thread, 11:20", Icon: "messages-square", URL: "#"}}},
		}},
		Seen: []Time{clock.Now(), clock.AtMillis(0)},
	}
}
