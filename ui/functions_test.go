package ui

import "testing"

func TestAddressesAreBuiltSafely(t *testing.T) {
	r, err := NewRenderer(Options{Assets: newRenderer(t).options.Assets, AdminBase: "/door"})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		pattern string
		pairs   []any
		want    string // "" = an error
	}{
		{"/w/:id/t/:thread", []any{"id", "a b", "thread", "x/y?z"}, "/w/a%20b/t/x%2Fy%3Fz"},
		{"/w/:id", []any{"id", "../admin"}, "/w/..%2Fadmin"},
		{"/admin/members", []any{"q", `a&b="`, "page", 2, "role", ""}, "/door/members?page=2&q=a%26b%3D%22"},
		{"/admin", nil, "/door"},
		{"/administer", nil, "/administer"},
		{"/w/:id", nil, ""},
		{"/w/:id", []any{"id", ""}, ""},
		{"/w/:id", []any{"id"}, ""},
		{"javascript:alert(1)", nil, ""},
		{"//evil.example", nil, ""},
		{"https://evil.example", nil, ""},
	}
	for _, c := range cases {
		got, err := r.url(c.pattern, c.pairs...)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("url %q %v = %q, %v; want %q", c.pattern, c.pairs, got, err, c.want)
		}
	}
}

func TestReadyAddressesMustStayHere(t *testing.T) {
	for address, ok := range map[string]bool{
		"/w/1": true, "?page=2": true, "#top": true, "": false, "w": false, "//x.example": false, "http://x": false, "javascript:x": false, `/\x.example`: false, "/a\nb": false,
	} {
		if _, err := localPath(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestNumbersReadAsWords(t *testing.T) {
	for got, want := range map[string]string{
		Number(18402): "18,402", Number(-1234567): "-1,234,567", Number("1240.50"): "1,240.50", Number(7): "7", Number(int64(1000)): "1,000",
		Plural(1, "person", "people"): "1 person", Plural(0, "person", "people"): "0 people", Plural(2281, "act", "acts"): "2,281 acts",
		Bytes(0): "0 B", Bytes(999): "999 B", Bytes(412_000): "412 KB", Bytes(18_300_000): "18.3 MB", Bytes(999_600): "1 MB", Bytes(3_200_000_000): "3.2 GB", Binary(1 << 20): "1 MiB", Binary(1<<20 + 20<<10): "1 MiB", Binary(27577549): "26.3 MiB",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestInitialsComeFromTheFirstAndTheLastWord(t *testing.T) {
	for name, want := range map[string]string{"Ines Okafor": "IO", "Tomasz Maria Wójcik": "TW", "maren": "M", "": "?", "  ": "?", "山田 太郎": "山太", "Ó Briain": "ÓB", "<b>": "B", "R2 D2": "RD"} {
		if got := Initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAPersonKeepsTheirHue(t *testing.T) {
	seen := map[int]bool{}
	for _, id := range []string{"u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "a", "b", "c", "d", "e", "f"} {
		hue := Hue(id)
		if hue != Hue(id) || hue < 1 || hue > 6 {
			t.Errorf("%s has hue %d", id, hue)
		}
		seen[hue] = true
	}
	if len(seen) < 5 {
		t.Errorf("only %d hues for 15 people", len(seen))
	}
}
