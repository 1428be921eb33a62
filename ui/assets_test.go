package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

func TestAnAssetIsFoundByItsHashAlone(t *testing.T) {
	a, err := OpenAssets(fstest.MapFS{"app.js": {Data: []byte("let a = 1")}, "notes.md": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	address, err := a.URL("app.js")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^/assets/app\.[0-9a-f]{12}\.js$`).MatchString(address) {
		t.Errorf("address is %s", address)
	}
	f, ok := a.Lookup(address)
	if !ok || f.Type != "text/javascript; charset=utf-8" || string(f.Data) != "let a = 1" || !strings.HasPrefix(f.ETag, `"`) {
		t.Errorf("lookup gave %+v, %v", f, ok)
	}
	for _, other := range []string{"/assets/app.js", "/assets/app.000000000000.js", address + "/", "/assets/../" + address, ""} {
		if _, ok := a.Lookup(other); ok {
			t.Errorf("%s was found", other)
		}
	}
	if _, err := a.URL("notes.md"); err == nil {
		t.Error("a notice is not an asset")
	}
}

func TestOtherBytesGetAnotherAddress(t *testing.T) {
	open := func(font string) string {
		a, err := OpenAssets(fstest.MapFS{"app.css": {Data: []byte(`a{src:url("/assets/fonts/a.woff2")}`)}, "fonts/a.woff2": {Data: []byte(font)}})
		if err != nil {
			t.Fatal(err)
		}
		address, _ := a.URL("app.css")
		f, _ := a.Lookup(address)
		font, _ = a.URL("fonts/a.woff2")
		if !strings.Contains(string(f.Data), font) {
			t.Errorf("%s does not name %s", f.Data, font)
		}
		return address
	}
	if open("one") == open("two") {
		t.Error("the stylesheet kept its address though its font changed")
	}
}

func TestAStylesheetThatNamesAMissingFileFails(t *testing.T) {
	if _, err := OpenAssets(fstest.MapFS{"app.css": {Data: []byte(`a{src:url("/assets/gone.woff2")}`)}}); err == nil {
		t.Error("want an error")
	}
}

func TestCompressedRepresentationsHoldTheSameBytes(t *testing.T) {
	a, err := EmbeddedAssets()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range a.Paths() {
		f, _ := a.Lookup(address)
		for _, accept := range []string{"gzip, deflate, br, zstd", "gzip", "br;q=0, gzip;q=0.5", "", "identity", "gzip;q=0"} {
			data, encoding := f.Encoded(accept)
			var r io.Reader = bytes.NewReader(data)
			switch encoding {
			case "br":
				r = brotli.NewReader(r)
			case "gzip":
				if r, err = gzip.NewReader(r); err != nil {
					t.Fatal(err)
				}
			}
			plain, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(plain, f.Data) {
				t.Errorf("%s as %q differs (%v)", f.Name, encoding, err)
			}
			if len(data) > len(f.Data) {
				t.Errorf("%s as %q grew", f.Name, encoding)
			}
			if encoding != "" && !accepts(accept, encoding) {
				t.Errorf("%s: %q does not accept %q", f.Name, accept, encoding)
			}
		}
	}
}

func zipped(t *testing.T, name string) int {
	t.Helper()
	a, err := EmbeddedAssets()
	if err != nil {
		t.Fatal(err)
	}
	f, ok := a.Named(name)
	if !ok {
		t.Fatalf("no asset %s", name)
	}
	data, _ := f.Encoded("gzip")
	return len(data)
}

// What a page may weigh, gzipped.
func TestAssetsKeepTheirBudgets(t *testing.T) {
	if n := zipped(t, "app.css"); n > 18<<10 {
		t.Errorf("app.css weighs %d bytes, budget 18 KB", n)
	}
	if n := zipped(t, "app.js") + zipped(t, "htmx.js"); n > 30<<10 {
		t.Errorf("scripts weigh %d bytes, budget 30 KB", n)
	}
	if n := zipped(t, "icons.svg"); n > 8<<10 {
		t.Errorf("icons.svg weighs %d bytes, budget 8 KB", n)
	}
}

func TestVendoredScriptsAreTheOnesTheNoticeNames(t *testing.T) {
	notice, err := os.ReadFile("static/THIRD_PARTY.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"static/htmx.js", "client/vendor/marked/marked.esm.js", "client/vendor/minisearch/minisearch.js"} {
		script, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(script)
		if !strings.Contains(string(notice), hex.EncodeToString(sum[:])) {
			t.Errorf("%s is not the file THIRD_PARTY.md describes", name)
		}
	}
	for _, licence := range []string{"htmx.txt", "lucide.txt", "hanken-grotesk.txt", "dexie.txt", "marked.txt", "minisearch.txt"} {
		if _, err := os.Stat(path.Join("static/licenses", licence)); err != nil {
			t.Error(err)
		}
	}
}
