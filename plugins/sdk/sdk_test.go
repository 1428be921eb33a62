package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

// call carries out an export with an input, as the server would.
func call(t *testing.T, export string, input any) (answer string, err error) {
	t.Helper()
	data, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := json.Marshal(host.Call{API: host.API, RequestID: "r1", Workspace: host.Workspace{ID: "w1", Name: "Yard"},
		Actor: host.Actor{ID: "u1", Role: "editor"}, Plugin: host.Plugin{ID: "yard", Version: "1.0.0"}, Settings: json.RawMessage(`{"limit":3}`), Input: data})
	if err != nil {
		t.Fatal(err)
	}
	out, err := sdk.Serve(export, envelope)
	return string(out), err
}

func register(t *testing.T) {
	sdk.Register(sdk.Plugin{
		Pages: map[string]sdk.PageFunc{
			"": func(c *sdk.Call, _ sdk.PageInput) (*sdk.Answer, error) { return sdk.Show(c.Workspace.Name), nil },
			"hulls/{id}": func(_ *sdk.Call, in sdk.PageInput) (*sdk.Answer, error) {
				return sdk.Show("Hull " + in.Param("id") + in.Query["q"]), nil
			},
			"hulls/new": func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return sdk.Show("New hull"), nil },
			"broken":    func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return nil, errors.New("the crane fell") },
			"nothing":   func(*sdk.Call, sdk.PageInput) (*sdk.Answer, error) { return nil, nil },
		},
		Widgets: map[string]sdk.WidgetFunc{"tide": func(_ *sdk.Call, size string) (*sdk.Answer, error) { return sdk.Show("Tide, " + size), nil }},
		Actions: map[string]sdk.ActionFunc{"lower": func(c *sdk.Call, v sdk.Values) (*sdk.Answer, error) {
			var settings struct{ Limit int }
			if err := c.Settings(&settings); err != nil || settings.Limit != 3 {
				t.Errorf("settings %+v, %v", settings, err)
			}
			if v.String("row") == "" {
				return nil, sdk.Invalid(map[string]string{"row": "Choose a hull."})
			}
			return sdk.Go("hulls/"+v.String("row"), "Lowered."), nil
		}},
		Events: map[string]sdk.EventFunc{"*": func(_ *sdk.Call, e host.EventInput) error { return sdk.Fail("seen", e.Type) }},
		Jobs:   map[string]sdk.JobFunc{"tidy": func(*sdk.Call) error { return nil }},
		Filter: func(_ *sdk.Call, d host.Decision) (host.FilterAnswer, error) {
			return host.FilterAnswer{Allowed: d.Allowed && d.Permission != "sync.push", Reason: "At night nobody writes."}, nil
		},
		Migrate: func(_ *sdk.Call, from, to int) error {
			if to > from+1 {
				return sdk.Fail("too_far", "Upgrade one step at a time.")
			}
			return nil
		},
	})
	t.Cleanup(func() { sdk.Register(sdk.Plugin{}) })
}

