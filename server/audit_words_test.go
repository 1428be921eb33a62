package server

import (
	"encoding/json"
	"reflect"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/ui"
)

func TestAnEntrySaysInOneLineWhatHappened(t *testing.T) {
	t.Parallel()
	for details, want := range map[string]string{
		`{}`: "",
		`{"before":{"display_name":"Sol Marchetti","role":"editor","disabled":false},"after":{"display_name":"Sol Marchetti","role":"viewer","disabled":false}}`:                         "Sol Marchetti: editor to viewer",
		`{"before":{"name":"Yard","description":""},"after":{"name":"Yard office","description":"Kettle"}}`:                                                                              "Yard office: description, Yard to Yard office",
		`{"after":{"email":"sol@kestrelboats.example","role":"viewer"}}`:                                                                                                                 "sol@kestrelboats.example as viewer",
		`{"after":{"user_id":"u1","role":"editor"}}`:                                                                                                                                     "as editor",
		`{"after":{"user":{"display_name":"Ines Okafor"},"workspace":{"name":"Kestrel"}}}`:                                                                                               "Ines Okafor",
		`{"before":{"email":"sol@kestrelboats.example"}}`:                                                                                                                                "sol@kestrelboats.example",
		`{"before":[],"after":[{"role":"editor","permission":"workspace.write"}]}`:                                                                                                       "takes workspace.write from editors",
		`{"before":[{"role":"editor","permission":"workspace.write"}],"after":[]}`:                                                                                                       "gives workspace.write back to editors",
		`{"reason":"The last owner stays.","wanted":{"email":"sol@kestrelboats.example"}}`:                                                                                               "sol@kestrelboats.example: The last owner stays.",
		`{"before":{"name":"Approvals","enabled":false},"after":{"name":"Approvals","enabled":true}}`:                                                                                    "Approvals",
		`{"before":{"name":"Dusk","state":"awaiting_consent","updated_at":"2026-11-29T15:44:06.527Z"},"after":{"name":"Dusk","state":"active","updated_at":"2026-11-29T15:44:06.558Z"}}`: "Dusk",
		`{"before":{"name":"Dusk","state":"awaiting_consent","active":null},"after":{"name":"Dusk","state":"active","active":{"version":"1.0.0"}}}`:                                      "Dusk: version 1.0.0",
		`{"before":{"name":"Dusk","active":{"version":"1.0.0"}},"after":{"name":"Dusk","active":{"version":"1.1.0"}}}`:                                                                   "Dusk: version 1.0.0 to 1.1.0",
		`{"before":{"name":"Dusk","state":"active","active":{"version":"1.0.0"}},"after":{"name":"Dusk","state":"uninstalled","active":null}}`:                                           "Dusk",
		`{"name":"ci-deploy","user_id":"u1"}`:                                                                                                                                            "ci-deploy",
		`{"sessions":3}`:                                                                                                                                                                 "",
		`not JSON`:                                                                                                                                                                       "",
		`[1,2]`:                                                                                                                                                                          "",
	} {
		if got := whatOf(audit.Stored{Details: []byte(details)}, ""); got != want {
			t.Errorf("%s\n got %q\nwant %q", details, got, want)
		}
	}
}

// What was refused has no name of the plugin in its entry, and what a plugin did says
// so beside it.
func TestAnEntryAboutAPluginNamesIt(t *testing.T) {
	t.Parallel()
	words := auditWords{plugin: func(id string) ui.AuditPlugin { return ui.AuditPlugin{Name: "The " + id} }}
	for _, c := range []struct {
		entry   audit.Stored
		what    string
		through string
	}{
		{audit.Stored{Action: "plugin.settings_changed", TargetKind: "plugin", TargetID: "dusk", Details: json.RawMessage(`{"reason":"This has to be set."}`)}, "The dusk: This has to be set.", ""},
		{audit.Stored{Action: "plugin.enabled", TargetKind: "plugin", TargetID: "dusk", Details: json.RawMessage(`{"after":{"name":"Dusk"}}`)}, "Dusk", ""},
		{audit.Stored{Action: "plugin.row_changed", TargetKind: "row", TargetID: "t1", Details: json.RawMessage(`{"plugin":"dusk"}`)}, "", "The dusk"},
	} {
		row := words.row(c.entry, false)
		if row.What != c.what || row.Through != c.through {
			t.Errorf("%s: %q through %q", c.entry.Action, row.What, row.Through)
		}
	}
}

func TestTheDifferencePutsWhatWentBeforeWhatCame(t *testing.T) {
	t.Parallel()
	for details, want := range map[string][]ui.DiffLine{
		`{"before":{"name":"a","role":"editor"},"after":{"name":"a","role":"viewer","x":1}}`: {
			{Sign: " ", Text: `"name": "a"`}, {Sign: "-", Text: `"role": "editor"`}, {Sign: "+", Text: `"role": "viewer"`}, {Sign: "+", Text: `"x": 1`}},
		`{"before":[{"r":1},{"r":2}],"after":[{"r":2},{"r":3}]}`: {{Sign: "-", Text: `{"r":1}`}, {Sign: " ", Text: `{"r":2}`}, {Sign: "+", Text: `{"r":3}`}},
		`{"before":{"name":"a"}}`:                                {{Sign: "-", Text: `"name": "a"`}},
		`{"after":{"name":"a"}}`:                                 {{Sign: "+", Text: `"name": "a"`}},
		`{"provider":"local"}`:                                   {{Sign: " ", Text: `"provider": "local"`}},
		`{}`:                                                     nil,
		`"only a text"`:                                          {{Sign: " ", Text: `"only a text"`}},
		`{"before":1,"after":"2"}`:                               {{Sign: "-", Text: `1`}, {Sign: "+", Text: `"2"`}},
	} {
		if got := diffOf([]byte(details)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %v\nwant %v", details, got, want)
		}
	}
}
