package ui

import (
	"reflect"
	"testing"
)

func TestTheWordsOfASearchAreMarked(t *testing.T) {
	cases := []struct {
		text  string
		words []string
		want  []MarkedPart
	}{
		{"Keel and KEELSON", []string{"keel"}, []MarkedPart{{"Keel", true}, {" and ", false}, {"KEEL", true}, {"SON", false}}},
		{"keelson", []string{"keel", "keelson"}, []MarkedPart{{"keelson", true}}},
		{"nothing", []string{"keel", ""}, []MarkedPart{{"nothing", false}}},
		{"Übergabe", []string{"über"}, []MarkedPart{{"Über", true}, {"gabe", false}}},
		{"İ keel", []string{"keel"}, []MarkedPart{{"İ keel", false}}}, // in lower case it is longer: nothing is marked rather than a wrong place
		{"", []string{"keel"}, nil},
	}
	for _, c := range cases {
		if got := (FindHit{Words: c.words}).Marked(c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q with %q: %+v, not %+v", c.text, c.words, got, c.want)
		}
	}
}
