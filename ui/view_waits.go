package ui

// WaitsPage lists what this device has not sent. Only the device knows: the
// server renders the frame, the client fills it.
type WaitsPage struct{}

// PageName implements View.
func (WaitsPage) PageName() string { return "app/waits" }

// PageTitle implements View.
func (WaitsPage) PageTitle() string { return "What waits here" }

// WaitsRow is one change that waits or failed.
type WaitsRow struct {
	ID    string
	Title string
	Note  string
	URL   string // where it can be seen
}
