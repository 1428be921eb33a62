package manifest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/manifest"
)

func TestEveryCapabilityHasWordsAndARisk(t *testing.T) {
	m, err := manifest.Parse(full(t))
	if err != nil {
		t.Fatal(err)
	}
	document := tree(t, manifest.Schema())
	names := child(t, child(t, child(t, child(t, document["$defs"], "capability"), "properties"), "name"), "enum").([]any)
	said := map[string]bool{}
	unknown := manifest.Capability{Name: "root"}.Words()
	for _, name := range names {
		c, ok := m.Capability(name.(string))
		if !ok {
			t.Errorf("testdata/full.json does not ask for %s", name)
			continue
		}
		words := c.Words()
		if said[words] || words == unknown || !strings.HasSuffix(words, ".") || strings.Contains(words, "%!") {
			t.Errorf("%s is worded %q", name, words)
		}
		said[words] = true
		if class := c.Class(); class != manifest.Low && class != manifest.Medium && class != manifest.High {
			t.Errorf("%s has the risk %q", name, class)
		}
	}
	for _, f := range host.Functions() {
		if f.Capability != "" && !slices.Contains(names, any(f.Capability)) {
			t.Errorf("%s needs %s, which no manifest can ask for", f.Name, f.Capability)
		}
	}
	for _, name := range []string{"workspace.write", "http.fetch", "secrets.use", "filter.decision", "ui.html", "root"} {
		if class := (manifest.Capability{Name: name}).Class(); class != manifest.High {
			t.Errorf("%s has the risk %q", name, class)
		}
	}
	if class := (manifest.Capability{Name: "members.read", Fields: []string{"email"}}).Class(); class != manifest.High {
		t.Errorf("e-mail addresses have the risk %q", class)
	}
}

