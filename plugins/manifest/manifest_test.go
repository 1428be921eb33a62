package manifest_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
)

func full(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tree is a manifest that can be changed.
func tree(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func problems(t testing.TB, b []byte) []manifest.Problem {
	t.Helper()
	_, err := manifest.Parse(b)
	if err == nil {
		return nil
	}
	var wrong *manifest.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
		t.Fatalf("Parse failed without saying where: %v", err)
	}
	return wrong.Problems
}

// judge asks the schema alone, as an author's editor does.
func TestAFullManifestIsRead(t *testing.T) {
	m, err := manifest.Parse(full(t))
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind != manifest.AdminPlugin || m.ID != "kestrel.berths" || m.Runtime.TimeoutMS != 1500 || len(m.Capabilities) != 17 || m.Publisher.Name != "Kestrel Marine" {
		t.Errorf("%+v", m)
	}
	if page := m.Contributes.Pages[1]; page.Permission != "admin.access" {
		t.Errorf("a page of an admin_plugin without a permission needs %q", page.Permission)
	}
	var names []string
	for _, f := range m.Settings.Fields {
		names = append(names, f.Name)
	}
	if want := []string{"master", "berths", "draught", "side", "code", "since", "open", "jetties", "harbour", "tide_key"}; !slices.Equal(names, want) {
		t.Errorf("the form has the order %q, want %q", names, want)
	}
	if f := m.Settings.Fields[9]; !f.Secret || !f.Required || f.Widget != "secret" {
		t.Errorf("the secret is %+v", f)
	}
	if f := m.Settings.Fields[0]; len(f.Fields) != 2 || !f.Fields[0].Required || f.Fields[1].Required {
		t.Errorf("the group is %+v", f)
	}
	// What was read says again what was written: nothing was lost.
	var again, first any
	if err := errors.Join(json.Unmarshal(encode(t, m), &again), json.Unmarshal(full(t), &first)); err != nil {
		t.Fatal(err)
	}
	page := first.(map[string]any)["contributes"].(map[string]any)["pages"].([]any)[1].(map[string]any)
	page["permission"] = "admin.access"
	if !reflect.DeepEqual(again, first) {
		t.Errorf("written again it is\n%s", encode(t, again))
	}
}

func TestASmallManifestGetsDefaults(t *testing.T) {
	m, err := manifest.Parse([]byte(`{"schema":1,"kind":"plugin","id":"a1","name":"A","version":"0.1.0","api":"1","runtime":{"entry":"plugin.wasm"},
		"capabilities":[{"name":"filter.decision","reason":"x"},{"name":"ui.page","reason":"x"}],
		"contributes":{"filters":[{"name":"auth.access:filter:decision"}],"pages":[{"path":"","title":"A"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.Runtime.MemoryMB != 16 || m.Runtime.TimeoutMS != 2000 || m.Contributes.Filters[0].OnError != "base" || m.Contributes.Pages[0].Permission != "workspace.read" || m.Settings != nil {
		t.Errorf("%+v %+v", m, m.Runtime)
	}
	theme, err := manifest.Parse([]byte(`{"schema":1,"kind":"theme","id":"dusk","name":"Dusk","version":"1.0.0","api":"1"}`))
	if err != nil || theme.Runtime != nil {
		t.Errorf("%+v, %v", theme, err)
	}
}

// A bad manifest is the full one with one thing changed.
var badOnes = []bad{
	{`/x=1`, manifest.UnknownKey, "/x", false},
	{`/ID="a1"`, manifest.UnknownKey, "/ID", false},
	{`/publisher/mail="x"`, manifest.UnknownKey, "/publisher/mail", false},
	{`/runtime/abi="extism"`, manifest.UnknownKey, "/runtime/abi", false},
	{`/capabilities/0/quota_mb=1`, manifest.UnknownKey, "/capabilities/0/quota_mb", false},
	{`/contributes/slots=[]`, manifest.UnknownKey, "/contributes/slots", false},
	{`/contributes/pages/0/handler="x"`, manifest.UnknownKey, "/contributes/pages/0/handler", false},
	{`/settings/properties/harbour/$ref="#"`, manifest.UnknownKey, "/settings/properties/harbour/$ref", false},
	{`/settings/properties/harbour/if={}`, manifest.UnknownKey, "/settings/properties/harbour/if", false},
	{`/settings/allOf=[]`, manifest.UnknownKey, "/settings/allOf", false},
	{`/id=`, manifest.Missing, "/id", false},
	{`/version=`, manifest.Missing, "/version", false},
	{`/api=`, manifest.Missing, "/api", false},
	{`/runtime=`, manifest.Missing, "/runtime", false},
	{`/runtime/entry=`, manifest.Missing, "/runtime/entry", false},
	{`/capabilities/0/reason=`, manifest.Missing, "/capabilities/0/reason", false},
	{`/capabilities/0/quota_kb=`, manifest.Missing, "/capabilities/0/quota_kb", false},
	{`/capabilities/8/methods=`, manifest.Missing, "/capabilities/8/methods", false},
	{`/settings/properties/jetties/items=`, manifest.Missing, "/settings/properties/jetties/items", false},
	{`/name=1`, manifest.WrongType, "/name", false},
	{`/capabilities={}`, manifest.WrongType, "/capabilities", false},
	{`/capabilities/0="kv"`, manifest.WrongType, "/capabilities/0", false},
	{`/data_version=1.5`, manifest.WrongType, "/data_version", false},
	{`/description=null`, manifest.WrongType, "/description", false},
	{`/settings=true`, manifest.WrongType, "/settings", false},
	{`/id="A1"`, manifest.WrongForm, "/id", false},
	{`/id="../x"`, manifest.WrongForm, "/id", false},
	{`/id="a"`, manifest.WrongForm, "/id", false},
	{`/id="a..b"`, manifest.WrongForm, "/id", true},
	{`/replaces/0="a/b"`, manifest.WrongForm, "/replaces/0", false},
	{`/replaces/0="a..b"`, manifest.WrongForm, "/replaces/0", true},
	{`/homepage="javascript:alert(1)"`, manifest.WrongForm, "/homepage", false},
	{`/homepage="https://me:secret@x.example"`, manifest.WrongForm, "/homepage", false},
	{`/publisher/url="kestrel.example"`, manifest.WrongForm, "/publisher/url", false},
	{`/icon="https://x.example/i.svg"`, manifest.WrongForm, "/icon", false},
	{`/icon="assets/../../x.svg"`, manifest.WrongForm, "/icon", true},
	{`/contributes/pages/0/icon="assets/../x.svg"`, manifest.WrongForm, "/contributes/pages/0/icon", true},
	{`/contributes/nav/0/icon="assets/../x.svg"`, manifest.WrongForm, "/contributes/nav/0/icon", true},
	{`/contributes/pages/1/path="../x"`, manifest.WrongForm, "/contributes/pages/1/path", false},
	{`/contributes/pages/1/path="boats/"`, manifest.WrongForm, "/contributes/pages/1/path", false},
	{`/contributes/widgets/0/id="Tide now"`, manifest.WrongForm, "/contributes/widgets/0/id", false},
	{`/runtime/sha256="93A4"`, manifest.WrongForm, "/runtime/sha256", false},
	{`/capabilities/8/hosts/0="https://x.example"`, manifest.WrongForm, "/capabilities/8/hosts/0", false},
	{`/capabilities/8/hosts/0="*"`, manifest.WrongForm, "/capabilities/8/hosts/0", false},
	{`/capabilities/8/hosts/0="*.example"`, manifest.WrongForm, "/capabilities/8/hosts/0", false},
	{`/capabilities/8/hosts/0="a@b.example"`, manifest.WrongForm, "/capabilities/8/hosts/0", false},
	{`/capabilities/5/types/0="a b"`, manifest.WrongForm, "/capabilities/5/types/0", false},
	{`/settings/properties/1st={"type":"string"}`, manifest.WrongForm, "/settings/properties/1st", false},
	{`/name="two\nlines"`, manifest.WrongForm, "/name", true},
	{`/name=" Berths"`, manifest.WrongForm, "/name", true},
	{`/schema=2`, manifest.Choice, "/schema", false},
	{`/kind="app"`, manifest.Choice, "/kind", false},
	{`/api="2"`, manifest.Choice, "/api", false},
	{`/runtime/entry="other.wasm"`, manifest.Choice, "/runtime/entry", false},
	{`/capabilities/0/name="root"`, manifest.Choice, "/capabilities/0/name", false},
	{`/capabilities/2/tables/0="users"`, manifest.Choice, "/capabilities/2/tables/0", false},
	{`/capabilities/4/fields/0="password"`, manifest.Choice, "/capabilities/4/fields/0", false},
	{`/capabilities/8/methods/0="CONNECT"`, manifest.Choice, "/capabilities/8/methods/0", false},
	{`/contributes/pages/0/permission="root"`, manifest.Choice, "/contributes/pages/0/permission", false},
	{`/contributes/widgets/0/size="huge"`, manifest.Choice, "/contributes/widgets/0/size", false},
	{`/contributes/filters/0/on_error="allow"`, manifest.Choice, "/contributes/filters/0/on_error", false},
	{`/settings/type="array"`, manifest.Choice, "/settings/type", false},
	{`/settings/properties/harbour/x-widget="eval"`, manifest.Choice, "/settings/properties/harbour/x-widget", false},
	{`/settings/additionalProperties=true`, manifest.Choice, "/settings/additionalProperties", false},
	{`/name=""`, manifest.Length, "/name", false},
	{`/capabilities/0/reason=""`, manifest.Length, "/capabilities/0/reason", false},
	{`/capabilities/0/reason="  "`, manifest.Length, "/capabilities/0/reason", true},
	{`/capabilities/2/tables=[]`, manifest.Length, "/capabilities/2/tables", false},
	{`/runtime/memory_mb=65`, manifest.Range, "/runtime/memory_mb", false},
	{`/runtime/memory_mb=0`, manifest.Range, "/runtime/memory_mb", false},
	{`/runtime/timeout_ms=2001`, manifest.Range, "/runtime/timeout_ms", false},
	{`/data_version=-1`, manifest.Range, "/data_version", false},
	{`/capabilities/0/quota_kb=0`, manifest.Range, "/capabilities/0/quota_kb", false},
	{`/capabilities/7/min_interval_s=1`, manifest.Range, "/capabilities/7/min_interval_s", false},
	{`/settings/properties/draught/multipleOf=0`, manifest.Range, "/settings/properties/draught/multipleOf", false},
	{`/replaces=["berths","berths"]`, manifest.Duplicate, "/replaces/1", false},
	{`/capabilities/0={"name":"ui.page","reason":"x"}`, manifest.Duplicate, "/capabilities/13/name", true},
	{`/contributes/pages/0/path="boats/all"`, manifest.Duplicate, "/contributes/pages/1/path", true},
	{`/contributes/schedules=[{"id":"a","every_s":600},{"id":"a","every_s":900}]`, manifest.Duplicate, "/contributes/schedules/1/id", true},
	{`/kind="theme"`, manifest.NotHere, "/runtime", false},
	{`/settings/properties/harbour/minimum=1`, manifest.NotHere, "/settings/properties/harbour/minimum", false},
	{`/settings/properties/berths/x-secret=true`, manifest.NotHere, "/settings/properties/berths/x-secret", false},
	{`/settings/properties/tide_key/default="hunter2"`, manifest.NotHere, "/settings/properties/tide_key/default", false},
	{`/name="Ber\u202eths"`, manifest.Character, "/name", true},
	{`/capabilities/0/reason="safe\u0007"`, manifest.Character, "/capabilities/0/reason", true},
	{`/description="a\u200bb"`, manifest.Character, "/description", true},
	{`/version="1.4"`, manifest.Version, "/version", true},
	{`/version="v1.4.0"`, manifest.Version, "/version", true},
	{`/host="newer"`, manifest.Version, "/host", true},
	{`/replaces/0="kestrel.berths"`, manifest.Unlike, "/replaces/0", true},
	{`/contributes/schedules/0/every_s=299`, manifest.Unlike, "/contributes/schedules/0/every_s", true},
	{`/contributes/nav/0/path="none"`, manifest.Unlike, "/contributes/nav/0/path", true},
	{`/capabilities/9/names/0="harbour"`, manifest.Unlike, "/capabilities/9/names/0", true},
	{`/capabilities/8={"name":"kv","reason":"x","quota_kb":1}`, manifest.NotAsked, "/capabilities/9", true},
	{`/capabilities/13={"name":"kv","reason":"x","quota_kb":1}`, manifest.NotAsked, "/contributes/pages", true},
	{`/capabilities/14={"name":"kv","reason":"x","quota_kb":1}`, manifest.NotAsked, "/contributes/widgets", true},
	{`/capabilities/12={"name":"kv","reason":"x","quota_kb":1}`, manifest.NotAsked, "/contributes/filters", true},
	{`/capabilities/7={"name":"kv","reason":"x","quota_kb":1}`, manifest.NotAsked, "/contributes/schedules", true},
	{`/contributes/events/0="auth.user:action:created"`, manifest.NotAsked, "/contributes/events/0", true},
	{`/settings/properties/code/pattern="(?=x)"`, manifest.BadSettings, "/settings/properties/code/pattern", true},
	{`/settings/properties/code/pattern="` + strings.Repeat(".{1000}", 21) + `"`, manifest.BadSettings, "/settings/properties/code/pattern", true},
	{`/settings/properties/harbour/minLength=100`, manifest.BadSettings, "/settings/properties/harbour/minLength", true},
	{`/settings/properties/harbour/default=""`, manifest.BadSettings, "/settings/properties/harbour/default", true},
	{`/settings/properties/berths/default="many"`, manifest.BadSettings, "/settings/properties/berths/default", true},
	{`/settings/properties/berths/minimum=6000`, manifest.BadSettings, "/settings/properties/berths/minimum", true},
	{`/settings/properties/side/default="bow"`, manifest.BadSettings, "/settings/properties/side/default", true},
	{`/settings/properties/side/enum=["port",3]`, manifest.BadSettings, "/settings/properties/side/enum/1", true},
	{`/settings/properties/jetties/default=["A","A"]`, manifest.BadSettings, "/settings/properties/jetties/default", true},
	{`/settings/properties/jetties/minItems=30`, manifest.BadSettings, "/settings/properties/jetties/minItems", true},
	{`/settings/required/0="none"`, manifest.BadSettings, "/settings/required/0", true},
	{`/settings/properties/master/required/0="none"`, manifest.BadSettings, "/settings/properties/master/required/0", true},
}

// set changes what a path leads to; an empty value removes it.
// Every place of the full manifest is removed, given every other type, and given
// a key more. Whatever the schema refuses Parse refuses too, with places, and
// whatever Parse takes the schema takes.
func TestWhatIsNoManifestAtAllIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	for name, c := range map[string]struct {
		text    string
		code    manifest.Code
		pointer string
	}{
		"nothing":           {"", manifest.Syntax, ""},
		"a page":            {"<html>", manifest.Syntax, ""},
		"cut off":           {`{"schema":1,"id":"a`, manifest.Syntax, "/id"},
		"a comment":         {`{"schema":1,// one` + "\n" + `"id":"a1"}`, manifest.Syntax, ""},
		"a comma more":      {`{"schema":1,}`, manifest.Syntax, ""},
		"two values":        {`{"schema":1} {"schema":1}`, manifest.Syntax, ""},
		"no UTF-8":          {"{\"name\":\"\xff\"}", manifest.Syntax, "/name"},
		"half a surrogate":  {`{"name":"\ud800"}`, manifest.Syntax, "/name"},
		"a list":            {"[]", manifest.WrongType, ""},
		"a text":            {`"x"`, manifest.WrongType, ""},
		"twice":             {`{"schema":1,"id":"a1","id":"b1"}`, manifest.DuplicateKey, "/id"},
		"twice below":       {`{"publisher":{"name":"a","na\u006de":"b"}}`, manifest.DuplicateKey, "/publisher/name"},
		"NUL":               {`{"name":"a\u0000b"}`, manifest.Character, "/name"},
		"a key that is NUL": {`{"\u0000":1}`, manifest.Character, "/\x00"},
		"too large":         {`{"description":"` + strings.Repeat("x", manifest.MaxSize) + `"}`, manifest.TooLarge, ""},
		"10 MiB":            {strings.Repeat(" ", 10<<20), manifest.TooLarge, ""},
		"too deep":          {deep, manifest.TooDeep, strings.Repeat("/a", 16)},
		"lists too deep":    {`{"a":` + strings.Repeat("[", 100000), manifest.TooDeep, "/a" + strings.Repeat("/0", 15)},
	} {
		t.Run(name, func(t *testing.T) {
			list := problems(t, []byte(c.text))
			if len(list) == 0 || list[0].Code != c.code || list[0].Pointer != c.pointer {
				t.Errorf("want %s at %q, have %+v", c.code, c.pointer, list)
			}
		})
	}
}

func TestARefusalIsAValidationErrorThatNamesPlaces(t *testing.T) {
	_, err := manifest.Parse([]byte(`{"schema":1,"kind":"theme","id":"A","version":"1","api":"1","name":"x","oops":1}`))
	var public *fault.Error
	if !errors.As(err, &public) || public.Kind != fault.Invalid || public.Fields["archive"] != "manifest/form" || public.Fields["/oops"] == "" || public.Fields["/id"] == "" {
		t.Fatalf("%v: %+v", err, public)
	}
	if !strings.Contains(public.Message, "/id") || !strings.Contains(public.Message, "1 more") {
		t.Errorf("it says %q", public.Message)
	}
}

func TestAPluginRunsOnTheVersionsItNames(t *testing.T) {
	for _, c := range []struct {
		host, version string
		want          bool
	}{
		{"", "1.0.0", true}, {">=1.4 <2", "1.4.0", true}, {">=1.4 <2", "1.3.9", false}, {">=1.4 <2", "2.0.0", false}, {">=1.4 <2", "1.5.0-rc.1", true},
		{"^1.2.0 || 3.x", "3.7.1", true}, {"^1.2.0 || 3.x", "2.0.0", false}, {">=1.4 <2", "(devel)", true},
	} {
		m := tree(t, full(t))
		m["host"] = c.host
		if c.host == "" {
			delete(m, "host")
		}
		parsed, err := manifest.Parse(encode(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if err := parsed.RunsOn(c.version); err == nil != c.want {
			t.Errorf("%q on %s: %v", c.host, c.version, err)
		}
	}
}

// What people could not read is refused before it is anywhere, at its place.
func TestAThemeIsJudgedByWhatCanBeRead(t *testing.T) {
	of := func(theme string) []byte {
		return []byte(`{"schema":1,"kind":"theme","id":"dusk","name":"Dusk","version":"1.0.0","api":"1","theme":` + theme + `}`)
	}
	m, err := manifest.Parse(of(`{"light":{"accent":"#7a2a6a","accent-hover":"#611f54"},"logo":"assets/logo.svg"}`))
	if err != nil || m.Theme == nil || m.Theme.Light["accent"] != "#7a2a6a" {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := m.Fits(map[string]string{}); err == nil {
		t.Error("a logo that is not in the package is taken")
	}
	for text, want := range map[string]manifest.Problem{
		`{"dark":{"ink":"#333333"}}`:               {Code: manifest.Contrast, Pointer: "/theme/dark/ink"},
		`{"light":{"ink":"red"}}`:                  {Code: manifest.WrongForm, Pointer: "/theme/light/ink"},
		`{"light":{"ink":"oklch(9 0 0)"}}`:         {Code: manifest.WrongForm, Pointer: "/theme/light/ink"},
		`{"light":{"danger":"#00ff00"}}`:           {Code: manifest.UnknownKey, Pointer: "/theme/light/danger"},
		`{"logo":"https://example.org/logo.svg"}`:  {Code: manifest.WrongForm, Pointer: "/theme/logo"},
		`{"logo":"assets/../../logo.svg"}`:         {Code: manifest.WrongForm, Pointer: "/theme/logo"},
		`{"light":{"ink":"#000000;}*{display:x"}}`: {Code: manifest.WrongForm, Pointer: "/theme/light/ink"},
	} {
		list := problems(t, of(text))
		if len(list) == 0 || list[0].Code != want.Code || list[0].Pointer != want.Pointer {
			t.Errorf("%s: %+v", text, list)
		}
	}
}

func TestAManifestFitsTheFilesOfItsPackage(t *testing.T) {
	m, err := manifest.Parse(full(t))
	if err != nil {
		t.Fatal(err)
	}
	theme, err := manifest.Parse([]byte(`{"schema":1,"kind":"theme","id":"dusk","name":"Dusk","version":"1.0.0","api":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	sum := m.Runtime.SHA256
	for _, c := range []struct {
		m       *manifest.Manifest
		files   map[string]string
		pointer string
	}{
		{m, map[string]string{"plugin.wasm": sum, "assets/berths.svg": "x"}, ""},
		{m, map[string]string{"plugin.wasm": strings.Repeat("0", 64), "assets/berths.svg": "x"}, "/runtime/sha256"},
		{m, map[string]string{"assets/berths.svg": "x"}, "/runtime/entry"},
		{m, map[string]string{"plugin.wasm": sum}, "/contributes/nav/0/icon"},
		{theme, map[string]string{}, ""},
		{theme, map[string]string{"plugin.wasm": sum}, "/kind"},
	} {
		err := c.m.Fits(c.files)
		var wrong *manifest.Error
		if c.pointer == "" && err != nil || c.pointer != "" && (!errors.As(err, &wrong) || wrong.Problems[0].Pointer != c.pointer) {
			t.Errorf("%v: %v, want something at %q", c.files, err, c.pointer)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full(f))
	f.Add([]byte(`{"schema":1,"kind":"theme","id":"dusk","name":"Dusk","version":"1.0.0","api":"1"}`))
	schema := judge(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(problems(t, b)) == 0 && schema(b) != nil {
			t.Error("Parse takes what the schema refuses")
		}
	})
}
