package fetch_test

import (
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
)

func TestAURLThatCouldBeReadTwiceIsRefused(t *testing.T) {
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {})
	c := w.client(fetch.Limits{Calls: 100})
	for code, urls := range map[string][]string{
		fetch.BadRequest: {
			"", "api.example.com", "/path", "//api.example.com/", "https:", "https:///path", "https:api.example.com", "https:/api.example.com", "file:///etc/passwd",
			"ftp://api.example.com/", "gopher://api.example.com/", "javascript:alert(1)", "data:text/plain,x",
			"https://user@api.example.com/", "https://user:pass@api.example.com/", "https://api.example.com@127.0.0.1/", "https://@api.example.com/", "https://api.example.com:443@evil.example/",
			"https://127.0.0.1\\@api.example.com/", "https://api.example.com\\.evil.example/", "https:\\\\api.example.com/",
			"https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/",
			"https://127.0.0.01/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://0x/", "https://api.0x7f/", "https://api.example.123/",
			"https://[::1%25lo]/", "https://[fe80::1%25eth0]/", "https://[::1]x/", "https://[127.0.0.1]/", "https://[]/", "https://::1/",
			"https://%61pi.example.com/", "https://api.example.com%2f@evil.example/", "https://api.example.com%00.evil.example/",
			"https://api.example.com\r\nHost: evil.example/", "https://api.example.com/\r\nX: y", "https://api.example.com/a b", "https://api.example.com/\x00", "\thttps://api.example.com/",
			"https://api.example.com:/", "https://api.example.com:0/", "https://api.example.com:65536/", "https://api.example.com:0443/", "https://api.example.com:-1/", "https://api.example.com:x/",
			"https://api..example.com/", "https://.api.example.com/", "https://api.example.com../", "https://-api.example.com/", "https://api_x.example.com/", "https://xn--a/",
			"https://" + strings.Repeat("a", 64) + ".example.com/", "https://" + strings.Repeat("a.", 130) + "com/", "https://api.example.com/" + strings.Repeat("a", 2000), "https://api.example.com/\xff",
		},
		fetch.PrivateAddress: {"https://127.0.0.1/", "https://127.0.0.1./x", "https://169.254.169.254/latest/meta-data/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/",
			"https://[fd00:ec2::254]/", "https://１２７．０．０．１/", "https://127。0。0。1/", "https://①②⑦.0.0.1/"},
		fetch.NotAllowed: {
			"http://api.example.com/", "http://api.example.com:443/", "http://api.example.com:8443/", "HTTP://api.example.com/", "https://evil.example/", "https://example.com/", "https://x.api.example.com/", "https://api.example.com.evil.example/", "https://api.example.com:444/",
			"https://8.8.8.8/", "https://[2606:4700::1111]/", "https://localhost/", "https://metadata.google.internal/", "https://bücher.example.com/", "https://аpi.example.com/", "https://other.example.com:8443/",
		},
	} {
		for _, url := range urls {
			_, err := c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{URL: url})
			if err == nil {
				t.Errorf("%q was fetched, want %s", url, code)
				continue
			}
			wantCode(t, err, code)
			if t.Failed() {
				t.Fatalf("at %q", url)
			}
		}
	}
	if len(w.looked)+len(w.dialed) > 0 {
		t.Errorf("looked up %q, connected to %q", w.looked, w.dialed)
	}
}

func TestAHostHasOneNameHoweverItIsWritten(t *testing.T) {
	var asked string
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) { asked = r.Host + r.RequestURI })
	w.names["xn--bcher-kva.example.com"] = []string{somewhere}
	c := w.client(fetch.Limits{})
	rules := granted()
	rules.Hosts = append(rules.Hosts, "xn--bcher-kva.example.com", "*.example.com:444")
	for url, want := range map[string]string{
		"https://api.example.com":              "api.example.com/",
		"HTTPS://API.Example.COM./a":           "api.example.com/a",
		"https://api.example.com:443/?a=b#c":   "api.example.com/?a=b",
		"https://api.example.com:8443/%2e%2F?": "api.example.com:8443/%2e%2F?",
		"https://ａpi。example．com//b":           "api.example.com//b",
		"https://Bücher.example.com/":          "xn--bcher-kva.example.com/",
		"https://api.example.com:444/ü":        "api.example.com:444/%C3%BC",
	} {
		if _, err := c.Fetch(fetch.Counted(t.Context()), rules, host.Fetch{URL: url}); err != nil {
			t.Errorf("%s: %v", url, err)
		} else if asked != want {
			t.Errorf("%s asked for %s, want %s", url, asked, want)
		}
	}
}
