package cli

import (
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/manifest"
)

func TestARefusalIsOneSentenceWithItsFields(t *testing.T) {
	err := &fault.Error{Kind: fault.Invalid, Message: "The package is not signed.", Fields: map[string]string{"archive": "signing/other_key"}}
	if got := words(err); got != "The package is not signed (signing/other_key)" {
		t.Error(got)
	}
}

// What is wrong with a manifest was said twice, and then by the name of a field.
func TestARefusedManifestSaysEachThingOnce(t *testing.T) {
	const filter, key = `It has to be "auth.access:filter:decision"`, `There is no key "oops" here; spelling and capital letters count`
	text := func(more string) []byte {
		return []byte(`{"schema":1,"kind":"plugin","id":"kestrel.hours","name":"Hours","version":"1.0.0","api":"1","runtime":{"entry":"plugin.wasm"},
			"capabilities":[{"name":"filter.decision","reason":"x"}],"contributes":{"filters":[{"name":"decision"}]}` + more + `}`)
	}
	for more, want := range map[string]string{
		"":           "or3.manifest.json is wrong at /contributes/filters/0/name: " + filter + ".",
		`,"oops":1`:  "or3.manifest.json is wrong at /contributes/filters/0/name: " + filter + "; at /oops: " + key + ".",
		`,"oops":1}`: "or3.manifest.json is wrong: It is not JSON in UTF-8, at byte 244.",
	} {
		if _, err := manifest.Parse(text(more)); err == nil || words(err) != want {
			t.Errorf("%q: it says\n%s, not\n%s", more, words(err), want)
		}
	}
	// A server has said it in its own words.
	err := refusedBy(422, []byte(`{"error":{"code":"validation_error","message":"The plugin's manifest is wrong at /a: No. (1 more)","fields":{"/a":"No.","/b":"Nor this.","archive":"manifest/form"}}}`))
	if got := words(err); got != "The plugin's manifest is wrong at /a: No. (1 more); /b: Nor this (manifest/form)" {
		t.Errorf("of a server's refusal it says %s", got)
	}
}
