package host

import "encoding/json"

// Call is what every export of a guest is given: who asks, from where, with
// which settings, and the input that belongs to the export.
type Call struct {
	API       string          `json:"api"`        // see [API]
	RequestID string          `json:"request_id"` // the one that logs and error cards show
	Workspace Workspace       `json:"workspace"`
	Actor     Actor           `json:"actor"`
	Plugin    Plugin          `json:"plugin"`
	Settings  json.RawMessage `json:"settings"` // an object; secrets are not in it
	Input     json.RawMessage `json:"input"`    // PageInput, WidgetInput, …
}

// Workspace is where a call happens.
type Workspace struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Actor is for whom a call happens: a member, or the plugin itself
// ("plugin:<id>") in jobs and events.
type Actor struct {
	ID       string `json:"id"`
	Role     string `json:"role"`      // owner, editor, viewer; empty for the plugin itself
	Locale   string `json:"locale"`    // BCP 47
	TimeZone string `json:"time_zone"` // IANA
}

// Plugin is the version that runs.
type Plugin struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// The exports of a guest. A plugin has those that its manifest's contributions
// need; [ExportHealth] and [ExportMigrate] are optional.
const (
	ExportPage    = "or3_page"
	ExportWidget  = "or3_widget"
	ExportAction  = "or3_action"
	ExportEvent   = "or3_event"
	ExportJob     = "or3_job"
	ExportFilter  = "or3_filter"
	ExportMigrate = "or3_migrate"
	ExportHealth  = "or3_health"
)

// PageInput is the input of [ExportPage].
type PageInput struct {
	Path  string            `json:"path"`  // below the plugin's own route, "" for its first page
	Query map[string]string `json:"query"` // of a key that came twice the first value
	Form  map[string]any    `json:"form,omitempty"`
}

// WidgetInput is the input of [ExportWidget].
type WidgetInput struct {
	ID   string `json:"id"`
	Size string `json:"size"` // small, medium, large
}

// ActionInput is the input of [ExportAction]. Values have been checked against
// the elements of the form they came from.
type ActionInput struct {
	ID     string         `json:"id"`
	Values map[string]any `json:"values"`
}

// EventInput is the input of [ExportEvent].
type EventInput struct {
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// JobInput is the input of [ExportJob].
type JobInput struct {
	ID string `json:"id"`
}

// FilterInput is the input of [ExportFilter].
type FilterInput struct {
	Decision Decision `json:"decision"`
}

// Decision is a decision of can() that a filter may narrow.
type Decision struct {
	Allowed    bool   `json:"allowed"`
	Permission string `json:"permission"`
	Resource   string `json:"resource,omitempty"`
	UserID     string `json:"user_id"`
	Role       string `json:"role"`
}

// FilterAnswer answers [ExportFilter]. It can take a permission away, never give
// one. TTL says for how many seconds, 0 to 60, it may be kept; nil means 5.
type FilterAnswer struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
	TTL     *int   `json:"ttl_s,omitempty"`
	Error   *Error `json:"error,omitempty"`
}

// MigrateInput is the input of [ExportMigrate]: the data_version of the stored
// data and the one this version of the plugin writes.
type MigrateInput struct {
	From int `json:"from"`
	To   int `json:"to"`
}
