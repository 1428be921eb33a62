package wire_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/sync/wire"
)

func TestAReplacedMemberChangesNothingElse(t *testing.T) {
	values := map[string]jsontext.Value{"a": []byte("2"), "gone": nil, "new": []byte(`"x"`), "never": nil}
	for text, want := range map[string]string{
		`{"z":1.50,"a":1,"gone":[1],"\u0061b":null}`: `{"z":1.50,"a":2,"\u0061b":null,"new":"x"}`,
		`{}`: `{"a":2,"new":"x"}`,
	} {
		if got, err := wire.Replaced([]byte(text), values); err != nil || string(got) != want {
			t.Errorf("%s became %s, %v; want %s", text, got, err, want)
		}
	}
	if got, err := wire.Replaced([]byte(`{"gone":1}`), map[string]jsontext.Value{"gone": nil}); err != nil || string(got) != `{}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestTheNextReadingIsAStepLater(t *testing.T) {
	for text, want := range map[string]string{
		"1764288000000:0001:k3": "1764288000000:0002:k3",
		"1764288000000:9999:k3": "1764288000001:0000:k3",
	} {
		if got := wire.NextHLC(text); got != want {
			t.Errorf("%s, then %s; want %s", text, got, want)
		}
	}
}
