package server_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/server"
)

func FuzzFormsAreCleanText(f *testing.F) {
	for _, seed := range []string{"", "a=b", "a=b&a=c", "a=%00", "a=%ff", "a=%0d%0ab", "a;b", "%zz", "a[1]=b", "=", "&&&", "a=b=c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := server.ParseValues(text)
		if err != nil {
			return
		}
		for name, list := range values {
			for _, v := range append(list, name) {
				if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
					t.Fatalf("%q passed in %q", v, text)
				}
			}
			for _, v := range list {
				if strings.Contains(v, "\r\n") {
					t.Fatalf("a line end of a browser is left in %q", v)
				}
			}
		}
	})
}

// FuzzWhatTheScanPassesHoldsNoNUL holds the quick look at a body against the
// decoder: where both pass, no text in it holds NUL, and it is not deep.
func FuzzWhatTheScanPassesHoldsNoNUL(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"\u0000"}`, `{"a":"\\u0000"}`, `{"a":"\\\u0000"}`, `{"a\u0000":1}`, `{"a":["b",{"c":"\u00e9"}]}`, `{"\\":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if server.ScanJSON(body) != nil || !jsontext.Value(body).IsValid() {
			return
		}
		d := jsontext.NewDecoder(strings.NewReader(string(body)))
		for {
			token, err := d.ReadToken()
			if err != nil {
				return
			}
			if token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
				t.Fatalf("NUL passed in %q", body)
			}
			if d.StackDepth() > 64 {
				t.Fatalf("depth %d passed", d.StackDepth())
			}
		}
	})
}