func TestWordsNameTheBounds(t *testing.T) {
	for want, c := range map[string]manifest.Capability{
		"Read threads, documents, prompts and messages of the workspace.":                              {Name: "workspace.read", Tables: []string{"threads", "posts", "messages"}},
		"Read threads, settings, small values and notifications of the workspace.":                     {Name: "workspace.read", Tables: []string{"threads", "kv", "notifications"}},
		"Change and delete settings and small values of the workspace, as the person who uses it.":     {Name: "workspace.write", Tables: []string{"kv"}},
		"Change and delete threads and the list of files of the workspace, as the person who uses it.": {Name: "workspace.write", Tables: []string{"threads", "file_meta"}},
		"Run by itself, at most every hour.":                                                           {Name: "schedule", MinIntervalS: 3600},
		"Run by itself, at most every 90 seconds.":                                                     {Name: "schedule", MinIntervalS: 90},
		"Run by itself, at most every 2 days.":                                                         {Name: "schedule", MinIntervalS: 172800},
		"Send data to and fetch from a.example, *.b.example (GET).":                                    {Name: "http.fetch", Hosts: []string{"a.example", "*.b.example"}, Methods: []string{"GET"}},
		"See who is in the workspace, with their e-mail address.":                                      {Name: "members.read", Fields: []string{"email"}},
	} {
		if got := c.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDiffTellsWhatIsMoreAndWhatIsLess(t *testing.T) {
	fetch := func(methods string, hosts ...string) manifest.Capability {
		return manifest.Capability{Name: "http.fetch", Hosts: hosts, Methods: strings.Fields(methods)}
	}
	kv := func(n int) manifest.Capability { return manifest.Capability{Name: "kv", QuotaKB: n} }
	every := func(n int) manifest.Capability { return manifest.Capability{Name: "schedule", MinIntervalS: n} }
	read := func(names ...string) manifest.Capability {
		return manifest.Capability{Name: "workspace.read", Tables: names}
	}
	list := func(c ...manifest.Capability) []manifest.Capability { return c }
	for _, c := range []struct {
		old, now []manifest.Capability
		want     string
	}{
		{nil, nil, ""},
		{list(kv(1)), list(manifest.Capability{Name: "kv", QuotaKB: 1, Reason: "another"}), ""},
		{nil, list(kv(1)), "kv new"},
		{list(kv(1)), nil, "kv gone"},
		{list(kv(1)), list(kv(2)), "kv wider"},
		{list(kv(2)), list(kv(1)), "kv narrower"},
		{list(every(60)), list(every(300)), "schedule narrower"},
		{list(every(300)), list(every(60)), "schedule wider"},
		{list(read("threads", "posts")), list(read("posts", "threads")), ""},
		{list(read("threads", "posts")), list(read("threads")), "workspace.read narrower"},
		{list(read("threads", "posts")), list(read("threads", "kv")), "workspace.read wider"},
		{list(fetch("GET", "*.a.example")), list(fetch("GET", "x.a.example")), "http.fetch narrower"},
		{list(fetch("GET", "x.a.example")), list(fetch("GET", "*.a.example")), "http.fetch wider"},
		{list(fetch("GET", "*.a.example")), list(fetch("GET", "a.example")), "http.fetch wider"},
		{list(fetch("GET", "*.a.example")), list(fetch("GET", "xa.example")), "http.fetch wider"},
		{list(fetch("GET", "a.example")), list(fetch("GET POST", "a.example")), "http.fetch wider"},
		{list(fetch("GET", "a.example")), list(fetch("GET", "a.example:8443")), "http.fetch wider"},
		{list(kv(1), every(60)), list(read("kv"), every(30)), "workspace.read new, schedule wider, kv gone"},
	} {
		var have []string
		for _, change := range manifest.Diff(c.old, c.now) {
			have = append(have, fmt.Sprintf("%s %s", change.Name, change.Move))
			if change.Asks() != (change.Move == manifest.New || change.Move == manifest.Wider) || (change.Old == nil) != (change.Move == manifest.New) || (change.Now == nil) != (change.Move == manifest.Gone) {
				t.Errorf("%+v", change)
			}
		}
		if got := strings.Join(have, ", "); got != c.want {
			t.Errorf("from %v to %v: %q, want %q", c.old, c.now, got, c.want)
		}
	}
}

func TestSettingsAreJudgedByTheirSchema(t *testing.T) {
	m, err := manifest.Parse(full(t))
	if err != nil {
		t.Fatal(err)
	}
	for values, want := range map[string]string{
		`{"harbour":"Bay"}`: "", // the secret is kept elsewhere
		`{"harbour":"Bay","tide_key":"k","master":{"name":"N"}}`:                                                                       "",
		`{"harbour":"Bay","berths":40,"draught":2.5,"side":"port","code":"ABC","since":"2026-11-29","open":false,"jetties":["A","B"]}`: "",
		`{}`:                                                   "harbour",
		`{"harbour":""}`:                                       "harbour",
		`{"harbour":1}`:                                        "harbour",
		`{"harbour":"Bay","x":1}`:                              "x",
		`{"harbour":"Bay","berths":0}`:                         "berths",
		`{"harbour":"Bay","berths":2.5}`:                       "berths",
		`{"harbour":"Bay","draught":2.7}`:                      "draught",
		`{"harbour":"Bay","side":"bow"}`:                       "side",
		`{"harbour":"Bay","code":"abc"}`:                       "code",
		`{"harbour":"Bay","since":"today"}`:                    "since",
		`{"harbour":"Bay","jetties":["A","A"]}`:                "jetties/1",
		`{"harbour":"Bay","master":{}}`:                        "master/name",
		`{"harbour":"Bay","master":{"name":"N","x":1}}`:        "master/x",
		`{"harbour":"Bay","harbour":"Bay"}`:                    "harbour",
		`[]`:                                                   "",
		`{"harbour":"Bay\u0000"}`:                              "harbour",
		`{"harbour":"Bay","master":{"name":"N","channel":10}}`: "master/channel",
	} {
		err := m.Settings.Check([]byte(values))
		var public *fault.Error
		switch {
		case want == "" && values != "[]":
			if err != nil {
				t.Errorf("%s: %v", values, err)
			}
		case !errors.As(err, &public) || public.Kind != fault.Invalid || public.Fields[want] == "":
			t.Errorf("%s: %v, want something about %q", values, err, want)
		}
	}
}

func TestWhatIsWrongWithASettingIsSaidInItsOwnTerms(t *testing.T) {
	m := tree(t, full(t))
	set(t, m, "/settings/properties/code/default", `"ABC"`)
	parsed, err := manifest.Parse(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	var public *fault.Error
	if err := parsed.Settings.Check([]byte(`{"harbour":"Bay","code":"abc","draught":2.7,"since":"today"}`)); !errors.As(err, &public) {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"code":    `It has to have the form of "ABC".`,
		"draught": "It has to be a multiple of 0.5.",
		"since":   "It has another form than it has to have.",
	} {
		if public.Fields[name] != want {
			t.Errorf("%s: %q, want %q", name, public.Fields[name], want)
		}
	}
}

func TestAnUnknownSettingIsRefusedAlsoWhereTheSchemaDoesNotSaySo(t *testing.T) {
	m := tree(t, full(t))
	set(t, m, "/settings/additionalProperties", "")
	set(t, m, "/settings/properties/master/additionalProperties", "")
	parsed, err := manifest.Parse(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range []string{`{"harbour":"Bay","x":1}`, `{"harbour":"Bay","master":{"name":"N","x":1}}`} {
		if err := parsed.Settings.Check([]byte(values)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", values, err)
		}
	}
}

func TestAnOwnerReadsRoomInTheUnitThatFits(t *testing.T) {
	for words, c := range map[string]manifest.Capability{
		"Keep up to 16 KiB of its own data in each workspace.":   {Name: "kv", QuotaKB: 16},
		"Keep up to 4 MiB of its own data in each workspace.":    {Name: "kv", QuotaKB: 4096},
		"Keep up to 1 GiB of its own files in each workspace.":   {Name: "blob", QuotaMB: 1024},
		"Keep up to 100 MiB of its own files in each workspace.": {Name: "blob", QuotaMB: 100},
	} {
		if got := c.Words(); got != words {
			t.Errorf("%s; want %s", got, words)
		}
	}
}
