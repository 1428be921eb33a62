package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
)

const numbered = `{"schema":1,"kind":"plugin","id":"tides","name":"Tides","version":"1.0.0","api":"1","runtime":{"entry":"plugin.wasm"},` +
	`"data_version":DATA,"settings":{"type":"object","properties":{"depth":{"type":"number","x-order":ORDER,MORE},` +
	`"berth":{"type":"object","properties":{"length":{"type":"string","minLength":LEAST}}}}}}`

func withNumbers(data, order, more, least string) []byte {
	return []byte(strings.NewReplacer("DATA", data, "ORDER", order, "MORE", more, "LEAST", least).Replace(numbered))
}

// A number of a million digits keeps the server busy, and a longer one made it
// fall over; what a schema calls whole may be written in ways that Go does not read.
func TestNumbersThatNobodyCountsWithAreRefusedWithTheirPlace(t *testing.T) {
	if list := problems(t, withNumbers("2", "-1", `"minimum":-1.5e3`, "0")); list != nil {
		t.Fatalf("plain numbers are refused: %+v", list)
	}
	for what, c := range map[string]struct {
		text    []byte
		code    manifest.Code
		pointer string
	}{
		"more than a fraction takes": {withNumbers("2", "1", `"multipleOf":1e2000000,"default":4`, "1"), manifest.Range, "/settings/properties/depth/multipleOf"},
		"a million digits":           {withNumbers("2", "1", `"default":1e999999`, "1"), manifest.Range, "/settings/properties/depth/default"},
		"a million digits below":     {withNumbers("2", "1", `"enum":[1,1e-999999]`, "1"), manifest.Range, "/settings/properties/depth/enum/1"},
		"no float":                   {withNumbers("2", "1", `"minimum":1e400`, "1"), manifest.Range, "/settings/properties/depth/minimum"},
		"long":                       {withNumbers("2", "1", `"minimum":0.`+strings.Repeat("3", 60), "1"), manifest.Range, "/settings/properties/depth/minimum"},
		"whole with a point":         {withNumbers("2.0", "1", `"minimum":1`, "1"), manifest.WrongType, "/data_version"},
		"whole with an exponent":     {withNumbers("1e2", "1", `"minimum":1`, "1"), manifest.WrongType, "/data_version"},
		"of a setting":               {withNumbers("2", "1.0", `"minimum":1`, "1"), manifest.WrongType, "/settings/properties/depth/x-order"},
		"of a setting in a setting":  {withNumbers("2", "1", `"minimum":1`, "1.0"), manifest.WrongType, "/settings/properties/berth/properties/length/minLength"},
	} {
		t.Run(what, func(t *testing.T) {
			list := problems(t, c.text)
			if len(list) != 1 || list[0].Code != c.code || list[0].Pointer != c.pointer {
				t.Errorf("want %s at %s, have %+v", c.code, c.pointer, list)
			}
		})
	}
}

func TestSettingsWithANumberOfAMillionDigitsAreRefused(t *testing.T) {
	m, err := manifest.Parse(withNumbers("2", "1", `"minimum":1`, "1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"1e2000000", "1e999999", "-1e-999999"} {
		err := m.Settings.Check([]byte(`{"depth":` + number + `}`))
		var public *fault.Error
		if !errors.As(err, &public) || public.Kind != fault.Invalid || public.Fields["depth"] == "" {
			t.Errorf("%s: %v", number, err)
		}
	}
	if err := m.Settings.Check([]byte(`{"depth":1.50}`)); err != nil {
		t.Error(err)
	}
}
