package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/plugins/sdk"
)

func TestWhatAFileIsReadAs(t *testing.T) {
	for text, want := range map[string][]line{
		"title,content\nTide,High at noon\n":      {{"Tide", "High at noon"}},
		"\ufeffContent, TITLE\n\"a\nb\",Log\n,\n": {{"Log", "a\nb"}, {"Line 3", ""}},
		"title\nBerth 7":                          {{"Berth 7", ""}},
	} {
		if got, err := read(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, words := range map[string]string{
		"":                           "has to name the columns",
		"name\nx":                    "has to name the columns",
		"title\n":                    "nothing below",
		"title\n\"x":                 "parse error",
		"title\n" + many(maxLines+1): "more than 5000 lines",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func many(n int) string { return strings.Repeat("a\n", n) }

// What the server refuses is noted; what has no answer ends the step before it is
// counted, so that it is tried again.
func TestAStepGoesOnWhereTheLastOneEnded(t *testing.T) {
	var ids []string
	broken := false
	defer sdk.WithHost(func(name string, request []byte) ([]byte, error) {
		switch name {
		case "or3_now":
			return []byte(`{"unix_ms":1000}`), nil
		case "or3_rows_put":
			var in host.RowPut
			if err := json.Unmarshal(request, &in); err != nil {
				return nil, err
			}
			if broken {
				return nil, errors.New("no answer")
			}
			ids = append(ids, in.ID)
			if in.ID == "csv-f-1" {
				return []byte(`{"error":{"code":"too_long","message":"The title is too long."}}`), nil
			}
			return []byte(`{"id":"x","version":1}`), nil
		}
		return []byte(`{}`), nil
	})()
	three := pace{lines: 3, ends: func() bool { return false }}
	lines, s := make([]line, 5), state{ID: "f", Total: 5}
	if err := s.step(lines, three); err != nil || s.Done != 3 || s.Wrong != 1 || s.Failed[0] != (failure{Line: 3, Why: "The title is too long."}) {
		t.Fatalf("%+v, %v", s, err)
	}
	broken = true
	if err := s.step(lines, three); err == nil || s.Done != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	broken = false
	if err := s.step(lines, three); err != nil || s.Done != 5 || strings.Join(ids, " ") != "csv-f-0 csv-f-1 csv-f-2 csv-f-3 csv-f-4" {
		t.Errorf("%+v, %v, %v", s, err, ids)
	}
}

// A server that is slow gets fewer lines a call, and what is imported is counted.
func TestACallEndsBeforeItsTimeIsUp(t *testing.T) {
	kept := map[string]string{}
	defer sdk.WithHost(func(name string, request []byte) ([]byte, error) {
		var in host.KVSet
		if name == "or3_kv_set" {
			if err := json.Unmarshal(request, &in); err != nil {
				return nil, err
			}
			kept[in.Key] = string(in.Value)
		}
		return []byte(`{"unix_ms":1000}`), nil
	})()
	asked := 0
	slow := pace{lines: 50, ends: func() bool { asked++; return asked == 2 }}
	s := state{ID: "f", Total: 5}
	if err := s.step(make([]line, 5), slow); err != nil || s.Done != 2 || !strings.Contains(kept["import"], `"done":2`) {
		t.Errorf("%+v, %v, kept %v", s, err, kept)
	}
	s = state{ID: "f", Total: 5}
	if err := s.step(make([]line, 5), pace{lines: 50, ends: func() bool { return true }}); err != nil || s.Done != 1 {
		t.Errorf("a step has to get on: %+v, %v", s, err)
	}
}

// An import that is cut off at its first line is there, and the job takes it up.
func TestAnImportIsKeptBeforeItBegins(t *testing.T) {
	kept := map[string]string{}
	defer sdk.WithHost(func(name string, request []byte) ([]byte, error) {
		switch name {
		case "or3_kv_set":
			var in host.KVSet
			if err := json.Unmarshal(request, &in); err != nil {
				return nil, err
			}
			kept[in.Key] = string(in.Value)
		case "or3_rows_put":
			return nil, errors.New("the call's time is up")
		}
		return []byte(`{"unix_ms":1000}`), nil
	})()
	file := map[string]any{"name": "tides.csv", "data": base64.StdEncoding.EncodeToString([]byte("title\nTide\n"))}
	if _, err := start(nil, sdk.Values{"file": file}); err == nil || !strings.Contains(kept["import"], `"total":1,"done":0`) {
		t.Errorf("%v, kept %v", err, kept)
	}
}
