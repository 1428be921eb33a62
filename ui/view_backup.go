package ui

// BackupPage is /w/:id/backup: the workspace as a file, made and read by the
// browser from what is on the device.
type BackupPage struct {
	Workspace WorkspaceRef
	URL       string
	CanWrite  bool
	ReadOnly  string
	Report    *BackupReport // what a file would do; only the browser knows
}

// PageName implements View.
func (BackupPage) PageName() string { return "app/backup" }

// PageTitle implements View.
func (BackupPage) PageTitle() string { return "Backup" }

// BackupReport is what an import would do, or has done.
type BackupReport struct {
	Title   string
	Facts   string
	Notices []Notice
	Counts  []BackupCount
	Names   []BackupNames
	Broken  []BackupBroken
	More    string // how many broken lines are not shown
	Do      string // what the button does; "" = there is nothing to do
	Replace bool
}

// BackupCount is how many rows of a kind would be added, changed, deleted and
// left as they are.
type BackupCount struct{ Name, Added, Changed, Deleted, Kept string }

// BackupNames are titles of what would be changed or deleted.
type BackupNames struct{ Name, Titles string }

// BackupBroken is a line of the file that cannot be taken, and why.
type BackupBroken struct{ Line, Why string }

// backupBlueprints are the page, and what the browser puts into it.
func backupBlueprints() []Blueprint {
	page := BackupPage{Workspace: WorkspaceRef{ID: "__workspace__", Name: "__site__"}, URL: atWorkspace + "/backup", CanWrite: true}
	read := page
	read.CanWrite, read.ReadOnly = false, "__why__"
	report := BackupReport{Title: "__title__", Facts: "__facts__", Do: "__do__", More: "__more__",
		Counts: []BackupCount{{}}, Names: []BackupNames{{}}, Broken: []BackupBroken{{}}, Notices: []Notice{{}}}
	return []Blueprint{
		{ID: "backup", Block: "pages/app/backup", View: page},
		{ID: "backup-read", Block: "pages/app/backup", View: read},
		{ID: "backup-report", Block: "app/backup#report", View: report},
		{ID: "backup-count", Block: "app/backup#count", View: BackupCount{Name: "__name__", Added: "__added__", Changed: "__changed__", Deleted: "__deleted__", Kept: "__kept__"}},
		{ID: "backup-names", Block: "app/backup#names", View: BackupNames{Name: "__name__", Titles: "__titles__"}},
		{ID: "backup-broken", Block: "app/backup#broken", View: BackupBroken{Line: "__line__", Why: "__why__"}},
		{ID: "progress", Block: "partials/progress", View: Progress{Label: "__label__", Figures: "__figures__", Max: 1}},
	}
}
