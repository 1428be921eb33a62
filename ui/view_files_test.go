package ui

import "testing"

// The browser's half is typeOf in client/src/files/words.ts; its test has the same cases.
func TestATypeOfFileIsAWordPeopleSay(t *testing.T) {
	for _, c := range [][3]string{
		{"image/jpeg", "bow.jpg", "JPG"}, {"text/plain", "README", "Text"}, {"text/markdown", "Tides", "Text"}, {"image/png", "bow", "PNG"}, {"application/octet-stream", "x", "File"},
	} {
		if got := FileType(c[0], c[1]); got != c[2] {
			t.Errorf("%s named %s is called %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
