package ui

// PageName implements View.
func (ErrorView) PageName() string { return "error" }

// PageTitle implements View.
func (e ErrorView) PageTitle() string { return e.Title }

// MissingView says inside the app that a thing of the workspace is not on the
// server. What was written on a device and not sent yet is there alone, so with
// scripts the words wait until the app has looked.
type MissingView struct{ ErrorView }

// PageName implements View.
func (MissingView) PageName() string { return "app/missing" }