func TestACallReachesWhatThePluginRegistered(t *testing.T) {
	register(t)
	for what, c := range map[string]struct {
		export string
		input  any
		answer string
		err    string
	}{
		"first page":     {host.ExportPage, host.PageInput{}, `{"title":"Yard","blocks":[]}`, ""},
		"braces":         {host.ExportPage, host.PageInput{Path: "hulls/h14", Query: map[string]string{"q": "!"}}, `{"title":"Hull h14!","blocks":[]}`, ""},
		"nearest":        {host.ExportPage, host.PageInput{Path: "hulls/new"}, `{"title":"New hull","blocks":[]}`, ""},
		"no page":        {host.ExportPage, host.PageInput{Path: "hulls/h14/x"}, `{"error":{"code":"not_found","message":"There is no such page."}}`, ""},
		"empty part":     {host.ExportPage, host.PageInput{Path: "hulls/"}, `{"error":{"code":"not_found","message":"There is no such page."}}`, ""},
		"failure":        {host.ExportPage, host.PageInput{Path: "broken"}, ``, "the crane fell"},
		"nothing":        {host.ExportPage, host.PageInput{Path: "nothing"}, `{"blocks":[]}`, ""},
		"widget":         {host.ExportWidget, host.WidgetInput{ID: "tide", Size: "small"}, `{"title":"Tide, small","blocks":[]}`, ""},
		"no widget":      {host.ExportWidget, host.WidgetInput{ID: "x"}, ``, `this plugin has no widget "x"; it has "tide"`},
		"action":         {host.ExportAction, host.ActionInput{ID: "lower", Values: map[string]any{"row": "h14"}}, `{"redirect":"hulls/h14","flash":{"kind":"ok","text":"Lowered."}}`, ""},
		"refused action": {host.ExportAction, host.ActionInput{ID: "lower"}, `{"error":{"code":"invalid","message":"Some of it has to be changed.","fields":{"row":"Choose a hull."}}}`, ""},
		"event":          {host.ExportEvent, host.EventInput{Type: "sync.op:action:applied"}, `{"error":{"code":"seen","message":"sync.op:action:applied"}}`, ""},
		"job":            {host.ExportJob, host.JobInput{ID: "tidy"}, `{}`, ""},
		"no job":         {host.ExportJob, host.JobInput{ID: "x"}, ``, `no job "x"`},
		"filter":         {host.ExportFilter, host.FilterInput{Decision: host.Decision{Allowed: true, Permission: "sync.push"}}, `{"allowed":false,"reason":"At night nobody writes."}`, ""},
		"migrate":        {host.ExportMigrate, host.MigrateInput{From: 1, To: 3}, `{"error":{"code":"too_far","message":"Upgrade one step at a time."}}`, ""},
		"health":         {host.ExportHealth, struct{}{}, `{}`, ""},
		"no export":      {"or3_dance", struct{}{}, ``, "no export or3_dance"},
	} {
		t.Run(what, func(t *testing.T) {
			answer, err := call(t, c.export, c.input)
			if answer != c.answer {
				t.Errorf("%s\nwant %s", answer, c.answer)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

type store struct{ values map[string]json.RawMessage }

func (s store) Get(_ context.Context, _ host.Caller, in host.KVGet) (host.KVValue, error) {
	v, ok := s.values[in.Key]
	return host.KVValue{Found: ok, Value: v}, nil
}

func (s store) Set(_ context.Context, _ host.Caller, in host.KVSet) (host.Done, error) {
	if len(s.values) == 1 {
		return host.Done{}, &host.Error{Code: "quota_exceeded", Message: "The plugin's store is full."}
	}
	s.values[in.Key] = in.Value
	return host.Done{}, nil
}

func (s store) Delete(context.Context, host.Caller, host.KVGet) (host.Done, error) {
	return host.Done{}, errors.New("disk on fire")
}

func (s store) List(context.Context, host.Caller, host.KVList) (host.KVKeys, error) {
	return host.KVKeys{Next: "b"}, nil
}

// serverOf plays a server that has some services.
func serverOf(t *testing.T, services host.Services) {
	t.Cleanup(sdk.WithHost(func(name string, request []byte) ([]byte, error) {
		for _, f := range host.Functions() {
			if f.Name == name {
				answer, _ := f.Call(t.Context(), services, host.Caller{RequestID: "r1"}, request)
				return answer, nil
			}
		}
		return nil, errors.New("no function " + name)
	}))
}

func TestAPluginAsksTheServerInItsOwnTypes(t *testing.T) {
	var n int
	if _, err := sdk.KVGet("a", &n); err == nil || !strings.Contains(err.Error(), "WithHost") {
		t.Errorf("without a server: %v", err)
	}
	serverOf(t, host.Services{KV: store{map[string]json.RawMessage{}}})
	if found, err := sdk.KVGet("a", &n); found || err != nil {
		t.Errorf("before: %t, %v", found, err)
	}
	if err := sdk.KVSet("a", 7); err != nil {
		t.Fatal(err)
	}
	if found, err := sdk.KVGet("a", &n); !found || err != nil || n != 7 {
		t.Errorf("after: %t, %d, %v", found, n, err)
	}
	var refused *host.Error
	if err := sdk.KVSet("b", 8); !errors.As(err, &refused) || refused.Code != "quota_exceeded" {
		t.Errorf("a full store: %v", err)
	}
	if err := sdk.KVDelete("a"); !errors.As(err, &refused) || refused.Code != "internal" {
		t.Errorf("a broken store: %v", err)
	}
	if keys, err := sdk.KVList(host.KVList{}); err != nil || keys.Next != "b" {
		t.Errorf("%+v, %v", keys, err)
	}
	if _, err := sdk.Time(); !errors.As(err, &refused) || refused.Code != "not_available" {
		t.Errorf("no clock: %v", err)
	}
}

func TestTheModuleImportsEveryFunctionOfTheServerAndNoOther(t *testing.T) {
	var want []string
	for _, f := range host.Functions() {
		want = append(want, f.Name)
	}
	for _, file := range []string{"imports_wasip1.go", "host_native.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range regexp.MustCompile(`(?m)(?:extism:host/user |through\(")(or3_\w+)`).FindAllStringSubmatch(string(text), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s has %v\nwant %v", file, got, want)
		}
	}
}
