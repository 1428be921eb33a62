package ui

// PageName implements View.
func (ErrorView) PageName() string { return "error" }

// PageTitle implements View.
func (e ErrorView) PageTitle() string { return e.Title }
