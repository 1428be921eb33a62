package server

import (
	"reflect"
	"testing"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/ui"
)

func TestAnEntrySaysInOneLineWhatHappened(t *testing.T) {
	for details, want := range map[string]string{
		`{}`: "",
		`{"before":{"display_name":"Sol Marchetti","role":"editor","disabled":false},"after":{"display_name":"Sol Marchetti","role":"viewer","disabled":false}}`: "Sol Marchetti: editor to viewer",
		`{"before":{"name":"Yard","description":""},"after":{"name":"Yard office","description":"Kettle"}}`:                                                      "Yard office: description, Yard to Yard office",
		`{"after":{"email":"sol@kestrelboats.example","role":"viewer"}}`:                                                                                         "sol@kestrelboats.example as viewer",
		`{"after":{"user_id":"u1","role":"editor"}}`:                                                                                                             "as editor",
		`{"after":{"user":{"display_name":"Ines Okafor"},"workspace":{"name":"Kestrel"}}}`:                                                                       "Ines Okafor",
		`{"before":{"email":"sol@kestrelboats.example"}}`:                                                                                                        "sol@kestrelboats.example",
		`{"before":[],"after":[{"role":"editor","permission":"workspace.write"}]}`:                                                                               "takes workspace.write from editors",
		`{"before":[{"role":"editor","permission":"workspace.write"}],"after":[]}`:                                                                               "gives workspace.write back to editors",
		`{"reason":"The last owner stays.","wanted":{"email":"sol@kestrelboats.example"}}`:                                                                       "sol@kestrelboats.example: The last owner stays.",
		`{"name":"ci-deploy","user_id":"u1"}`:                                                                                                                    "ci-deploy",
		`{"sessions":3}`:                                                                                                                                         "",
		`not JSON`:                                                                                                                                               "",
		`[1,2]`:                                                                                                                                                  "",
	} {
		if got := whatOf(audit.Stored{Details: []byte(details)}); got != want {
			t.Errorf("%s\n got %q\nwant %q", details, got, want)
		}
	}
}

func TestTheDifferencePutsWhatWentBeforeWhatCame(t *testing.T) {
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
