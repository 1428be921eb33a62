package plain_test

import (
	"testing"

	"or3.cloud/or3/internal/plain"
)

func TestWhatPeopleSee(t *testing.T) {
	for _, r := range "aé山ع \u00a0\u200c\u200d👩\u0301" {
		if plain.Unseen(r) {
			t.Errorf("%U is seen", r)
		}
	}
	for _, r := range "\x00\n\t\x7f\u0085\u00ad\u061c\u200b\u200e\u202e\u2028\u2066\ufeff\ufffd\u3164\U000e0041" {
		if !plain.Unseen(r) {
			t.Errorf("%U is not seen", r)
		}
	}
}
