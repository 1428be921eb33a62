package ui

// DashboardPage is /w/ID/dashboard: the widgets of a workspace's plugins.
type DashboardPage struct {
	Workspace  string
	Widgets    []PluginWidget
	ArrangeURL string // "" for who may not arrange it
	Empty      Empty  // without widgets
}

// PageName implements View.
func (DashboardPage) PageName() string { return "app/dashboard" }

// PageTitle implements View.
func (DashboardPage) PageTitle() string { return "Dashboard" }

// ArrangePage is the dashboard as an owner arranges it (app/arrange#board).
type ArrangePage struct {
	Workspace string
	URL       string // takes every change
	Done      string // the dashboard
	Said      string // what the last change did, for who cannot see it
	Rows      []ArrangeRow
	Others    []ArrangeRow // that are not on it
	Default   bool         // nobody has arranged anything yet
	Empty     Empty        // no plugin has a widget
}

// PageName implements View.
func (ArrangePage) PageName() string { return "app/arrange" }

// PageTitle implements View.
func (ArrangePage) PageTitle() string { return "Arrange the dashboard" }

// ArrangeRow is one widget of an arrangement.
type ArrangeRow struct {
	ID          string // of the element
	Key         string // plugin/widget
	Title       string
	Plugin      string
	Sizes       []ArrangeSize
	First, Last bool
	Focus       string // the button that was pressed: it keeps the focus
}

// ArrangeSize is one size that a widget may have.
type ArrangeSize struct {
	Value   string
	Word    string
	Current bool
}

// ArrangeSizes are the sizes of a widget that has one of them.
func ArrangeSizes(current string) []ArrangeSize {
	sizes := []ArrangeSize{{Value: "small", Word: "Small"}, {Value: "medium", Word: "Medium"}, {Value: "large", Word: "Large"}}
	for i := range sizes {
		sizes[i].Current = sizes[i].Value == current
	}
	return sizes
}
